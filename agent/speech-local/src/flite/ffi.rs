//! Flite's C functions behind a safe face. It holds the process-wide lock, and nothing outside calls into flite.
//!
//! Declarations: flite 2.2, `include/flite.h`, `cst_voice.h`, `cst_wave.h`.
#![expect(unsafe_code, reason = "calls flite, a C library")]

use std::ffi::{CStr, c_char, c_float, c_int, c_uint, c_void};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{SpeakError, Voice};
use crate::Missing;
use crate::dl::{SharedLibrary, open_first};

/// `cst_wave` of `cst_wave.h`.
#[repr(C)]
struct CstWave {
    kind: *const c_char,
    sample_rate: c_int,
    num_samples: c_int,
    num_channels: c_int,
    samples: *mut i16,
}

/// `cst_voice` of `cst_voice.h`, as far as it is read here.
#[repr(C)]
struct CstVoice {
    name: *const c_char,
    features: *mut c_void,
}

type TextToWave = unsafe extern "C" fn(*const c_char, *mut CstVoice) -> *mut CstWave;
type DeleteWave = unsafe extern "C" fn(*mut CstWave);
type FeatSetFloat = unsafe extern "C" fn(*mut c_void, *const c_char, c_float);
type Init = unsafe extern "C" fn() -> c_int;
type RegisterVoice = unsafe extern "C" fn(*const c_char) -> *mut CstVoice;

// SAFETY: `void srand(unsigned)` of the C standard, which glibc makes safe to call from any thread.
unsafe extern "C" {
    safe fn srand(seed: c_uint);
}

/// The name of the feature that stretches every sound. Flite keeps the pointer, so it must be static.
const DURATION_STRETCH: &CStr = c"duration_stretch";

/// Flite, opened. All calls into C happen while `lock` is held: flite's voices, features and lexicon are globals.
#[derive(Debug)]
pub(super) struct Flite {
    text_to_wave: TextToWave,
    delete_wave: DeleteWave,
    feat_set_float: FeatSetFloat,
    lock: Mutex<()>,
    awb: OnceLock<Result<VoiceHandle, Missing>>,
    rms: OnceLock<Result<VoiceHandle, Missing>>,
    slt: OnceLock<Result<VoiceHandle, Missing>>,
}

/// A registered voice. It lives until the process ends: this crate never unregisters one.
#[derive(Clone, Copy, Debug)]
pub(super) struct VoiceHandle(NonNull<CstVoice>);

// SAFETY: the voice is only read or written by C code while `Flite::lock` is held, whichever thread that is, and flite
// keeps nothing per thread.
unsafe impl Send for VoiceHandle {}
// SAFETY: as above: a shared handle gives access to the voice only under the lock.
unsafe impl Sync for VoiceHandle {}

/// What flite synthesised.
pub(super) struct Wave {
    pub(super) samples: Vec<i16>,
    pub(super) rate_hz: i32,
    pub(super) channels: i32,
}

/// The process's flite, opened by the first call.
pub(super) fn flite() -> Result<&'static Flite, Missing> {
    static FLITE: OnceLock<Result<Flite, Missing>> = OnceLock::new();
    FLITE
        .get_or_init(|| Flite::open(&["libflite.so.1", "libflite.so"]))
        .as_ref()
        .map_err(Missing::clone)
}

impl Flite {
    fn open(names: &'static [&'static str]) -> Result<Flite, Missing> {
        let library = open_first(names)?;
        // SAFETY: each type is the C declaration of that name in flite.h and cst_wave.h.
        let (init, flite) = unsafe {
            (
                library.function::<Init>("flite_init")?,
                Flite {
                    text_to_wave: library.function("flite_text_to_wave")?,
                    delete_wave: library.function("delete_wave")?,
                    feat_set_float: library.function("flite_feat_set_float")?,
                    lock: Mutex::new(()),
                    awb: OnceLock::new(),
                    rms: OnceLock::new(),
                    slt: OnceLock::new(),
                },
            )
        };
        // SAFETY: takes nothing, and the process's one `Flite` calls it once, before any other function.
        let _always_zero = unsafe { init() };
        Ok(flite)
    }

    /// The handle of `voice`, registering it the first time.
    pub(super) fn voice(&self, voice: Voice) -> Result<VoiceHandle, Missing> {
        let (slot, names, symbol): (_, &'static [&'static str], _) = match voice {
            Voice::Awb => (&self.awb, &["libflite_cmu_us_awb.so.1"], "register_cmu_us_awb"),
            Voice::Rms => (&self.rms, &["libflite_cmu_us_rms.so.1"], "register_cmu_us_rms"),
            Voice::Slt => (&self.slt, &["libflite_cmu_us_slt.so.1"], "register_cmu_us_slt"),
        };
        slot.get_or_init(|| self.register(open_first(names)?, symbol)).clone()
    }

    fn register(&self, library: SharedLibrary, symbol: &str) -> Result<VoiceHandle, Missing> {
        // SAFETY: `cst_voice *register_cmu_us_X(const char *voxdir)` is what every voice library defines.
        let register: RegisterVoice = unsafe { library.function(symbol)? };
        let _turn = self.turn();
        // SAFETY: `voxdir` may be null for voices compiled in, which these are; flite is initialised and the lock is held.
        let voice = unsafe { register(std::ptr::null()) };
        NonNull::new(voice)
            .filter(|voice| {
                // SAFETY: a non-null answer is a whole `cst_voice` that lives as long as the process.
                !unsafe { voice.as_ref() }.features.is_null()
            })
            .map(VoiceHandle)
            .ok_or_else(|| Missing::new(symbol, "the library gave no voice"))
    }

    /// Speaks `text`, each sound `stretch` times as long as the voice's own.
    pub(super) fn speak(
        &self,
        VoiceHandle(voice): VoiceHandle,
        text: &CStr,
        stretch: f32,
    ) -> Result<Wave, SpeakError> {
        let _turn = self.turn();
        // SAFETY: the handle came from `register`, so the voice and its features live; the name is static, as flite keeps
        // it; the lock is held, so no synthesis reads the features meanwhile.
        unsafe {
            (self.feat_set_float)(voice.as_ref().features, DURATION_STRETCH.as_ptr(), stretch);
        }
        // Flite shapes breath and hiss with `rand`. Begun anew, the same text gives the same samples, so a call can be
        // repeated. Nothing else in the process draws from `rand`, and nothing that matters may.
        srand(1);
        // SAFETY: `text` ends with a NUL and outlives the call, the voice lives, and the lock is held.
        let wave = unsafe { (self.text_to_wave)(text.as_ptr(), voice.as_ptr()) };
        let wave = NonNull::new(wave).ok_or(SpeakError::NoWave)?;
        // SAFETY: non-null, made by the call above and not yet deleted; nothing writes to it meanwhile.
        let CstWave { sample_rate, num_samples, num_channels, samples, .. } =
            unsafe { wave.read() };
        let count = usize::try_from(num_samples).unwrap_or(0);
        let copied = if samples.is_null() || count == 0 {
            Err(SpeakError::NoWave)
        } else {
            // SAFETY: `samples` holds `num_samples * num_channels` values, at least `num_samples`, aligned as C's `short`.
            Ok(unsafe { std::slice::from_raw_parts(samples, count) }.to_vec())
        };
        // SAFETY: made by flite, deleted once, and the samples were copied out.
        unsafe { (self.delete_wave)(wave.as_ptr()) };
        Ok(Wave { samples: copied?, rate_hz: sample_rate, channels: num_channels })
    }

    /// This thread's turn with flite. A panic elsewhere cannot have left C half done: no Rust code runs inside a call.
    fn turn(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_flite_is_missing_and_says_so() {
        let error = Flite::open(&["/nonexistent/libflite.so.1"]).expect_err("not there");
        assert!(error.to_string().contains("libflite.so.1"));
        assert!(error.install.contains("libflite1"));
    }
}
