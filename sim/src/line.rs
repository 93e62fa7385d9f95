//! The far end's telephone: turns the payer's words into frames and the caller's frames into events, 20 ms at a time.
//!
//! Time is counted in ticks since the answer, so the far end lives on line time. It knows nothing about streams: it hears
//! whatever the carrier plays to it, and speaks whether or not anyone listens.

use crate::log::{LogBook, LogEvent};
use crate::payer::engine::{Engine, Event, Heard, Output, PayerEvent};
use crate::payer::faults::HangUpFault;
use crate::payer::scenario::Scenario;
use crate::speech::bank::Bank;
use crate::speech::ear::{Ear, Perceived};
use crate::speech::endpoint::{Edge, Endpointer, Segments};
use crate::speech::{Speech, music};
use callwright_media::{FRAME, Frame, SampleTime, dtmf, g711};
use std::sync::Arc;

/// One tick.
pub(crate) const TICK_MS: u64 = 20;

/// What the far end did in a tick.
pub(crate) struct Tick {
    /// What it said.
    pub(crate) far: Frame,
    /// Whether it hung up.
    pub(crate) hung_up: bool,
}

/// What becomes of tones on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    Arrive,
    Lost,
}

pub(crate) struct Line {
    engine: Engine,
    bank: Arc<Bank>,
    playing: Option<Playing>,
    music: Arc<[u8]>,
    ear: Ear,
    keys: dtmf::Detector,
    endpointer: Endpointer,
    segments: Segments,
    hang_up: Option<HangUpFault>,
    hang_up_at_ms: Option<u64>,
    log: LogBook,
    ticks: u64,
    hung_up: bool,
}

enum Playing {
    Speech { step: String, clip: Arc<[u8]>, at: usize },
    Music { at: usize, left_ms: u64 },
    Silence { left_ms: u64 },
}

impl Line {
    /// The far end picks up: the payer's `nth` call, from 0.
    pub(crate) fn answer(
        scenario: &Arc<Scenario>,
        bank: Arc<Bank>,
        speech: &Speech,
        log: LogBook,
        nth: usize,
    ) -> Line {
        let hang_up = scenario.faults.hang_up.clone().filter(|fault| fault.cuts(nth));
        let mut line = Line {
            engine: Engine::new(Arc::clone(scenario)),
            bank,
            playing: None,
            music: music::mulaw(),
            ear: Ear::new(speech),
            keys: dtmf::Detector::new(),
            endpointer: Endpointer::default(),
            segments: Segments::default(),
            hang_up_at_ms: hang_up.as_ref().and_then(|fault| fault.at_ms),
            hang_up,
            log,
            ticks: 0,
            hung_up: false,
        };
        line.give(Event::Answered);
        line
    }

    /// Milliseconds since the answer.
    pub(crate) fn now_ms(&self) -> u64 {
        self.ticks * TICK_MS
    }

    /// Plays one frame to the far end and takes one from it.
    /// `keys` says whether tones in it reach the far end as keys.
    pub(crate) fn tick(&mut self, near: &Frame, keys: Keys) -> Tick {
        self.hear(near, keys);
        if self.engine.poll_timeout().is_some_and(|(at_ms, _)| at_ms <= self.now_ms()) {
            self.give(Event::Timeout);
        }
        let far = self.speak();
        self.log.audio(near, &far);
        if self.hang_up_at_ms.is_some_and(|at_ms| at_ms <= self.now_ms()) {
            self.hung_up = true;
        }
        self.ticks += 1;
        Tick { far, hung_up: self.hung_up }
    }

    /// Writes down what is still open when the call ends.
    pub(crate) fn finish(&mut self) {
        self.near_segment(None);
        if let Some(Playing::Speech { step, .. }) = self.playing.take() {
            self.note(LogEvent::PromptCut { step });
        }
    }

    fn hear(&mut self, near: &Frame, keys: Keys) {
        let mut samples = [0_i16; FRAME];
        g711::decode_into(near, &mut samples);
        self.near_segment(Some(&samples));
        let mut pressed = Vec::new();
        let at = SampleTime::from_ms(self.now_ms());
        let heard = match keys {
            Keys::Arrive => samples,
            Keys::Lost => [0; FRAME],
        };
        self.keys.push(at, &heard, |key, _| pressed.push(key.symbol()));
        for key in pressed {
            self.endpointer.key();
            self.note(LogEvent::KeyDetected { key });
            self.give(Event::Key(key));
        }
        self.ear.frame(near);
        match self.endpointer.frame(&samples) {
            Some(Edge::Began) => {
                self.ear.begin();
                self.give(Event::AgentSpeechStarted);
            }
            Some(Edge::Ended) => self.ear.end(),
            None => {}
        }
        while let Some(perceived) = self.ear.poll() {
            match perceived {
                Perceived::Words(heard) => self.give(Event::AgentSpeechEnded { heard }),
                Perceived::Failed => {
                    self.note(LogEvent::EarFailed);
                    let heard = Heard::Words(Vec::new());
                    self.give(Event::AgentSpeechEnded { heard });
                }
            }
        }
    }

    fn near_segment(&mut self, samples: Option<&[i16; FRAME]>) {
        let ended = match samples {
            Some(samples) => self.segments.frame(self.now_ms(), samples),
            None => self.segments.finish(),
        };
        if let Some((start_ms, end_ms)) = ended {
            self.note(LogEvent::NearSegment { start_ms, end_ms });
        }
    }

    /// The next frame of what is being said, and its end if it ends there.
    fn speak(&mut self) -> Frame {
        let mut frame = [g711::SILENCE; FRAME];
        let done = match &mut self.playing {
            None => return frame,
            Some(Playing::Speech { clip, at, .. }) => {
                let left = &clip[*at..];
                let length = left.len().min(FRAME);
                frame[..length].copy_from_slice(&left[..length]);
                *at += length;
                *at == clip.len()
            }
            Some(Playing::Music { at, left_ms }) => {
                for slot in &mut frame {
                    *slot = self.music[*at % self.music.len()];
                    *at += 1;
                }
                *left_ms = left_ms.saturating_sub(TICK_MS);
                *left_ms == 0
            }
            Some(Playing::Silence { left_ms }) => {
                *left_ms = left_ms.saturating_sub(TICK_MS);
                *left_ms == 0
            }
        };
        if done {
            match self.playing.take() {
                Some(Playing::Speech { step, .. }) => self.note(LogEvent::PromptEnded { step }),
                Some(Playing::Music { .. }) => self.note(LogEvent::MusicEnded),
                Some(Playing::Silence { .. }) | None => {}
            }
            self.give(Event::SpokenDone);
        }
        frame
    }

    /// Hands the payer an event and does what it then wants.
    fn give(&mut self, event: Event) {
        self.engine.handle(self.now_ms(), event);
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Say { step, text } => self.say(step, text),
                Output::Music { ms } => {
                    self.note(LogEvent::MusicStarted);
                    self.playing = Some(Playing::Music { at: 0, left_ms: ms });
                }
                Output::Silence { ms } => self.playing = Some(Playing::Silence { left_ms: ms }),
                Output::Stop => {
                    if let Some(Playing::Speech { step, .. }) = self.playing.take() {
                        self.note(LogEvent::PromptCut { step });
                    }
                }
                Output::Note(what) => self.note(LogEvent::Payer { what }),
                Output::HangUp => self.hung_up = true,
            }
        }
    }

    fn say(&mut self, step: String, text: String) {
        if let Some(fault) = &self.hang_up
            && fault.step.as_deref() == Some(step.as_str())
            && self.hang_up_at_ms.is_none()
        {
            self.hang_up_at_ms = Some(self.now_ms() + fault.after_ms);
        }
        match self.bank.clip(&text) {
            Some(clip) => {
                self.note(LogEvent::PromptStarted { step: step.clone(), text });
                self.playing = Some(Playing::Speech { step, clip, at: 0 });
            }
            None => {
                self.note(LogEvent::Payer { what: PayerEvent::Unspeakable { step } });
                self.playing = Some(Playing::Silence { left_ms: TICK_MS });
            }
        }
    }

    fn note(&self, event: LogEvent) {
        self.log.add(self.now_ms(), event);
    }
}
