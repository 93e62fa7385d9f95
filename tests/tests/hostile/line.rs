//! The far end of a scripted call: it speaks its lines over a real media stream, and writes down what it hears.
//!
//! The far end speaks with a recorded voice, whatever it says; its words reach the agent's ear beside it. The agent's audio says in itself which text it is, so that what is written down is what reached the far end's ear,
//! played out at the pace of the line, and not what the agent believes that it said.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use callwright::clock::Clock;
use callwright_compliance::{PhiString, Purpose};
use callwright_core::Micros;
use callwright_media::tone::dtmf::Detector;
use callwright_media::twilio::{CarrierEvent, CarrierStream};
use callwright_media::{SampleTime, g711};
use callwright_understanding::{Utterance, Word};
use callwright_vendors::{
    Egress, Heard, RecogniserEvent, RecogniserSession, SpeechResult, SpeechSession, SpeechToText,
    TextToSpeech, ToRecogniser, VendorError, recogniser_channels,
};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::scripts::Move;

/// How much audio is sent and played at once.
const STEP_MS: usize = 60;
const STEP: usize = STEP_MS * 8;

/// How long an utterance lasts, at least and at most.
const VOICE_MS: (usize, usize) = (700, 2_000);

/// What begins and ends the audio of a text; between the first and the hum stands its number.
const BEGINS: [u8; 4] = [0x11, 0x52, 0x93, 0x24];
const ENDS: [u8; 4] = [0x24, 0x93, 0x52, 0x11];

/// How long the far end waits: after the agent has spoken, for a word of the agent's, and for the agent to end the call.
const QUIET_MS: usize = 1_080;
const PATIENCE_MS: usize = 4_200;
const LAST_PATIENCE_MS: usize = 90_000;

/// Something that was heard or said on the line, in order.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// Somebody begins to speak who was not there before.
    Comes,
    /// The far end has said this line.
    Far(Move),
    /// A text of the agent's began to be heard.
    Began(String),
    /// It was heard to its end.
    Ended(String),
    /// A key was heard.
    Key(char),
    /// The stream is over; whether the agent ended it.
    Over { by_agent: bool },
}

/// What the two ends of one call share: the texts that audio stands for, and the words that the far end has said.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    texts: Arc<Mutex<Vec<String>>>,
    words: Arc<Mutex<Vec<Word>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    /// Audio that stands for a text: 40 ms a word and some.
    fn audio(&self, text: &str) -> Bytes {
        let number = {
            let mut texts = lock(&self.texts);
            texts.push(text.to_owned());
            u32::try_from(texts.len() - 1).expect("a test says less")
        };
        let words = text.split_whitespace().count();
        let mut audio = BEGINS.to_vec();
        audio.extend(number.to_be_bytes());
        audio.resize((200 + 40 * words) * 8, 0x7E);
        audio.extend(ENDS);
        Bytes::from(audio)
    }

    fn text(&self, number: u32) -> Option<String> {
        lock(&self.texts).get(usize::try_from(number).ok()?).cloned()
    }
}

/// The agent's voice.
pub(crate) struct Voice(pub(crate) Wire);

impl TextToSpeech for Voice {
    fn id(&self) -> &'static str {
        "hum"
    }

    fn open(&self, _leave: Egress) -> Result<Box<dyn SpeechSession>, VendorError> {
        Ok(Box::new(Voice(self.0.clone())))
    }
}

impl SpeechSession for Voice {
    fn warm(&mut self) {}

    fn speak(&mut self, words: PhiString) -> mpsc::Receiver<SpeechResult> {
        let (to, from) = mpsc::channel(1);
        to.try_send(Ok(self.0.audio(words.expose(Purpose::Speak)))).expect("there is room for one");
        from
    }
}

/// The agent's ear: it is told the words that the far end has said when an utterance is closed.
pub(crate) struct Lips(pub(crate) Wire);

impl SpeechToText for Lips {
    fn id(&self) -> &'static str {
        "lips"
    }

    fn open(&self, _leave: Egress) -> Result<RecogniserSession, VendorError> {
        let (session, (mut told, heard)) = recogniser_channels("lips");
        let wire = self.0.clone();
        tokio::spawn(async move {
            while let Some(message) = told.recv().await {
                match message {
                    ToRecogniser::Finalise { utterance } => {
                        let words = Utterance::new(std::mem::take(&mut *lock(&wire.words)));
                        let event = Heard { utterance, words, done: true, end_of_turn: false };
                        if heard.send(RecogniserEvent::Heard(event)).await.is_err() {
                            return;
                        }
                    }
                    ToRecogniser::Sleeps => lock(&wire.words).clear(),
                    ToRecogniser::Audio { .. } | ToRecogniser::Begins { .. } => {}
                }
            }
        });
        Ok(session)
    }
}

/// The far end.
pub(crate) struct Line {
    stream: CarrierStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>,
    wire: Wire,
    moves: VecDeque<Move>,
    entries: Vec<Entry>,
    /// When each of them was, in milliseconds of the stream.
    times: Vec<usize>,
    sent_ms: usize,
    /// What is being said: what is left of its audio, and the line.
    saying: Option<(VecDeque<u8>, Move)>,
    /// The agent's audio and marks that were not played yet.
    queue: VecDeque<Near>,
    ear: Ear,
    quiet_ms: usize,
    waited_ms: usize,
    replied: bool,
}

enum Near {
    Audio(VecDeque<u8>),
    Mark(String),
}

/// Reads texts and keys out of what is played.
#[derive(Default)]
struct Ear {
    last: VecDeque<u8>,
    number: Option<Vec<u8>>,
    hearing: Option<String>,
    keys: Detector,
    at: u64,
}

impl Line {
    pub(crate) fn new(
        stream: CarrierStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>,
        wire: Wire,
        moves: Vec<Move>,
    ) -> Line {
        Line {
            stream,
            wire,
            moves: moves.into(),
            entries: Vec::new(),
            times: Vec::new(),
            sent_ms: 0,
            saying: None,
            queue: VecDeque::new(),
            ear: Ear::default(),
            quiet_ms: 0,
            waited_ms: 0,
            replied: true,
        }
    }

    /// Speaks and listens until either side has had enough.
    pub(crate) async fn run(mut self) -> Vec<(usize, Entry)> {
        let mut audio = Vec::new();
        let watch = Clock.stopwatch();
        let mut steps: u64 = 0;
        loop {
            let next = watch.when(Micros::from_ms(STEP_MS as u64 * steps));
            tokio::select! {
                biased;
                event = self.stream.recv(&mut audio) => match event {
                    Ok(CarrierEvent::Media) => {
                        self.queue.push_back(Near::Audio(std::mem::take(&mut audio).into()));
                    }
                    Ok(CarrierEvent::Mark(name)) => self.queue.push_back(Near::Mark(name)),
                    Ok(CarrierEvent::Clear) => self.clear().await,
                    Ok(CarrierEvent::Ended(_)) | Err(_) => {
                        self.entries.push(Entry::Over { by_agent: true });
                        return self.timed();
                    }
                },
                () = tokio::time::sleep_until(next) => {
                    steps += 1;
                    if !self.step().await {
                        return self.timed();
                    }
                }
            }
        }
    }

    fn timed(mut self) -> Vec<(usize, Entry)> {
        self.times.resize(self.entries.len(), self.sent_ms);
        self.times.into_iter().zip(self.entries).collect()
    }

    /// One step of audio in each direction; false where the far end hangs up.
    async fn step(&mut self) -> bool {
        self.play().await;
        self.times.resize(self.entries.len(), self.sent_ms);
        self.think();
        let mut out = vec![g711::SILENCE; STEP];
        if let Some((left, _)) = &mut self.saying {
            for (to, from) in
                out.iter_mut().zip(left.drain(..left.len().min(STEP)).collect::<Vec<_>>())
            {
                *to = from;
            }
        }
        if let Some((_, said)) = self.saying.take_if(|(left, _)| left.is_empty()) {
            self.entries.push(Entry::Far(said));
            (self.quiet_ms, self.waited_ms, self.replied) = (0, 0, false);
        }
        let sent = self.stream.media(self.sent_ms as u64, &out).await;
        self.sent_ms += STEP_MS;
        let patience = self.moves.is_empty() && self.waited_ms > LAST_PATIENCE_MS;
        if sent.is_err() || patience {
            self.entries.push(Entry::Over { by_agent: sent.is_err() });
            return false;
        }
        true
    }

    /// Plays what is next of the agent's audio.
    async fn play(&mut self) {
        let mut left = STEP;
        let mut heard = false;
        while left > 0 {
            match self.queue.front_mut() {
                None => break,
                Some(Near::Mark(_)) => {
                    if let Some(Near::Mark(name)) = self.queue.pop_front() {
                        drop(self.stream.mark(&name).await);
                    }
                }
                Some(Near::Audio(bytes)) => {
                    let now: Vec<u8> = bytes.drain(..bytes.len().min(left)).collect();
                    left -= now.len();
                    if bytes.is_empty() {
                        self.queue.pop_front();
                    }
                    heard = true;
                    self.ear.hear(&now, &self.wire, &mut self.entries);
                }
            }
        }
        self.quiet_ms = if heard { 0 } else { self.quiet_ms + STEP_MS };
        self.replied |= heard;
    }

    /// Throws away what was not played, and gives its marks back.
    async fn clear(&mut self) {
        for near in std::mem::take(&mut self.queue) {
            if let Near::Mark(name) = near {
                drop(self.stream.mark(&name).await);
            }
        }
        self.ear.hearing = None;
        self.ear.number = None;
    }

    /// Whether it is time for the next line.
    fn think(&mut self) {
        if self.saying.is_some() {
            return;
        }
        self.waited_ms += STEP_MS;
        let cuts_in = self.moves.front().is_some_and(|next| next.cuts_in)
            && self.replied
            && self.quiet_ms == 0;
        let their_turn = self.replied && self.quiet_ms >= QUIET_MS;
        let no_answer = self.waited_ms >= PATIENCE_MS && self.quiet_ms >= QUIET_MS;
        if !(cuts_in && self.waited_ms > 600 || their_turn || no_answer) {
            return;
        }
        let Some(next) = self.moves.pop_front() else { return };
        if next.new_person {
            self.entries.push(Entry::Comes);
        }
        let words: Vec<&str> = next.text.split_whitespace().collect();
        let ms = (words.len() * 160).clamp(VOICE_MS.0, VOICE_MS.1);
        let begins = self.sent_ms;
        let at = |place: usize| {
            u32::try_from(begins + ms * place / words.len().max(1)).unwrap_or(u32::MAX)
        };
        lock(&self.wire.words).extend(words.iter().enumerate().map(|(place, text)| Word {
            text: (*text).to_owned(),
            from_ms: at(place),
            to_ms: at(place + 1),
            confidence: 1.0,
        }));
        self.saying = Some((voice(ms).into(), next));
    }
}

impl Ear {
    fn hear(&mut self, played: &[u8], wire: &Wire, entries: &mut Vec<Entry>) {
        let samples: Vec<i16> = played.iter().map(|byte| g711::decode(*byte)).collect();
        self.keys
            .push(SampleTime(self.at), &samples, |key, _| entries.push(Entry::Key(key.symbol())));
        self.at += played.len() as u64;
        for byte in played {
            if let Some(number) = &mut self.number {
                number.push(*byte);
                if let Ok(bytes) = <[u8; 4]>::try_from(number.as_slice()) {
                    self.number = None;
                    if let Some(text) = wire.text(u32::from_be_bytes(bytes)) {
                        entries.push(Entry::Began(text.clone()));
                        self.hearing = Some(text);
                    }
                }
                continue;
            }
            if self.last.len() == 4 {
                self.last.pop_front();
            }
            self.last.push_back(*byte);
            if self.last == BEGINS {
                self.number = Some(Vec::new());
            } else if self.last == ENDS
                && let Some(text) = self.hearing.take()
            {
                entries.push(Entry::Ended(text));
            }
        }
    }
}

/// A stretch of a voice: detectors take it for speech, and neither for music nor for keys. What it says is of no matter.
fn voice(ms: usize) -> Vec<u8> {
    let recorded = include_bytes!("../../../fixtures/audio/greet.ulaw");
    // A part without a pause: a pause would end the utterance in the middle.
    recorded.iter().copied().skip(12_800).take(ms * 8).collect()
}
