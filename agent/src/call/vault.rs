//! The per-call vault: every word and value of one call, by the numbers that the core speaks in.
//!
//! Who the patient is, what was said by either side, and what was learnt live here and nowhere else in the process, as `Phi` or in
//! types that wipe themselves. A value leaves by [`Vault::render`] (to be spoken), [`Vault::keys`] (to be keyed) or
//! [`Vault::win`] (into the result), each of which says what for. The vault decides nothing: the gate does.

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::egress::FieldSet;
use callwright_compliance::{Phi, PhiString, Purpose};
use callwright_core::{DataItem, SegmentId, Topic, TurnId, UtteranceId, ValueId};
use callwright_dialplan::menu::StepAct;
use callwright_prompts::question::ValueKind;
use callwright_prompts::{Question, QuestionSet, Token, spoken};
use callwright_understanding::{Found, Known, Segment, Span, Utterance, Value};

use super::translate;

/// Where a value was heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The utterance.
    pub utterance: UtteranceId,
    /// The stretch of far-end audio.
    pub span: Span,
}

/// A value that was heard, with its evidence.
struct HeardValue {
    value: Value,
    evidence: Evidence,
}

/// A piece of a turn, waiting to be spoken.
struct Piece {
    turn: TurnId,
    segment: Segment,
}

/// A field that the call has won.
pub struct Won {
    /// The value in its canonical form.
    pub value: PhiString,
    /// Where it was heard.
    pub evidence: Evidence,
    /// Whether it was read back and confirmed.
    pub read_back: bool,
}

/// See the module.
pub struct Vault {
    items: BTreeMap<DataItem, PhiString>,
    utterances: BTreeMap<UtteranceId, Utterance>,
    values: Vec<HeardValue>,
    known: Known,
    won: BTreeMap<Topic, Won>,
    /// Answered by an earlier call; the values are not here.
    before: BTreeSet<Topic>,
    pieces: BTreeMap<SegmentId, Piece>,
    /// The words that tokens of the covered conversation stand for, by number.
    covered: BTreeMap<u32, PhiString>,
}

impl Vault {
    /// The vault of a call about these items, where an earlier call answered some topics.
    #[must_use]
    pub fn new(items: BTreeMap<DataItem, PhiString>, before: BTreeSet<Topic>) -> Vault {
        Vault {
            before,
            items,
            utterances: BTreeMap::new(),
            values: Vec::new(),
            known: Known::new(),
            won: BTreeMap::new(),
            pieces: BTreeMap::new(),
            covered: BTreeMap::new(),
        }
    }

    /// Which items can be given when they are asked for.
    pub fn items(&self) -> impl Iterator<Item = DataItem> + '_ {
        self.items.keys().copied()
    }

    /// The items and their values.
    pub(crate) fn values(&self) -> &BTreeMap<DataItem, PhiString> {
        &self.items
    }

    /// Keeps the words that a token of the covered conversation stands for, so that the token can be spoken.
    pub(crate) fn keep_covered(&mut self, token: Token, words: PhiString) {
        if let Token::HeardEarlier(_, number) = token {
            self.covered.insert(number, words);
        }
    }

    /// What the call holds, for understanding.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The topics that are answered: all that a model may know of the answers.
    #[must_use]
    pub fn answered(&self) -> BTreeSet<Topic> {
        self.won.keys().chain(&self.before).copied().collect()
    }

    /// What was won, by topic.
    pub fn won(&self) -> impl Iterator<Item = (Topic, &Won)> {
        self.won.iter().map(|(topic, won)| (*topic, won))
    }

    /// Every utterance, oldest first.
    pub fn utterances(&self) -> impl Iterator<Item = (UtteranceId, &Utterance)> {
        self.utterances.iter().map(|(id, words)| (*id, words))
    }

    /// Keeps the words of an utterance.
    pub fn keep_words(&mut self, id: UtteranceId, words: Utterance) {
        self.utterances.insert(id, words);
    }

    /// The words of an utterance.
    #[must_use]
    pub fn words(&self, id: UtteranceId) -> Option<&Utterance> {
        self.utterances.get(&id)
    }

    /// A value that was won does not stand any more.
    pub fn lose(&mut self, topic: Topic) {
        self.won.remove(&topic);
        self.known.remove(topic);
    }

    /// Deletes the words of every utterance that was heard from `from_ms` on: somebody objected to their being kept.
    pub fn forget_words_from(&mut self, from_ms: u32) {
        self.utterances.retain(|_, words| begins(words) < from_ms);
    }

    /// Deletes the words of every utterance that was heard from `from_ms` on and before `until_ms`: they waited too long for a disclosure.
    pub fn forget_words_between(&mut self, from_ms: u32, until_ms: u32) {
        self.utterances.retain(|_, words| !(from_ms..until_ms).contains(&begins(words)));
    }

    /// Deletes everything that was heard from `from` on, values too: the people who said it were never told that a machine listens.
    pub fn forget_from(&mut self, from_ms: u32) {
        self.forget_words_from(from_ms);
        self.won.retain(|_, won| won.evidence.span.from_ms < from_ms);
        self.values.retain(|heard| heard.evidence.span.from_ms < from_ms);
        self.known = Known::new();
    }

    /// Keeps a value that was found; `None` where the far end said that there is none.
    pub fn keep_value(&mut self, utterance: UtteranceId, found: &Found) -> Option<ValueId> {
        let value = found.value.clone()?;
        self.values.push(HeardValue { value, evidence: Evidence { utterance, span: found.span } });
        u32::try_from(self.values.len()).ok().map(ValueId)
    }

    /// A value that was heard.
    #[must_use]
    pub fn value(&self, id: ValueId) -> Option<&Value> {
        self.heard(id).map(|heard| &heard.value)
    }

    fn heard(&self, id: ValueId) -> Option<&HeardValue> {
        self.values.get(usize::try_from(id.0.checked_sub(1)?).ok()?)
    }

    /// The core accepts a value for a topic.
    pub fn win(&mut self, topic: Topic, id: ValueId, read_back: bool) {
        let Some(heard) = self.heard(id) else { return };
        let won = Won { value: heard.value.canonical(), evidence: heard.evidence, read_back };
        self.known.insert(topic, heard.value.clone());
        self.won.insert(topic, won);
    }

    /// Keeps a piece of a turn until it is spoken.
    pub fn keep_piece(&mut self, turn: TurnId, id: SegmentId, segment: Segment) {
        self.pieces.insert(id, Piece { turn, segment });
    }

    /// The turn that a piece belongs to.
    #[must_use]
    pub fn turn_of(&self, id: SegmentId) -> Option<TurnId> {
        self.pieces.get(&id).map(|piece| piece.turn)
    }

    /// The words of a piece with its tokens unfilled: what may be shown, and what a model may see.
    #[must_use]
    pub fn template(&self, id: SegmentId) -> Option<String> {
        self.pieces.get(&id).map(|piece| piece.segment.template.to_string())
    }

    /// The fields whose values a piece gives away.
    #[must_use]
    pub fn carries(&self, id: SegmentId) -> FieldSet {
        self.pieces.get(&id).map_or(FieldSet::EMPTY, |piece| {
            let items = translate::fields(piece.segment.carries.iter().copied());
            items.union(piece.segment.template.carries())
        })
    }

    /// The words of a piece, filled in, to be spoken. `None` where a value that it names is not to be had.
    #[must_use]
    pub fn render(&self, id: SegmentId, questions: &QuestionSet) -> Option<PhiString> {
        let segment = &self.pieces.get(&id)?.segment;
        let words = segment.template.render(|token| self.spoken(token, segment.heard, questions));
        words.ok().map(Phi::new)
    }

    fn spoken(
        &self,
        token: Token,
        heard: Option<ValueId>,
        questions: &QuestionSet,
    ) -> Option<String> {
        let Some(item) = translate::item(token) else {
            if let Token::HeardEarlier(_, number) = token {
                return self.covered.get(&number).map(|words| words.expose(Purpose::Speak).clone());
            }
            return self.heard(heard?).map(|heard| value_spoken(&heard.value, questions));
        };
        let text = self.items.get(&item)?.expose(Purpose::Speak);
        Some(match item {
            DataItem::CallbackNumber => spoken::phone(text),
            DataItem::Npi => spoken::npi(text),
            DataItem::TaxId => spoken::tax_id(text),
            DataItem::MemberId | DataItem::GroupNumber => spoken::letters_digits(text),
            DataItem::PatientDateOfBirth | DataItem::DateOfService => date_spoken(text)?,
            DataItem::CallerName
            | DataItem::PatientName
            | DataItem::ProviderAddress
            | DataItem::ProviderName
            | DataItem::ReasonForCall
            | DataItem::Relationship => text.clone(),
            // No sentence says one (rule V2).
            DataItem::Ssn => return None,
        })
    }

    /// The keys that a menu step wants, and the fields whose values they are. `None` where it wants none, or a value that is not there.
    #[must_use]
    pub fn keys(&self, act: &StepAct) -> Option<(Phi<String>, FieldSet)> {
        match act {
            StepAct::Press(keys) => Some((Phi::new(keys.as_str().to_owned()), FieldSet::EMPTY)),
            StepAct::Key { item, terminator } => {
                let text = self.items.get(&translate::key_item(*item))?.expose(Purpose::Key);
                let mut keys = keyed(translate::key_item(*item), text)?;
                if let Some(terminator) = terminator {
                    keys.push_str(terminator.as_str());
                }
                let mut carries = FieldSet::EMPTY;
                carries.insert(item.field());
                Some((Phi::new(keys), carries))
            }
            StepAct::Say(_) | StepAct::Wait | StepAct::ExpectHold => None,
        }
    }
}

/// Where an utterance begins. One without words begins nowhere.
fn begins(words: &Utterance) -> u32 {
    words.words().words.first().map_or(u32::MAX, |word| word.from_ms)
}

/// An item in the form that menus take: digits only, a birth date as MMDDYYYY, a number without its country code.
fn keyed(item: DataItem, text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match item {
        DataItem::PatientDateOfBirth => {
            let (year, rest) = digits.split_at_checked(4)?;
            (rest.len() == 4).then(|| format!("{rest}{year}"))
        }
        DataItem::CallbackNumber => digits.strip_prefix('1').map(str::to_owned),
        DataItem::MemberId | DataItem::Npi | DataItem::TaxId => {
            (!digits.is_empty()).then_some(digits)
        }
        // No menu map asks for these: `KeyItem` has no name for them.
        DataItem::CallerName
        | DataItem::DateOfService
        | DataItem::GroupNumber
        | DataItem::PatientName
        | DataItem::ProviderAddress
        | DataItem::ProviderName
        | DataItem::ReasonForCall
        | DataItem::Relationship
        | DataItem::Ssn => None,
    }
}

/// `YYYY-MM-DD` in words.
fn date_spoken(text: &str) -> Option<String> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    spoken::date(year, month, day)
}

fn value_spoken(value: &Value, questions: &QuestionSet) -> String {
    match value {
        Value::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Money { cents } => spoken::money(*cents),
        Value::Percent(percent) | Value::PlanShare(percent) => spoken::percent(*percent),
        Value::Frequency(often) => spoken::frequency(often.times, often.every),
        Value::Months(months) => spoken::months(*months),
        Value::Count(count) => spoken::count(*count),
        Value::Date(date) => {
            let year = i16::try_from(date.year()).unwrap_or(i16::MAX);
            spoken::date(year, date.month(), date.day()).unwrap_or_default()
        }
        Value::Choice(name) => choice_spoken(name, questions),
        Value::Name(name) => name.clone(),
        Value::Reference(text) => spoken::letters_digits(text),
    }
}

/// A choice as people say it.
fn choice_spoken(name: &str, questions: &QuestionSet) -> String {
    let kinds = questions.fields.iter().map(|question: &Question| &question.kind);
    let choices =
        kinds.filter_map(
            |kind| {
                if let ValueKind::Choice(choices) = kind { Some(choices) } else { None }
            },
        );
    choices
        .flatten()
        .find(|choice| choice.value == name)
        .map_or_else(|| name.to_owned(), |choice| choice.spoken().to_owned())
}

#[cfg(test)]
mod tests {
    use callwright_core::{Extracted, FieldId, Verdict};
    use callwright_dialplan::menu::{KeyItem, Keys};
    use callwright_prompts::{Pack, Template};
    use callwright_understanding::Word;

    use super::*;

    fn vault() -> Vault {
        let phi = |text: &str| Phi::new(text.to_owned());
        Vault::new(
            BTreeMap::from([
                (DataItem::MemberId, phi("W47291835")),
                (DataItem::PatientDateOfBirth, phi("1985-04-12")),
                (DataItem::CallbackNumber, phi("+16142000134")),
                (DataItem::Npi, phi("1234567893")),
            ]),
            BTreeSet::new(),
        )
    }

    fn questions() -> QuestionSet {
        Pack::embedded().unwrap().question_set("medical").unwrap().clone()
    }

    fn keep(vault: &mut Vault, text: &str, carries: Vec<DataItem>, heard: Option<ValueId>) {
        let template = Template::parse(text).unwrap();
        vault.keep_piece(TurnId(1), SegmentId(1), Segment { template, carries, heard });
    }

    fn hear(vault: &mut Vault, from_ms: u32, topic: Topic, value: Value) -> ValueId {
        let found = Found {
            extracted: Extracted { topic, verdict: Verdict::Clear },
            value: Some(value),
            span: Span { from_ms, to_ms: from_ms + 80, confidence: 0.9 },
        };
        vault.keep_value(UtteranceId(from_ms), &found).unwrap()
    }

    #[test]
    fn tokens_become_words_that_can_be_followed() {
        let mut vault = vault();
        keep(&mut vault, "The member I D is {member_id}.", vec![DataItem::MemberId], None);
        let words = vault.render(SegmentId(1), &questions()).unwrap();
        let words = words.expose(Purpose::Speak);
        assert!(words.contains("W as in whiskey"), "{words}");
        assert!(words.contains("eight, three, five"), "{words}");
        assert!(vault.carries(SegmentId(1)).contains(callwright_compliance::Field::MemberId));
        assert_eq!(vault.template(SegmentId(1)).unwrap(), "The member I D is {member_id}.");
    }

    #[test]
    fn a_value_that_is_not_there_is_not_made_up() {
        let mut vault = vault();
        keep(&mut vault, "The group number is {group_number}.", vec![], None);
        assert!(vault.render(SegmentId(1), &questions()).is_none());
        keep(&mut vault, "I have {heard}.", vec![], Some(ValueId(7)));
        assert!(vault.render(SegmentId(1), &questions()).is_none());
    }

    #[test]
    fn a_read_back_says_what_was_heard() {
        let mut vault = vault();
        let id = hear(&mut vault, 3, Topic::Reference, Value::Reference("749025".to_owned()));
        keep(&mut vault, "I have {heard}.", vec![], Some(id));
        let words = vault.render(SegmentId(1), &questions()).unwrap();
        assert_eq!(words.expose(Purpose::Speak), "I have seven, four, nine, zero, two, five.");
    }

    #[test]
    fn keys_are_in_the_form_that_menus_take() {
        let vault = vault();
        let hash = Some(Keys::new("#").unwrap());
        for (item, keys) in [
            (KeyItem::Npi, "1234567893#"),
            (KeyItem::PatientDateOfBirth, "04121985#"),
            (KeyItem::CallbackNumber, "6142000134#"),
            (KeyItem::MemberId, "47291835#"),
        ] {
            let act = StepAct::Key { item, terminator: hash.clone() };
            let (typed, carries) = vault.keys(&act).unwrap();
            assert_eq!(typed.expose(Purpose::Key), keys);
            assert!(carries.contains(item.field()));
        }
        let missing = StepAct::Key { item: KeyItem::TaxId, terminator: None };
        assert!(vault.keys(&missing).is_none());
    }

    #[test]
    fn what_was_heard_from_people_who_were_never_told_is_forgotten() {
        let mut vault = vault();
        let plan = Topic::Field(FieldId(2));
        let early = hear(&mut vault, 10, plan, Value::Choice("ppo".to_owned()));
        let late = hear(&mut vault, 900, Topic::Name, Value::Name("Jessica".to_owned()));
        let word = |from_ms| {
            let text = "word".to_owned();
            Utterance::new(vec![Word { text, from_ms, to_ms: from_ms + 90, confidence: 1.0 }])
        };
        vault.keep_words(UtteranceId(1), word(10));
        vault.keep_words(UtteranceId(4), word(900));
        vault.win(plan, early, false);
        vault.win(Topic::Name, late, false);
        vault.forget_words_between(11, 900);
        assert_eq!(vault.utterances().count(), 2, "neither waited too long");
        vault.forget_from(800);
        assert_eq!(vault.won().map(|(topic, _)| topic).collect::<Vec<_>>(), [plan]);
        assert_eq!(vault.utterances().count(), 1);
        vault.forget_words_between(10, 11);
        assert_eq!(vault.utterances().count(), 0);
    }
}
