//! How well the recogniser hears a synthetic voice over a telephone line: words, values, times and confidence.
//!
//! Skipped, with the reason printed, where flite or PocketSphinx is not installed. `examples/ear.rs` prints the same
//! measurements as a table, over more sentences. The limits here are floors against regressions, not figures to quote: these
//! values were looked at while settings were chosen.
#![expect(clippy::print_stdout, reason = "a skipped test says why")]

mod support;

use callwright_speech_local::flite::{Synthesiser, Voice};
use callwright_speech_local::model::Model;
use callwright_speech_local::sphinx::{DecodeError, Decoder, DecoderConfig, Hypothesis};
use support::sentences::{self, Dice};
use support::telephone::heard_over_the_line;

/// Silence around what is said, as an endpointer leaves it.
const LEAD_MS: usize = 200;
const TAIL_MS: usize = 300;

/// A voice, and a decoder that knows the sentences its side of a call may say.
struct Line {
    voice: Synthesiser,
    decoder: Decoder,
}

impl Line {
    /// `None`, with the reason printed, where this machine lacks the engines.
    fn open(voice: Voice, sentence: fn(&mut Dice) -> String) -> Option<Line> {
        let models = tempfile::tempdir().expect("a directory for the model");
        let open = || -> Result<Line, Box<dyn std::error::Error>> {
            let model = Model::build(models.path(), &sentences::many(1, 15_000, sentence))?;
            assert!(model.left_out_words().is_empty(), "{:?}", model.left_out_words());
            let decoder = Decoder::open_with(&model, &DecoderConfig::telephone(voice))?;
            Ok(Line { voice: Synthesiser::open(voice)?, decoder })
        };
        open().inspect_err(|reason| println!("skipped: {reason}")).ok()
    }

    /// Says `text` down the line and hears it in 20 ms chunks.
    fn hear(&mut self, text: &str) -> Hypothesis {
        let audio = heard_over_the_line(&self.voice.speak(text).expect("spoken"), LEAD_MS, TAIL_MS);
        self.decoder.start().expect("between utterances");
        for chunk in audio.chunks(320) {
            self.decoder.process(chunk).expect("started");
        }
        self.decoder.finish().expect("started")
    }

    /// How many of `count` sentences come out with their value exact. `said` gives the sentence and the value.
    fn exact(&mut self, count: usize, mut said: impl FnMut() -> (String, String)) -> usize {
        let mut exact = 0;
        for _ in 0..count {
            let (sentence, value) = said();
            let heard = self.hear(&sentence).text();
            if format!(" {heard} ").contains(&format!(" {} ", value.replace(',', ""))) {
                exact += 1;
            } else {
                println!("said {sentence:?}, heard {heard:?}");
            }
        }
        exact
    }
}

#[test]
fn the_far_end_is_heard_by_the_agent() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let mut dice = Dice::new(999);
    let dates = line.exact(6, || {
        let date = sentences::date(&mut dice);
        (format!("the policy is active effective {date}."), date)
    });
    let amounts = line.exact(6, || {
        let (all, met) = (sentences::dollars(&mut dice), sentences::dollars(&mut dice));
        let value = format!("{all} and {met}");
        (format!("the individual deductible is {value} has been met."), value)
    });
    let references = line.exact(6, || {
        let digits = sentences::digits(&mut dice, 6, ", ");
        (format!("the reference number for this call is {digits}."), digits)
    });
    println!("of 6: dates {dates}, pairs of amounts {amounts}, six-digit references {references}");
    assert!(dates >= 5 && amounts >= 5 && references >= 5);
}

#[test]
fn the_agent_is_heard_by_the_representative() {
    let Some(mut line) = Line::open(Voice::Slt, sentences::agent_side) else {
        return;
    };
    let mut dice = Dice::new(999);
    let mut questions = sentences::QUESTIONS.iter();
    let keywords = line.exact(12, || {
        let (question, keyword) = questions.next().expect("twelve of them");
        (format!("{question}?"), (*keyword).to_owned())
    });
    let births = line.exact(12, || {
        let date = sentences::birth_date(&mut dice);
        (date.clone(), date)
    });
    println!("key words {keywords} of 12, dates of birth {births} of 12");
    assert!(keywords >= 11 && births >= 7);
}

#[test]
fn times_are_where_the_words_are() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let text = "the plan is a p p o plan";
    let speech_ms = line.voice.speak(text).expect("spoken").len() / 16;
    let heard = line.hear(text);
    assert_eq!(heard.text(), text);
    let end_ms = LEAD_MS + speech_ms;
    let (first, last) = (&heard.words[0], &heard.words[heard.words.len() - 1]);
    let near = |ms: u32, expected: usize| (ms as usize).abs_diff(expected) <= 150;
    assert!(near(first.from_ms, LEAD_MS), "{first:?} should begin near {LEAD_MS} ms");
    assert!(near(last.to_ms, end_ms), "{last:?} should end near {end_ms} ms");
    for pair in heard.words.windows(2) {
        assert!(pair[0].from_ms < pair[0].to_ms && pair[0].to_ms <= pair[1].from_ms, "{pair:?}");
    }
}

#[test]
fn a_pause_inside_an_utterance_does_not_shift_the_times_after_it() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let first = line.voice.speak("thank you one moment please").expect("spoken");
    let second = line.voice.speak("the plan is a p p o plan").expect("spoken");
    let mut both = first.clone();
    both.extend(vec![0; 16 * 1_500]);
    both.extend(second);
    let audio = heard_over_the_line(&both, LEAD_MS, TAIL_MS);
    line.decoder.start().expect("between utterances");
    line.decoder.process(&audio).expect("started");
    let heard = line.decoder.finish().expect("started");
    let ends = heard.words.iter().find(|word| word.text == "please").expect("the pause follows it");
    let plan = heard.words.iter().find(|word| word.text == "plan").expect("after the pause");
    let pause_ends_ms = (LEAD_MS + first.len() / 16 + 1_500) as u32;
    assert!(ends.to_ms < pause_ends_ms - 1_300, "{ends:?}, pause ends at {pause_ends_ms} ms");
    assert!(plan.from_ms > pause_ends_ms, "{plan:?}, pause ends at {pause_ends_ms} ms");
}

#[test]
fn off_script_speech_is_less_sure_than_the_script() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let mut confidence = |text: &str| line.hear(text).confidence();
    let script = [
        "thank you for calling have a great day",
        "the plan is a p p o plan",
        "i am sorry can you repeat that please",
        "the coinsurance is twenty percent after the deductible",
    ]
    .map(&mut confidence);
    let elsewhere = [
        "what a lovely morning we are having out here",
        "did you watch the football game last night",
        "there is no referral needed for an in network provider",
        "our system is running slow today so bear with me please",
    ]
    .map(&mut confidence);
    println!("script {script:.2?}, elsewhere {elsewhere:.2?}");
    let worst = script.into_iter().fold(1.0, f32::min);
    let best = elsewhere.into_iter().fold(0.0, f32::max);
    assert!(worst > best, "script {script:?}, elsewhere {elsewhere:?}");
}

#[test]
fn an_utterance_has_a_beginning_and_an_end() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let decoder = &mut line.decoder;
    assert_eq!(decoder.process(&[0; 320]), Err(DecodeError::NotStarted));
    assert_eq!(decoder.finish(), Err(DecodeError::NotStarted));
    assert_eq!(decoder.partial(), "");
    decoder.start().expect("first");
    assert_eq!(decoder.start(), Err(DecodeError::AlreadyStarted));
    assert_eq!(decoder.finish().expect("nothing was fed").words, []);
    decoder.start().expect("after an empty one");
    decoder.process(&[0; 16_000]).expect("started");
    let silence = decoder.finish().expect("started");
    assert!(silence.words.is_empty() || silence.confidence() < 0.3, "{silence:?}");
}

#[test]
fn partials_grow_into_the_words() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let speech = line.voice.speak("thank you for calling have a great day").expect("spoken");
    let audio = heard_over_the_line(&speech, LEAD_MS, TAIL_MS);
    line.decoder.start().expect("between utterances");
    let mut partials = Vec::new();
    for chunk in audio.chunks(1_600) {
        line.decoder.process(chunk).expect("started");
        partials.push(line.decoder.partial());
    }
    let before_the_end = &partials[..partials.len() * 2 / 3];
    assert!(before_the_end.iter().any(|partial| !partial.is_empty()), "{partials:?}");
    let heard = line.decoder.finish().expect("started").text();
    let last = partials.last().expect("a second of audio");
    let common = last.split(' ').filter(|word| heard.contains(word)).count();
    assert!(common >= 5, "{last:?} should be close to {heard:?}");
}

#[test]
fn two_decoders_in_two_threads_hear_what_one_does() {
    let Some(mut line) = Line::open(Voice::Rms, sentences::far_end) else {
        return;
    };
    let text = "the coinsurance is twenty percent after the deductible";
    let alone = line.hear(text);
    let together: Vec<Hypothesis> = std::thread::scope(|scope| {
        let hear = || Line::open(Voice::Rms, sentences::far_end).expect("as above").hear(text);
        let threads = [scope.spawn(hear), scope.spawn(hear)];
        threads.map(|thread| thread.join().expect("no panic")).into()
    });
    assert_eq!(together, [alone.clone(), alone]);
}
