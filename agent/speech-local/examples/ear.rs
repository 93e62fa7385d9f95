//! Prints how well the recogniser hears a voice over a telephone line, by kind of value.
//!
//! `cargo run --release -p callwright-speech-local --example ear -- [sentences of each kind]`. The first lines are measured
//! with a new decoder for each sentence (the first utterance of a call), the others with one decoder throughout.
#![expect(clippy::print_stdout, reason = "a command-line measurement")]

use std::collections::BTreeMap;
use std::error::Error;

use callwright_speech_local::flite::{Synthesiser, Voice};
use callwright_speech_local::model::Model;
use callwright_speech_local::sphinx::{Decoder, DecoderConfig};

#[path = "../tests/support/mod.rs"]
mod support;

use support::sentences::{self, Dice, QUESTIONS};
use support::telephone::heard_over_the_line;

/// Not the seed of `tests/accuracy.rs`, whose values were looked at while settings were chosen.
const SEED: u64 = 20_261;

/// What is said, and the words that must come out of it.
struct Case {
    kind: &'static str,
    said: String,
    value: String,
}

fn case(kind: &'static str, said: String, value: String) -> Case {
    Case { kind, said, value: value.replace(',', "") }
}

/// The far end's answers.
fn answers(count: usize) -> Vec<Case> {
    let dice = &mut Dice::new(SEED);
    let mut cases = Vec::new();
    for _ in 0..count {
        let value = sentences::date(dice);
        cases.push(case("date", format!("the policy is active effective {value}."), value));
        let value = sentences::dollars(dice);
        cases.push(case("one amount", format!("the specialist copay is {value}."), value));
        let value = format!("{} and {}", sentences::dollars(dice), sentences::dollars(dice));
        let said = format!("the individual deductible is {value} has been met.");
        cases.push(case("two amounts", said, value));
        for (kind, gap) in [("six digits", " "), ("six digits, commas", ", ")] {
            let value = sentences::digits(dice, 6, gap);
            let said = format!("the reference number for this call is {value}.");
            cases.push(case(kind, said, value));
        }
        let said = sentences::far_end(dice);
        cases.push(case("any sentence", said.clone(), said));
    }
    cases
}

/// The agent's questions and details.
fn questions(count: usize) -> Vec<Case> {
    let dice = &mut Dice::new(SEED);
    let mut cases = Vec::new();
    for (question, keyword) in QUESTIONS.iter().cycle().take(count) {
        cases.push(case("key word", format!("{question}?"), (*keyword).to_owned()));
        let id = sentences::member_id(dice, ", ");
        cases.push(case("member id", format!("the member I D is {id}."), id.clone()));
        let id = sentences::member_id(dice, ", ");
        let digits = id.split_once(", ").map_or("", |(_, digits)| digits).to_owned();
        cases.push(case("member id's digits", format!("the member I D is {id}."), digits));
        let value = sentences::birth_date(dice);
        cases.push(case("date of birth", value.clone(), value));
        let value = sentences::digits(dice, 6, ", ");
        let said = format!("i have the reference number {value}, is that correct?");
        cases.push(case("six digits read back", said, value));
        let value = sentences::dollars(dice);
        cases.push(case("amount read back", format!("i have {value}, is that correct?"), value));
    }
    cases
}

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(20), |count| count.parse())?;
    let models = tempfile::tempdir()?;
    measure(models.path(), Voice::Rms, sentences::far_end, &answers(count))?;
    measure(models.path(), Voice::Slt, sentences::agent_side, &questions(count))
}

fn measure(
    models: &std::path::Path,
    voice: Voice,
    sentence: fn(&mut Dice) -> String,
    cases: &[Case],
) -> Result<(), Box<dyn Error>> {
    let model = Model::build(models, &sentences::many(1, 15_000, sentence))?;
    let config = DecoderConfig::telephone(voice);
    let speaker = Synthesiser::open(voice)?;
    for fresh in [true, false] {
        let mut decoder = Decoder::open_with(&model, &config)?;
        let mut exact: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for case in cases {
            if fresh {
                decoder = Decoder::open_with(&model, &config)?;
            }
            decoder.start()?;
            for chunk in heard_over_the_line(&speaker.speak(&case.said)?, 200, 300).chunks(320) {
                decoder.process(chunk)?;
            }
            let heard = format!(" {} ", decoder.finish()?.text());
            let (right, all) = exact.entry(case.kind).or_default();
            *right += usize::from(heard.contains(&format!(" {} ", case.value)));
            *all += 1;
        }
        for (kind, (right, all)) in exact {
            let when = if fresh { "first utterance" } else { "later" };
            println!("{voice:?}, {when}: {kind}: {right} of {all}");
        }
    }
    Ok(())
}
