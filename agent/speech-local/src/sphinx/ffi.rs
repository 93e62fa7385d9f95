//! PocketSphinx's C functions behind a safe face: one decoder, its utterances and its word segments.
//!
//! Declarations: pocketsphinx 0.8+5prealpha, `pocketsphinx.h`; sphinxbase 0.8+5prealpha, `cmd_ln.h`, `err.h`,
//! `logmath.h`.
#![expect(unsafe_code, reason = "calls PocketSphinx, a C library")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Missing;
use crate::dl::open_first;

/// An opaque C type of the two libraries.
macro_rules! opaque {
    ($($name:ident = $c:literal),* $(,)?) => {$(
        #[doc = concat!("`", $c, "`.")]
        #[repr(C)]
        struct $name {
            _private: [u8; 0],
        }
    )*};
}
opaque!(
    ArgTable = "arg_t[]",
    Config = "cmd_ln_t",
    Ps = "ps_decoder_t",
    Seg = "ps_seg_t",
    LogMath = "logmath_t"
);

/// The functions used, under their C names.
struct Api {
    cmd_ln_free_r: unsafe extern "C" fn(*mut Config) -> c_int,
    cmd_ln_parse_r: unsafe extern "C" fn(
        *mut Config,
        *const ArgTable,
        i32,
        *const *const c_char,
        i32,
    ) -> *mut Config,
    logmath_exp: unsafe extern "C" fn(*mut LogMath, c_int) -> f64,
    ps_args: unsafe extern "C" fn() -> *const ArgTable,
    ps_end_utt: unsafe extern "C" fn(*mut Ps) -> c_int,
    ps_free: unsafe extern "C" fn(*mut Ps) -> c_int,
    ps_get_hyp: unsafe extern "C" fn(*mut Ps, *mut i32) -> *const c_char,
    ps_get_logmath: unsafe extern "C" fn(*mut Ps) -> *mut LogMath,
    ps_init: unsafe extern "C" fn(*mut Config) -> *mut Ps,
    ps_process_raw: unsafe extern "C" fn(*mut Ps, *const i16, usize, c_int, c_int) -> c_int,
    ps_seg_frames: unsafe extern "C" fn(*mut Seg, *mut c_int, *mut c_int),
    ps_seg_iter: unsafe extern "C" fn(*mut Ps) -> *mut Seg,
    ps_seg_next: unsafe extern "C" fn(*mut Seg) -> *mut Seg,
    ps_seg_prob: unsafe extern "C" fn(*mut Seg, *mut i32, *mut i32, *mut i32) -> i32,
    ps_seg_word: unsafe extern "C" fn(*mut Seg) -> *const c_char,
    ps_start_stream: unsafe extern "C" fn(*mut Ps) -> c_int,
    ps_start_utt: unsafe extern "C" fn(*mut Ps) -> c_int,
    /// Held while a decoder is made: the libraries do not promise that making two at once is safe.
    making: Mutex<()>,
}

/// `void err_set_logfp(FILE *)`. Only null is ever passed, which turns logging off.
type ErrSetLogFile = unsafe extern "C" fn(*mut c_void);

impl Api {
    fn open(
        base: &'static [&'static str],
        decoder: &'static [&'static str],
    ) -> Result<Api, Missing> {
        let base = open_first(base)?;
        let decoder = open_first(decoder)?;
        // SAFETY: each field's type is the C declaration of that name in the headers named above; pointers that C only
        // reads are `const` here.
        let (silence, api) = unsafe {
            (
                base.function::<ErrSetLogFile>("err_set_logfp")?,
                Api {
                    cmd_ln_free_r: base.function("cmd_ln_free_r")?,
                    cmd_ln_parse_r: base.function("cmd_ln_parse_r")?,
                    logmath_exp: base.function("logmath_exp")?,
                    ps_args: decoder.function("ps_args")?,
                    ps_end_utt: decoder.function("ps_end_utt")?,
                    ps_free: decoder.function("ps_free")?,
                    ps_get_hyp: decoder.function("ps_get_hyp")?,
                    ps_get_logmath: decoder.function("ps_get_logmath")?,
                    ps_init: decoder.function("ps_init")?,
                    ps_process_raw: decoder.function("ps_process_raw")?,
                    ps_seg_frames: decoder.function("ps_seg_frames")?,
                    ps_seg_iter: decoder.function("ps_seg_iter")?,
                    ps_seg_next: decoder.function("ps_seg_next")?,
                    ps_seg_prob: decoder.function("ps_seg_prob")?,
                    ps_seg_word: decoder.function("ps_seg_word")?,
                    ps_start_stream: decoder.function("ps_start_stream")?,
                    ps_start_utt: decoder.function("ps_start_utt")?,
                    making: Mutex::new(()),
                },
            )
        };
        // SAFETY: null is allowed and turns logging off for the process, and this runs before any decoder exists. It keeps
        // what was heard out of standard error, where these libraries log hypotheses.
        unsafe { silence(std::ptr::null_mut()) };
        Ok(api)
    }
}

/// The process's PocketSphinx, opened by the first call.
fn api() -> Result<&'static Api, Missing> {
    static API: OnceLock<Result<Api, Missing>> = OnceLock::new();
    API.get_or_init(|| Api::open(&["libsphinxbase.so.3"], &["libpocketsphinx.so.3"]))
        .as_ref()
        .map_err(Missing::clone)
}

/// One word or filler of a hypothesis, as the decoder gives it.
pub(super) struct Segment {
    /// The dictionary's word: fillers and numbered pronunciations included.
    pub(super) word: String,
    /// First frame.
    pub(super) first: u32,
    /// Last frame, included.
    pub(super) last: u32,
    /// Posterior probability over the word lattice, 0 to 1; 1 where there is no lattice.
    pub(super) posterior: f64,
    /// Natural log of the acoustic likelihood over that of the best senones in the same frames: 0 or less.
    pub(super) acoustic: f64,
}

/// A C decoder. `Send` and not `Sync`: every call takes `&mut self`.
pub(super) struct RawDecoder {
    api: &'static Api,
    ps: NonNull<Ps>,
    log_base: f64,
}

// SAFETY: a decoder may be used from any thread as long as it is one at a time, which `&mut self` ensures; neither library
// keeps decoder state per thread.
unsafe impl Send for RawDecoder {}

impl fmt::Debug for RawDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawDecoder")
    }
}

impl RawDecoder {
    /// Makes a decoder from PocketSphinx's own command line arguments; `Ok(None)` where it refuses them.
    pub(super) fn new(arguments: &[CString]) -> Result<Option<RawDecoder>, Missing> {
        let api = api()?;
        let pointers: Vec<*const c_char> = arguments.iter().map(|a| a.as_ptr()).collect();
        let Ok(count) = i32::try_from(pointers.len()) else {
            return Ok(None);
        };
        let _turn = api.making.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: the table is the library's own static one; `pointers` has `count` C strings, which are copied.
        let config = unsafe {
            (api.cmd_ln_parse_r)(std::ptr::null_mut(), (api.ps_args)(), count, pointers.as_ptr(), 1)
        };
        let Some(config) = NonNull::new(config) else {
            return Ok(None);
        };
        // SAFETY: a whole config; the decoder keeps its own reference to it.
        let ps = unsafe { (api.ps_init)(config.as_ptr()) };
        // SAFETY: drops this function's reference, once.
        unsafe { (api.cmd_ln_free_r)(config.as_ptr()) };
        let Some(ps) = NonNull::new(ps) else {
            return Ok(None);
        };
        // SAFETY: the decoder lives and owns its log table; both functions only read. `logmath_exp(1)` is the base of the
        // library's logarithms (1.0001 unless `-logbase` says otherwise).
        let log_base = unsafe { (api.logmath_exp)((api.ps_get_logmath)(ps.as_ptr()), 1) };
        Ok(Some(RawDecoder { api, ps, log_base: log_base.ln() }))
    }

    /// Begins an utterance; false where the decoder refuses.
    ///
    /// It is begun as a stream of its own, because the times of segments count from the stream's beginning. What the decoder has learnt
    /// of the channel (its cepstral mean) stays.
    pub(super) fn start(&mut self) -> bool {
        // SAFETY: the decoder lives and `&mut self` makes this the only call in it.
        unsafe {
            (self.api.ps_start_stream)(self.ps.as_ptr()) >= 0
                && (self.api.ps_start_utt)(self.ps.as_ptr()) >= 0
        }
    }

    /// Feeds samples of the utterance begun; false where the decoder fails.
    pub(super) fn process(&mut self, samples: &[i16]) -> bool {
        // SAFETY: as in `start`; the pointer and length are one slice's, which is only read.
        unsafe {
            (self.api.ps_process_raw)(self.ps.as_ptr(), samples.as_ptr(), samples.len(), 0, 0) >= 0
        }
    }

    /// Ends the utterance; false where the decoder fails.
    pub(super) fn end(&mut self) -> bool {
        // SAFETY: as in `start`.
        unsafe { (self.api.ps_end_utt)(self.ps.as_ptr()) >= 0 }
    }

    /// The best words so far.
    pub(super) fn text(&mut self) -> String {
        let mut score = 0;
        // SAFETY: as in `start`; the answer is null or a C string that lives until the next call, and is copied here.
        unsafe {
            let text = (self.api.ps_get_hyp)(self.ps.as_ptr(), &raw mut score);
            copied(text)
        }
    }

    /// The best words with their times and scores, of an utterance that has ended.
    pub(super) fn segments(&mut self) -> Vec<Segment> {
        let mut segments = Vec::new();
        // SAFETY: as in `start`; null means no hypothesis.
        let mut seg = unsafe { (self.api.ps_seg_iter)(self.ps.as_ptr()) };
        while !seg.is_null() {
            let (mut first, mut last, mut acoustic, mut language, mut back) = (0, 0, 0, 0, 0);
            // SAFETY: `seg` is a live iterator of this decoder, not used after the null that ends it (the library frees it
            // there); the out-pointers are to live integers; the word lives as long as the dictionary and is copied.
            let (word, posterior) = unsafe {
                (self.api.ps_seg_frames)(seg, &raw mut first, &raw mut last);
                let posterior = (self.api.ps_seg_prob)(
                    seg,
                    &raw mut acoustic,
                    &raw mut language,
                    &raw mut back,
                );
                (copied((self.api.ps_seg_word)(seg)), posterior)
            };
            segments.push(Segment {
                word,
                first: u32::try_from(first).unwrap_or(0),
                last: u32::try_from(last).unwrap_or(0),
                posterior: (f64::from(posterior) * self.log_base).exp(),
                acoustic: f64::from(acoustic) * self.log_base,
            });
            // SAFETY: as above.
            seg = unsafe { (self.api.ps_seg_next)(seg) };
        }
        segments
    }
}

impl Drop for RawDecoder {
    fn drop(&mut self) {
        // SAFETY: made by `ps_init`, freed once, not used after. The count of references left is of no use.
        unsafe { (self.api.ps_free)(self.ps.as_ptr()) };
    }
}

/// The text of a C string; empty for null.
///
/// # Safety
///
/// `text` is null or points to a NUL-terminated string that nothing changes during the call.
unsafe fn copied(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_pocketsphinx_is_missing_and_says_so() {
        let Err(error) = Api::open(&["libm.so.6"], &["/nonexistent/libpocketsphinx.so.3"]) else {
            panic!("opened a library that is not there");
        };
        assert!(error.to_string().contains("libpocketsphinx.so.3"));
        assert!(error.install.contains("libpocketsphinx3"));
    }
}
