//! Question sets as their files have them, and the checks that make them usable.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Choice, Pattern, Question, QuestionSet, ReadBack, Shares, ValueKind};
use crate::problem::Findings;
use crate::slots::{Template, Token};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSet {
    title: String,
    reason: Vec<String>,
    #[serde(default)]
    shares: Shares,
    fields: Vec<RawQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    name: String,
    title: String,
    kind: RawKind,
    required: bool,
    read_back: ReadBack,
    ask: Vec<String>,
    read_back_phrase: String,
    heard: Vec<Pattern>,
    #[serde(default)]
    answers_with: Vec<String>,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    yes: Vec<String>,
    #[serde(default)]
    no: Vec<String>,
    #[serde(default)]
    zero: Vec<String>,
    #[serde(default)]
    full: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawKind {
    YesNo,
    Money,
    Percent,
    PlanShare,
    Frequency,
    Months,
    Date,
    Count,
    Choice,
    Name,
    Reference,
}

impl RawSet {
    /// Checks the set and gives it; `None` where a mistake was found.
    pub(crate) fn check(self, id: &str, findings: &mut Findings<'_>) -> Option<QuestionSet> {
        if self.title.trim().is_empty() {
            findings.add("title", "is empty");
        }
        if self.fields.is_empty() {
            findings.add("fields", "holds no question");
        }
        if self.fields.len() > usize::from(u16::MAX) {
            findings.add("fields", "holds more questions than a field id can count");
        }
        let reason = check_reason(&self.reason, findings);
        self.check_shares(findings);
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for field in &self.fields {
            *times.entry(field.name.as_str()).or_default() += 1;
        }
        for field in &self.fields {
            for other in &field.answers_with {
                if other == &field.name || !times.contains_key(other.as_str()) {
                    findings.add(
                        format!("fields.{}.answers_with", field.name),
                        format!("`{other}` is not another question of this set"),
                    );
                }
            }
        }
        for (name, count) in times {
            if count > 1 {
                findings.add(format!("fields.{name}"), "is there more than once");
            }
        }
        let count = self.fields.len();
        let fields: Vec<Question> =
            self.fields.into_iter().filter_map(|field| field.check(findings)).collect();
        let whole = fields.len() == count && count > 0;
        let (id, title, shares) = (id.to_owned(), self.title, self.shares);
        whole.then_some(QuestionSet { id, title, reason, shares, fields })
    }

    /// Shares without words for either side would all be taken for the plan's.
    fn check_shares(&self, findings: &mut Findings<'_>) {
        let asks = self.fields.iter().any(|field| field.kind == RawKind::PlanShare);
        for (key, phrases) in
            [("shares.plan", &self.shares.plan), ("shares.patient", &self.shares.patient)]
        {
            if asks == phrases.is_empty() {
                findings.add(key, "has to be there for a plan_share, and only for one");
            }
            for phrase in phrases {
                check_phrase(key, phrase, findings);
            }
        }
    }
}

fn check_reason(wordings: &[String], findings: &mut Findings<'_>) -> Vec<Template> {
    if wordings.is_empty() {
        findings.add("reason", "holds no way to say what the call is for");
    }
    let mut reason = Vec::new();
    for wording in wordings {
        match Template::parse(wording) {
            Ok(template) if template.tokens().next().is_some() => {
                findings.add("reason", "may hold no token");
            }
            Ok(template) => reason.push(template),
            Err(error) => findings.add("reason", error.to_string()),
        }
    }
    reason
}

impl RawQuestion {
    fn check(self, findings: &mut Findings<'_>) -> Option<Question> {
        let key = |part: &str| format!("fields.{}.{part}", self.name);
        if !is_name(&self.name) {
            findings.add(key("name"), "use lower-case letters, digits and underscores");
        }
        if self.ask.is_empty() {
            findings.add(key("ask"), "holds no way to ask");
        }
        for ask in &self.ask {
            match Template::parse(ask) {
                Ok(template) if template.tokens().next().is_some() => {
                    findings.add(key("ask"), "a question may hold no token");
                }
                Ok(_) => {}
                Err(error) => findings.add(key("ask"), error.to_string()),
            }
        }
        self.check_words(findings);
        let read_back_phrase = match Template::parse(&self.read_back_phrase) {
            Ok(template) if template.tokens().eq([Token::Heard]) => Some(template),
            Ok(_) => {
                findings
                    .add(key("read_back_phrase"), "has to hold {heard} once and no other token");
                None
            }
            Err(error) => {
                findings.add(key("read_back_phrase"), error.to_string());
                None
            }
        };
        Some(Question {
            kind: self.kind.with(self.choices),
            name: self.name,
            title: self.title,
            required: self.required,
            read_back: self.read_back,
            ask: self.ask,
            read_back_phrase: read_back_phrase?,
            heard: self.heard,
            answers_with: self.answers_with,
            yes: self.yes,
            no: self.no,
            zero: self.zero,
            full: self.full,
        })
    }

    fn check_words(&self, findings: &mut Findings<'_>) {
        let key = |part: &str| format!("fields.{}.{part}", self.name);
        if self.heard.is_empty() {
            findings.add(key("heard"), "holds no pattern, so no answer could be known");
        }
        for pattern in &self.heard {
            let bare = pattern.topic.is_empty() && pattern.near.is_empty();
            if bare && self.kind != RawKind::Choice {
                findings.add(key("heard"), "a pattern needs a topic or a near phrase");
            }
            if pattern.payer_share && self.kind != RawKind::Percent {
                findings.add(key("heard"), "payer_share is for percents only");
            }
            for phrase in pattern.topic.iter().chain(&pattern.near).chain(&pattern.without) {
                check_phrase(&key("heard"), phrase, findings);
            }
        }
        if (self.kind == RawKind::Choice) == self.choices.is_empty() {
            findings.add(key("choices"), "has to be there for a choice, and only for one");
        }
        for choice in &self.choices {
            if !is_name(&choice.value) {
                findings.add(key("choices"), "use lower-case letters, digits and underscores");
            }
            if choice.words.is_empty() {
                findings.add(key("choices"), format!("`{}` has no words", choice.value));
            }
            for phrase in &choice.words {
                check_phrase(&key("choices"), phrase, findings);
            }
        }
        if self.kind != RawKind::YesNo && !(self.yes.is_empty() && self.no.is_empty()) {
            findings.add(key("yes"), "yes and no phrases are for a yes_no question only");
        }
        let counts = match self.kind {
            RawKind::Money
            | RawKind::Percent
            | RawKind::PlanShare
            | RawKind::Months
            | RawKind::Count => true,
            RawKind::YesNo
            | RawKind::Frequency
            | RawKind::Date
            | RawKind::Choice
            | RawKind::Name
            | RawKind::Reference => false,
        };
        if !counts && !self.zero.is_empty() {
            findings.add(key("zero"), "zero phrases are for money, shares, months and counts only");
        }
        if self.kind != RawKind::PlanShare && !self.full.is_empty() {
            findings.add(key("full"), "full phrases are for a plan_share only");
        }
        for phrase in self.yes.iter().chain(&self.no).chain(&self.zero).chain(&self.full) {
            check_phrase(&key("yes, no, zero and full"), phrase, findings);
        }
    }
}

impl RawKind {
    fn with(self, choices: Vec<Choice>) -> ValueKind {
        match self {
            RawKind::YesNo => ValueKind::YesNo,
            RawKind::Money => ValueKind::Money,
            RawKind::Percent => ValueKind::Percent,
            RawKind::PlanShare => ValueKind::PlanShare,
            RawKind::Frequency => ValueKind::Frequency,
            RawKind::Months => ValueKind::Months,
            RawKind::Date => ValueKind::Date,
            RawKind::Count => ValueKind::Count,
            RawKind::Choice => ValueKind::Choice(choices),
            RawKind::Name => ValueKind::Name,
            RawKind::Reference => ValueKind::Reference,
        }
    }
}

/// Whether this may name a field or a choice in a result.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(plain)
}

/// A phrase that is matched with recognised words has to look like them.
fn check_phrase(key: &str, phrase: &str, findings: &mut Findings<'_>) {
    let plain = phrase.chars().all(|c| c.is_ascii_lowercase() || c == ' ' || c == '\'');
    if !plain || phrase.split_whitespace().next().is_none() {
        findings.add(
            key,
            format!("`{phrase}` has to be lower-case words as they are heard, letters apart"),
        );
    }
}
