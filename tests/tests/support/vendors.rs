//! Who speaks and hears for the two sides of a test's call.
//!
//! With [`Voices::local`] both speak and hear on this machine, as in the demo. With [`Voices::hummed`] they hum: the far end's words
//! reach the agent through [`Lips`], which reads them from the carrier's log, so that no speech library is needed. Real audio goes both
//! ways in either case.

use std::path::Path;
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use callwright::call::Vendors;
use callwright::demo::world;
use callwright::local_speech::{self, cache_folder};
use callwright_compliance::{PhiString, Purpose};
use callwright_media::g711;
use callwright_prompts::Pack;
use callwright_sim::vendors::{Vendors as SimVendors, VendorsConfig};
use callwright_sim::{Carrier as SimCarrier, LogEntry, LogEvent, Scenario, Speech};
use callwright_understanding::{Utterance, Word};
use callwright_vendors::local::Rules;
use callwright_vendors::{
    Egress, Heard, RecogniserEvent, RecogniserSession, SpeechResult, SpeechSession, SpeechToText,
    TextToSpeech, ToRecogniser, VendorError, VendorSide, recogniser_channels,
};
use tokio::sync::mpsc;

/// How long the simulator hums for a word, in milliseconds.
const WORD_MS: usize = 120;

/// See the module.
pub(crate) struct Voices {
    pub(crate) far_end: Speech,
    pub(crate) vendors: Vendors,
    pub(crate) pack: Arc<Pack>,
    pub(crate) line: Line,
}

impl Voices {
    /// Both sides hum.
    pub(crate) fn hummed() -> Voices {
        let (pack, line) = (Arc::new(Pack::embedded().unwrap()), Line::default());
        Voices {
            far_end: Speech::Tones,
            vendors: Vendors {
                speech_to_text: Arc::new(Lips(line.clone())),
                before_notice: None,
                language_model: Arc::new(Rules),
                text_to_speech: Arc::new(Hum),
            },
            pack,
            line,
        }
    }

    /// Both sides speak and understand; `None`, with the reason printed, where the libraries are missing.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
    pub(crate) fn local() -> Option<Voices> {
        let pack = Arc::new(Pack::embedded().unwrap());
        let cache = cache_folder(Path::new(env!("CARGO_TARGET_TMPDIR")));
        let vendors = local_speech::vendors(&pack, &cache);
        let vendors = vendors.map_err(|error| println!("SKIPPED: {error}")).ok()?;
        let far_end = callwright_sim::speech::LocalSpeech::open(&cache.join("caller-model"));
        let far_end = far_end.map_err(|error| println!("SKIPPED: {error}")).ok()?;
        Some(Voices { far_end: Speech::Local(far_end), vendors, pack, line: Line::default() })
    }
}

/// The product's clients of hosted vendors, at simulated ones that know what this payer says; `None`, with the reason printed, where the
/// libraries for the far side's voice are missing.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) async fn simulated(
    scenario: &Scenario,
    change: impl FnOnce(&mut VendorsConfig),
) -> Option<(Voices, SimVendors)> {
    let pack = Arc::new(Pack::embedded().unwrap());
    let cache = cache_folder(Path::new(env!("CARGO_TARGET_TMPDIR")));
    let far_end = callwright_sim::speech::LocalSpeech::open(&cache.join("caller-model"));
    let far_end = far_end.map_err(|error| println!("SKIPPED: {error}")).ok()?;
    let far_end = Speech::Local(far_end);
    let mut config = world::simulated_config(std::slice::from_ref(scenario), far_end.clone(), KEY);
    change(&mut config);
    let simulated = SimVendors::start(config).await.unwrap();
    let vendors = world::clients_of(&simulated, KEY).unwrap();
    Some((Voices { far_end, vendors, pack, line: Line::default() }, simulated))
}

/// The key that the simulated vendors take.
const KEY: &str = "a-key-of-the-tests";

/// The way from a recogniser to the carrier's log. The carrier is made after the vendors.
#[derive(Clone, Default)]
pub(crate) struct Line(Arc<OnceLock<Weak<SimCarrier>>>);

impl Line {
    pub(crate) fn connect(&self, carrier: &Arc<SimCarrier>) {
        self.0.set(Arc::downgrade(carrier)).expect("a line is connected once");
    }

    /// The log of the latest call.
    fn log(&self) -> Vec<LogEntry> {
        let carrier = self.0.get().and_then(Weak::upgrade).expect("the carrier runs");
        let sid = carrier.calls().pop();
        sid.and_then(|sid| carrier.log(&sid)).map(|log| log.entries).unwrap_or_default()
    }
}

/// A recogniser that reads the far end's words from the carrier's log when an utterance is closed.
pub(crate) struct Lips(pub(crate) Line);

impl SpeechToText for Lips {
    fn id(&self) -> &'static str {
        "lips"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        let (session, side) = recogniser_channels("lips");
        tokio::spawn(read_lips(self.0.clone(), side, usize::MAX));
        Ok(session)
    }
}

/// Answers each closed utterance with what was said since the last one; is gone after so many.
pub(crate) async fn read_lips(line: Line, (mut told, heard): VendorSide, utterances: usize) {
    let mut read = 0;
    let mut left = utterances;
    while let Some(message) = told.recv().await {
        match message {
            ToRecogniser::Finalise { utterance } => {
                let log = line.log();
                let words = Utterance::new(said(&log, read));
                read = log.len();
                let event = Heard { utterance, words, done: true, end_of_turn: false };
                if heard.send(RecogniserEvent::Heard(event)).await.is_err() {
                    return;
                }
                left -= 1;
            }
            ToRecogniser::Sleeps => read = line.log().len(),
            ToRecogniser::Audio { .. } | ToRecogniser::Begins { .. } => {}
        }
        if left == 0 {
            return;
        }
    }
}

/// The words of all prompts that began after the first `read` entries, with their times on the stream.
fn said(log: &[LogEntry], read: usize) -> Vec<Word> {
    let stream_ms = log
        .iter()
        .find(|entry| matches!(entry.event, LogEvent::StreamStarted { .. }))
        .map_or(0, |entry| entry.at_ms);
    let mut words = Vec::new();
    for entry in log.iter().skip(read) {
        let LogEvent::PromptStarted { text, .. } = &entry.event else {
            continue;
        };
        let plain: String = text.chars().filter(|c| !matches!(c, '.' | ',' | '?')).collect();
        for (at, word) in plain.split_whitespace().enumerate() {
            let from_ms = entry.at_ms - stream_ms + (at * WORD_MS) as u64;
            let from_ms = u32::try_from(from_ms).unwrap();
            let to_ms = from_ms + WORD_MS as u32;
            words.push(Word { text: word.to_owned(), from_ms, to_ms, confidence: 1.0 });
        }
    }
    words
}

/// A voice that hums.
pub(crate) struct Hum;

impl TextToSpeech for Hum {
    fn id(&self) -> &'static str {
        "hum"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        Ok(Box::new(Hum))
    }
}

impl SpeechSession for Hum {
    fn warm(&mut self) {}

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        let (to, from) = mpsc::channel(1);
        to.try_send(Ok(hum(words.expose(Purpose::Speak)))).expect("there is room for one");
        from
    }
}

/// One pitch, which is no key's; 40 ms a word and 200 ms more, so that calls are short and every text is heard.
pub(crate) fn hum(text: &str) -> Bytes {
    let sample = |at: usize| {
        let phase = std::f32::consts::TAU * 520.0 * at as f32 / 8_000.0;
        g711::encode((7_000.0 * phase.sin()) as i16)
    };
    let words = text.split_whitespace().count();
    (0..(200 + 40 * words) * 8).map(sample).collect()
}
