//! PocketSphinx as a speech-to-text vendor: a thread a session, because one chunk may take tens of milliseconds.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use callwright_compliance::vendor::Role;
use callwright_media::{SampleTime, g711};
use callwright_speech_local::flite::Voice;
use callwright_speech_local::model::Model;
use callwright_speech_local::sphinx::{Decoder, DecoderConfig, Hypothesis};
use callwright_speech_local::wideband::Widener;
use callwright_understanding::{Utterance, Word};
use tokio::sync::mpsc;

use crate::exchange::What;
use crate::speech_to_text::{
    Heard, RecogniserEvent, RecogniserSession, SpeechToText, ToRecogniser, recogniser_channels,
};
use crate::{Egress, VendorError};

const ID: &str = "pocketsphinx";

/// The voice whose telephone sound the decoder starts from: the simulated payers'. It adapts to others within a few sentences.
const FAR_END: Voice = Voice::Rms;

/// Audio kept from before speech was detected: detectors notice a beginning late, and a hold is woken from five seconds of it.
const KEPT_BYTES: usize = 6 * 8_000;

/// How much of that goes before the detected beginning, milliseconds: soft first sounds lie there.
const LEAD_MS: u64 = 240;

/// PocketSphinx with one domain model.
pub struct Sphinx {
    model: Arc<Model>,
}

impl Sphinx {
    /// Builds, or finds, the model of these sentences under `dir`, and tries whether the libraries are there.
    ///
    /// # Errors
    /// [`VendorError::Missing`] with what to install, or [`VendorError::Open`].
    pub fn open(dir: &Path, sentences: &[String]) -> Result<Sphinx, VendorError> {
        let open = |why: String| VendorError::Open { vendor: ID, why };
        let model = Model::build(dir, sentences).map_err(|error| open(error.to_string()))?;
        let config = DecoderConfig::telephone(FAR_END);
        Decoder::open_with(&model, &config).map_err(|error| open(error.to_string()))?;
        Ok(Sphinx { model: Arc::new(model) })
    }
}

impl SpeechToText for Sphinx {
    fn id(&self) -> &'static str {
        ID
    }

    fn open(&self, egress: Egress) -> Result<RecogniserSession, VendorError> {
        egress.is_for(Role::SpeechToText, ID, &[])?;
        let (session, (to, from)) = recogniser_channels(ID);
        let model = Arc::clone(&self.model);
        tokio::task::spawn_blocking(move || {
            let event = match Decoder::open_with(&model, &DecoderConfig::telephone(FAR_END)) {
                Ok(decoder) => Listener::new(decoder, egress.clone()).run(to, &from),
                Err(error) => Err(VendorError::Open { vendor: ID, why: error.to_string() }),
            };
            if let Err(error) = event {
                egress.write(ID, 0, What::Failed(error.clone()));
                drop(from.blocking_send(RecogniserEvent::Failed(error)));
            }
        });
        Ok(session)
    }
}

/// One decoder and the audio around the utterance it works on.
struct Listener {
    decoder: Decoder,
    widener: Widener,
    /// The latest audio, while no utterance is open.
    kept: VecDeque<u8>,
    /// Far-end time of the end of what came so far.
    end: SampleTime,
    /// Where the open utterance's audio begins.
    begun: Option<SampleTime>,
    narrow: Vec<i16>,
    wide: Vec<i16>,
    /// Bytes decoded for the open utterance.
    decoded: u64,
    egress: Egress,
}

impl Listener {
    fn new(decoder: Decoder, egress: Egress) -> Listener {
        Listener {
            decoder,
            widener: Widener::new(),
            kept: VecDeque::with_capacity(KEPT_BYTES),
            end: SampleTime(0),
            begun: None,
            narrow: Vec::new(),
            wide: Vec::new(),
            decoded: 0,
            egress,
        }
    }

    fn run(
        mut self,
        mut to: mpsc::Receiver<ToRecogniser>,
        from: &mpsc::Sender<RecogniserEvent>,
    ) -> Result<(), VendorError> {
        while let Some(message) = to.blocking_recv() {
            match message {
                ToRecogniser::Audio { at, mulaw } => self.audio(at, &mulaw)?,
                ToRecogniser::Begins { at } => self.begin(at)?,
                ToRecogniser::Sleeps => {
                    drop(self.finish()?);
                    self.decoded = 0;
                }
                ToRecogniser::Finalise { utterance } => {
                    let bytes = std::mem::take(&mut self.decoded);
                    self.egress.write(ID, utterance.0, What::AudioSent { bytes });
                    let words = self.finish()?;
                    self.egress.write(ID, utterance.0, What::words(&words));
                    let heard = Heard { utterance, words, done: true, end_of_turn: true };
                    if from.blocking_send(RecogniserEvent::Heard(heard)).is_err() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn audio(&mut self, at: SampleTime, mulaw: &[u8]) -> Result<(), VendorError> {
        if at != self.end && self.begun.is_none() {
            // The recogniser slept in between: what is kept is not next to what comes.
            self.kept.clear();
        }
        self.end = at + mulaw.len() as u64;
        if self.begun.is_some() {
            return self.decode(mulaw);
        }
        let over = (self.kept.len() + mulaw.len()).saturating_sub(KEPT_BYTES);
        self.kept.drain(..over.min(self.kept.len()));
        self.kept.extend(mulaw);
        Ok(())
    }

    fn begin(&mut self, at: SampleTime) -> Result<(), VendorError> {
        if self.begun.is_some() {
            return Ok(());
        }
        let from = at.back(SampleTime::from_ms(LEAD_MS).0);
        let wanted = usize::try_from(self.end.since(from)).unwrap_or(usize::MAX);
        let skip = self.kept.len().saturating_sub(wanted);
        self.kept.drain(..skip);
        let lead: Vec<u8> = self.kept.drain(..).collect();
        self.begun = Some(self.end.back(lead.len() as u64));
        self.widener = Widener::new();
        self.decoder.start().map_err(|_| VendorError::Broke { vendor: ID })?;
        self.decode(&lead)
    }

    fn decode(&mut self, mulaw: &[u8]) -> Result<(), VendorError> {
        self.decoded += mulaw.len() as u64;
        self.narrow.resize(mulaw.len(), 0);
        g711::decode_into(mulaw, &mut self.narrow);
        self.wide.clear();
        self.widener.process(&self.narrow, &mut self.wide);
        self.decoder.process(&self.wide).map_err(|_| VendorError::Broke { vendor: ID })
    }

    fn finish(&mut self) -> Result<Utterance, VendorError> {
        let Some(begun) = self.begun.take() else {
            return Ok(Utterance::default());
        };
        let hypothesis = self.decoder.finish().map_err(|_| VendorError::Broke { vendor: ID })?;
        Ok(utterance(hypothesis, begun))
    }
}

/// The words on the call's own time line.
fn utterance(hypothesis: Hypothesis, begun: SampleTime) -> Utterance {
    let offset = u32::try_from(begun.as_ms()).unwrap_or(u32::MAX);
    let words = hypothesis
        .words
        .into_iter()
        .map(|word| Word {
            text: word.text,
            from_ms: offset.saturating_add(word.from_ms),
            to_ms: offset.saturating_add(word.to_ms),
            confidence: word.confidence,
        })
        .collect();
    Utterance::new(words)
}
