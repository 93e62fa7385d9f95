//! What the tests of this crate share: the embedded pack and directory, and a call to hear sentences in.

use std::sync::LazyLock;

use callwright_compliance::Purpose;
use callwright_core::{Act, FieldId, Phase, Topic, Verdict};
use callwright_dialplan::menu::MenuMap;
use callwright_dialplan::payer::{Directory, PayerEntry};
use callwright_prompts::{Pack, QuestionSet};

use crate::value::{Date, Known, Value};
use crate::words::Utterance;
use crate::{Context, Understanding, understand};

pub(crate) static PACK: LazyLock<Pack> = LazyLock::new(|| Pack::embedded().unwrap());
static DIRECTORY: LazyLock<Directory> = LazyLock::new(|| Directory::embedded().unwrap());

pub(crate) fn questions() -> &'static QuestionSet {
    PACK.question_set("medical").unwrap()
}

pub(crate) fn dental() -> &'static QuestionSet {
    PACK.question_set("dental").unwrap()
}

pub(crate) fn payer() -> &'static PayerEntry {
    DIRECTORY.payers().find(|payer| payer.id.as_str() == "acme-health").unwrap()
}

fn menu() -> &'static MenuMap {
    DIRECTORY.menu(&payer().lines.first().unwrap().menu).unwrap()
}

pub(crate) fn field(name: &str) -> Topic {
    field_of(questions(), name)
}

fn field_of(questions: &QuestionSet, name: &str) -> Topic {
    let (place, _) = questions.by_name(name).unwrap_or_else(|| panic!("no question {name}"));
    Topic::Field(FieldId(u16::try_from(place).unwrap()))
}

/// A topic by its name in tables: a question's, `name` or `reference`.
pub(crate) fn topic(name: &str) -> Topic {
    topic_of(questions(), name)
}

/// A topic of this set by its name in tables.
pub(crate) fn topic_of(questions: &QuestionSet, name: &str) -> Topic {
    match name {
        "name" => Topic::Name,
        "reference" => Topic::Reference,
        name => field_of(questions, name),
    }
}

/// A moment of a call.
pub(crate) struct Moment {
    pub(crate) questions: &'static QuestionSet,
    pub(crate) phase: Phase,
    pub(crate) asked: Option<Topic>,
    pub(crate) read_back: Option<(Topic, Value)>,
    pub(crate) known: Known,
}

impl Moment {
    pub(crate) fn with(phase: Phase) -> Moment {
        Moment { questions: questions(), phase, asked: None, read_back: None, known: Known::new() }
    }

    /// A person who was asked for this topic; an empty name is none.
    pub(crate) fn asked(name: &str) -> Moment {
        let asked = (!name.is_empty()).then(|| topic(name));
        Moment { asked, ..Moment::with(Phase::Person) }
    }

    /// A person at a dental payer who was asked for this topic; an empty name is none.
    pub(crate) fn asked_dental(name: &str) -> Moment {
        let asked = (!name.is_empty()).then(|| topic_of(dental(), name));
        Moment { questions: dental(), asked, ..Moment::with(Phase::Person) }
    }

    pub(crate) fn reading_back(name: &str, value: Value) -> Moment {
        Moment { read_back: Some((topic(name), value)), ..Moment::with(Phase::Person) }
    }

    pub(crate) fn hear(&self, text: &str) -> Understanding {
        self.hear_words(&Utterance::from_text(text, 300))
    }

    pub(crate) fn hear_words(&self, utterance: &Utterance) -> Understanding {
        let ctx = Context {
            phase: self.phase,
            payer: payer(),
            menu: menu(),
            questions: self.questions,
            asked: self.asked,
            read_back: self.read_back.as_ref().map(|(topic, value)| (*topic, value)),
            known: &self.known,
            today: Date::new(2026, 11, 22).unwrap(),
        };
        understand(&utterance.words(), &ctx)
    }

    pub(crate) fn acts(&self, text: &str) -> Vec<Act> {
        self.hear(text).acts
    }
}

/// The values of an understanding as "field=canonical", with "?" after an unsure one and "!" for a refusal.
pub(crate) fn shown(heard: &Understanding) -> Vec<String> {
    shown_of(questions(), heard)
}

/// As [`shown`], of this set.
pub(crate) fn shown_of(questions: &QuestionSet, heard: &Understanding) -> Vec<String> {
    heard
        .found
        .iter()
        .map(|found| {
            let name = match found.extracted.topic {
                Topic::Field(FieldId(place)) => questions.fields[usize::from(place)].name.clone(),
                Topic::Name => "name".to_owned(),
                Topic::Reference => "reference".to_owned(),
            };
            let mark = match found.extracted.verdict {
                Verdict::Clear => "",
                Verdict::Unsure => "?",
                Verdict::Refused => "!",
            };
            let value = found
                .value
                .as_ref()
                .map(|value| format!("={}", value.canonical().expose(Purpose::Compare)));
            format!("{name}{}{mark}", value.unwrap_or_default())
        })
        .collect()
}
