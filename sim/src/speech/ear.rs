//! What the far end understands of an utterance.
//!
//! The recogniser runs on a thread of its own, one a call, since a 20 ms chunk can take longer than 20 ms. Chunks go
//! there by a bounded queue; words come back by another. An ear that fails hears nothing and says so once.

use super::Speech;
use crate::payer::engine::Heard;
use callwright_media::{FRAME, Frame, g711};
use callwright_speech_local::model::Model;
use callwright_speech_local::sphinx::Decoder;
use callwright_speech_local::wideband::Widener;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

/// Chunks that may wait for the recogniser: a minute, far more than it ever falls behind.
const CHUNKS_MAX: usize = 3_000;
/// Utterances whose words may wait to be taken: the line takes them every 20 ms.
const HEARD_MAX: usize = 64;
/// Frames before an utterance's detected beginning that belong to it: 300 ms.
const LEAD_FRAMES: usize = 15;

/// What came of the ear.
pub(crate) enum Perceived {
    Words(Heard),
    Failed,
}

pub(crate) struct Ear {
    kind: Kind,
    lead: VecDeque<Frame>,
    listening: bool,
    waiting: VecDeque<Perceived>,
}

enum Kind {
    Deaf,
    Thread { chunks: SyncSender<Chunk>, heard: Receiver<Perceived> },
    Broken,
}

enum Chunk {
    Begin,
    Audio(Frame),
    End,
}

impl Ear {
    pub(crate) fn new(speech: &Speech) -> Ear {
        let kind = match speech {
            Speech::Tones => Kind::Deaf,
            Speech::Local(local) => {
                let (chunks, work) = sync_channel(CHUNKS_MAX);
                let (give, heard) = sync_channel(HEARD_MAX);
                let model = Arc::clone(&local.model);
                let listen = move || recognise(&model, &work, &give);
                let spawned = std::thread::Builder::new().name("payer-ear".into()).spawn(listen);
                if spawned.is_ok() { Kind::Thread { chunks, heard } } else { Kind::Broken }
            }
        };
        Ear { kind, lead: VecDeque::new(), listening: false, waiting: VecDeque::new() }
    }

    /// Takes every frame of the caller's audio.
    pub(crate) fn frame(&mut self, frame: &Frame) {
        if self.listening {
            self.send(Chunk::Audio(*frame));
        } else {
            if self.lead.len() == LEAD_FRAMES {
                self.lead.pop_front();
            }
            self.lead.push_back(*frame);
        }
    }

    /// An utterance began; the frames just before it are part of it.
    pub(crate) fn begin(&mut self) {
        self.listening = true;
        self.send(Chunk::Begin);
        for frame in std::mem::take(&mut self.lead) {
            self.send(Chunk::Audio(frame));
        }
    }

    /// It ended: words will follow.
    pub(crate) fn end(&mut self) {
        self.listening = false;
        match self.kind {
            Kind::Deaf => self.waiting.push_back(Perceived::Words(Heard::Speech)),
            Kind::Thread { .. } => self.send(Chunk::End),
            Kind::Broken => self.waiting.push_back(Perceived::Words(Heard::Words(Vec::new()))),
        }
    }

    /// The words of an utterance that has ended, if they are there.
    pub(crate) fn poll(&mut self) -> Option<Perceived> {
        if let Some(perceived) = self.waiting.pop_front() {
            return Some(perceived);
        }
        let Kind::Thread { heard, .. } = &self.kind else {
            return None;
        };
        match heard.try_recv() {
            Ok(perceived) => Some(perceived),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.kind = Kind::Broken;
                Some(Perceived::Failed)
            }
        }
    }

    fn send(&mut self, chunk: Chunk) {
        let Kind::Thread { chunks, .. } = &self.kind else {
            return;
        };
        if chunks.try_send(chunk).is_err() {
            self.kind = Kind::Broken;
            self.waiting.push_back(Perceived::Failed);
        }
    }
}

/// The thread: ends when the call does, or when the recogniser fails.
fn recognise(model: &Model, work: &Receiver<Chunk>, give: &SyncSender<Perceived>) {
    let Ok(mut decoder) = Decoder::open(model) else {
        return;
    };
    let mut widener = Widener::default();
    let mut wide = Vec::with_capacity(2 * FRAME);
    while let Ok(chunk) = work.recv() {
        let worked = match chunk {
            Chunk::Begin => {
                widener = Widener::default();
                decoder.start()
            }
            Chunk::Audio(frame) => {
                let mut samples = [0_i16; FRAME];
                g711::decode_into(&frame, &mut samples);
                wide.clear();
                widener.process(&samples, &mut wide);
                decoder.process(&wide)
            }
            Chunk::End => match decoder.finish() {
                Ok(hypothesis) => {
                    let words = hypothesis.words.into_iter().map(|word| word.text).collect();
                    if give.send(Perceived::Words(Heard::Words(words))).is_err() {
                        return;
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        if worked.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payer::scenario::Scenario;
    use crate::payer::topics::best_topic;
    use crate::payer::words;
    use crate::speech::LocalSpeech;
    use callwright_media::resample::wideband_to_mulaw;
    use callwright_prompts::Pack;
    use callwright_speech_local::flite::{Synthesiser, Voice};

    fn hear(ear: &mut Ear, voice: &Synthesiser, text: &str) -> Vec<String> {
        let mut audio = vec![g711::SILENCE; 10 * FRAME];
        audio.extend(wideband_to_mulaw(&voice.speak(text).unwrap()));
        audio.resize(audio.len().next_multiple_of(FRAME) + 30 * FRAME, g711::SILENCE);
        for (at, frame) in audio.chunks_exact(FRAME).enumerate() {
            ear.frame(&frame.try_into().unwrap());
            if at == 12 {
                ear.begin();
            }
        }
        ear.end();
        loop {
            match ear.poll() {
                Some(Perceived::Words(Heard::Words(words))) => return words,
                Some(Perceived::Words(Heard::Speech)) => panic!("this ear knows words"),
                Some(Perceived::Failed) => panic!("the ear failed"),
                None => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn the_representative_understands_the_agent_over_the_telephone() {
        let cache = tempfile::tempdir().unwrap();
        let local = match LocalSpeech::open(cache.path()) {
            Ok(local) => local,
            Err(error) => {
                println!("skipped: {error}");
                return;
            }
        };
        let voice = Synthesiser::open(Voice::Slt).unwrap();
        let mut ear = Ear::new(&Speech::Local(local));
        let id =
            "the member I D is W as in whiskey, four, seven, two, nine, one, eight, three, five.";
        let heard = hear(&mut ear, &voice, id);
        assert!(words::digit_words(&heard) >= 5, "{heard:?}");
        let heard = hear(&mut ear, &voice, "April twelfth, nineteen eighty five.");
        assert!(words::number_or_date_words(&heard) >= 2, "{heard:?}");
        // Every question as the pack words it leads the representative to the same topic as its text does.
        let scenario = Scenario::acme_medical().unwrap();
        let person = scenario.representative.unwrap();
        let pack = Pack::embedded().unwrap();
        for question in &pack.question_set("medical").unwrap().fields {
            let text = &question.ask[0];
            let heard = hear(&mut ear, &voice, text);
            let topic = best_topic(&person, &heard);
            assert!(topic.is_some(), "{text}: {heard:?}");
            assert_eq!(topic, best_topic(&person, &words::split(text)), "{text}: {heard:?}");
        }
        let reference =
            "The reference number is seven, four, nine, zero, two, five. Is that correct?";
        let heard = hear(&mut ear, &voice, reference);
        assert!(words::has_any(&heard, &person.hears.read_back), "{heard:?}");
        assert!(words::agrees(&heard, &words::split(reference)), "{heard:?}");
        let heard = hear(&mut ear, &voice, "Thank you for your help. Goodbye.");
        assert!(words::has_any(&heard, &person.hears.goodbye), "{heard:?}");
    }

    #[test]
    fn an_ear_without_words_knows_that_it_was_spoken_to() {
        let mut ear = Ear::new(&Speech::Tones);
        ear.begin();
        assert!(ear.poll().is_none());
        ear.end();
        assert!(matches!(ear.poll(), Some(Perceived::Words(Heard::Speech))));
        assert!(ear.poll().is_none());
    }
}
