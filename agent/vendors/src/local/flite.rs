//! flite as a text-to-speech vendor.

use std::sync::Arc;

use bytes::Bytes;
use callwright_compliance::vendor::Role;
use callwright_compliance::{PhiString, Purpose};
use callwright_media::resample;
use callwright_speech_local::flite::{Stretch, Synthesiser, Voice};
use tokio::sync::mpsc;

use crate::exchange::What;
use crate::text_to_speech::{SpeechResult, SpeechSession, TextToSpeech};
use crate::{Egress, VendorError};

const ID: &str = "flite";

/// flite's own pace is that of reading aloud; on the telephone people speak a tenth faster.
const PACE: f32 = 0.9;

/// flite with one voice.
pub struct Flite {
    voice: Arc<Synthesiser>,
}

impl Flite {
    /// Opens the voice that the agent speaks with.
    ///
    /// # Errors
    /// [`VendorError::Missing`] where flite is not installed, with what to install.
    pub fn open() -> Result<Flite, VendorError> {
        let voice = Synthesiser::open(Voice::Slt)
            .map_err(|missing| VendorError::Missing(missing.to_string()))?;
        let pace = Stretch::new(PACE).unwrap_or(Stretch::NATURAL);
        Ok(Flite { voice: Arc::new(voice.with_stretch(pace)) })
    }

    /// Speaks fixed words now, on this thread: for the clips that are made once and kept.
    ///
    /// # Errors
    /// [`VendorError::Broke`] where flite cannot speak them.
    pub fn speak_now(&self, words: &str) -> Result<Bytes, VendorError> {
        let samples = self.voice.speak(words).map_err(|_| VendorError::Broke { vendor: ID })?;
        Ok(Bytes::from(resample::wideband_to_mulaw(&samples)))
    }
}

impl TextToSpeech for Flite {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        egress.is_for(Role::TextToSpeech, ID, &[])?;
        Ok(Box::new(FliteSession { voice: Arc::clone(&self.voice), egress, pieces: 0 }))
    }
}

/// flite in one call.
struct FliteSession {
    voice: Arc<Synthesiser>,
    egress: Egress,
    pieces: u32,
}

impl SpeechSession for FliteSession {
    fn warm(&mut self) {
        // It is a library: there is nothing to connect to.
    }

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        // flite makes a segment in one piece, in some hundredths of the time that it lasts.
        let (to, from) = mpsc::channel(1);
        self.pieces += 1;
        let (number, egress, voice) = (self.pieces, self.egress.clone(), Arc::clone(&self.voice));
        egress.write(ID, number, What::Request(words.duplicate(Purpose::Record)));
        tokio::task::spawn_blocking(move || {
            let result = voice
                .speak(words.expose(Purpose::Speak))
                .map(|samples| Bytes::from(resample::wideband_to_mulaw(&samples)))
                .map_err(|_| VendorError::Broke { vendor: ID });
            egress.write(
                ID,
                number,
                match &result {
                    Ok(audio) => What::AudioReceived { bytes: audio.len() as u64, aligned: 0 },
                    Err(error) => What::Failed(error.clone()),
                },
            );
            // The call may have stopped waiting; then nobody needs it.
            drop(to.blocking_send(result));
        });
        from
    }
}
