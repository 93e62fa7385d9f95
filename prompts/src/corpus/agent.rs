//! What the agent says: questions, phrases and clips with random values, said the agent's one way.

use super::{plain, values};
use callwright_compliance::CallClass;
use callwright_compliance::permit::Notice;

use crate::clip::{Business, ClipName};
use crate::notice::Places;
use crate::pack::Pack;
use crate::phrase::PhraseName;
use crate::question::{Question, ValueKind};
use crate::rng::SplitMix64;
use crate::slots::{Template, Token};
use crate::spoken;

/// How often each wording of a question is drawn, alone and after a short word: questions are the bulk of a call.
const ASKED: usize = 40;
/// How often a sentence without a value is drawn: often enough that a short one is not taken for letters.
const FIXED: usize = 50;
/// How often a sentence with a value is drawn: identifiers need every letter and digit in every place.
const WITH_VALUE: usize = 160;
/// How often a read-back of a question is drawn.
const READ_BACK: usize = 60;
/// How often a clip is drawn.
const CLIP: usize = 25;

/// Words said before a question or an answer in the same breath.
const LEADS: [PhraseName; 4] = [
    PhraseName::Thank,
    PhraseName::Acknowledge,
    PhraseName::RepeatLead,
    PhraseName::NoteNotAvailable,
];

pub(crate) fn sentences(pack: &Pack, rng: &mut SplitMix64) -> Vec<String> {
    let mut out = Vec::new();
    for set in pack.sets() {
        for reason in &set.reason {
            for _ in 0..FIXED {
                out.push(plain(&reason.to_string()));
                out.push(led(pack, &reason.to_string(), rng));
            }
        }
        for question in &set.fields {
            ask(pack, question, rng, &mut out);
        }
    }
    for name in PhraseName::all() {
        for template in pack.phrases(name) {
            let times = if name.token().is_some() { WITH_VALUE } else { FIXED };
            for _ in 0..times {
                let said = said(name, template, pack, rng);
                // Half of the time the sentence follows a word of thanks, as it does in a turn.
                out.push(plain(&said));
                if rng.below(2) == 0 {
                    out.push(led(pack, &said, rng));
                }
            }
        }
    }
    let recorded = Notice::RecordedAndTranscribed;
    let notice = pack.notices().choose(CallClass::Payer, Places::Unknown, recorded);
    for name in ClipName::ALL {
        for _ in 0..CLIP {
            let registered_name = sample(Token::Business, pack, rng);
            let business = Business {
                registered_name: &registered_name,
                callback_spoken: &value(Token::CallbackNumber, pack, rng),
            };
            out.push(plain(&pack.clip_text(notice, name, &business)));
        }
    }
    out
}

fn ask(pack: &Pack, question: &Question, rng: &mut SplitMix64, out: &mut Vec<String>) {
    for wording in &question.ask {
        for _ in 0..ASKED {
            out.push(plain(wording));
            out.push(led(pack, wording, rng));
        }
    }
    for _ in 0..READ_BACK {
        let said = question.read_back_phrase.render(|_| Some(answer(&question.kind, pack, rng)));
        out.push(plain(&said.unwrap_or_default()));
    }
}

/// A sentence after a short word.
fn led(pack: &Pack, said: &str, rng: &mut SplitMix64) -> String {
    let lead = rng.pick(&LEADS).and_then(|name| rng.pick(pack.phrases(*name)));
    plain(&format!("{} {said}", lead.map(ToString::to_string).unwrap_or_default()))
}

fn said(name: PhraseName, template: &Template, pack: &Pack, rng: &mut SplitMix64) -> String {
    // What is heard and read back is a name in one phrase and an identifier in the other. Every token has a value here,
    // so the sentence is never half filled in.
    let words = template.render(|token| {
        let name_is_heard = name == PhraseName::ReadBackName;
        Some(if name_is_heard { sample(token, pack, rng) } else { value(token, pack, rng) })
    });
    words.unwrap_or_default()
}

/// A value of this sort, as the agent says it.
fn value(token: Token, pack: &Pack, rng: &mut SplitMix64) -> String {
    match token {
        Token::CallbackNumber => spoken::phone(&values::figures(rng, 10)),
        Token::DateOfService => {
            let (y, m, d) = values::day(rng, 2_015, 2_029);
            spoken::date(y, m, d).unwrap_or_default()
        }
        Token::GroupNumber => spoken::digits(&values::figures(rng, 6)),
        Token::Heard | Token::HeardEarlier(..) => identifier(rng, 4, 10),
        Token::MemberId => identifier(rng, 6, 11),
        Token::Npi => spoken::npi(&values::figures(rng, 10)),
        Token::PatientDateOfBirth => {
            let (y, m, d) = values::day(rng, 1_930, 2_025);
            spoken::date(y, m, d).unwrap_or_default()
        }
        Token::TaxId => spoken::tax_id(&values::figures(rng, 9)),
        Token::Business
        | Token::CallerName
        | Token::PatientName
        | Token::ProviderAddress
        | Token::ProviderName
        | Token::Relationship => sample(token, pack, rng),
    }
}

fn sample(token: Token, pack: &Pack, rng: &mut SplitMix64) -> String {
    rng.pick(pack.samples(token)).cloned().unwrap_or_default()
}

/// Up to three letters and some digits.
fn identifier(rng: &mut SplitMix64, digits_min: u32, digits_max: u32) -> String {
    let letters = rng.below(4);
    let mut id: String = (0..letters).map(|_| values::letter(rng)).collect();
    let digits = rng.between(digits_min, digits_max);
    id.push_str(&values::figures(rng, digits));
    spoken::letters_digits(&id)
}

/// A value of this kind, as the agent reads it back.
fn answer(kind: &ValueKind, pack: &Pack, rng: &mut SplitMix64) -> String {
    match kind {
        ValueKind::YesNo => (if rng.below(2) == 0 { "yes" } else { "no" }).to_owned(),
        ValueKind::Money => spoken::money(values::cents(rng)),
        ValueKind::Percent | ValueKind::PlanShare => {
            spoken::percent(u8::try_from(rng.below(21) * 5).unwrap_or(0))
        }
        ValueKind::Frequency => {
            let (count, every) = values::frequency(rng);
            spoken::frequency(count, every)
        }
        ValueKind::Months => spoken::months(values::months(rng)),
        ValueKind::Date => {
            let (y, m, d) = values::day(rng, 2_005, 2_029);
            spoken::date(y, m, d).unwrap_or_default()
        }
        ValueKind::Count => spoken::count(rng.between(1, 60)),
        ValueKind::Choice(choices) => {
            rng.pick(choices).map(|choice| choice.spoken().to_owned()).unwrap_or_default()
        }
        ValueKind::Name => sample(Token::Heard, pack, rng),
        ValueKind::Reference => identifier(rng, 4, 10),
    }
}
