//! What payers say: sentence templates from which the local recogniser's training corpus is drawn.
//!
//! A line is lower-case words with two kinds of gap. `{money}` is a value drawn at random, or an entry of one of the
//! file's own lists, e.g. `{department}`. `[please |]hold` is one of several wordings, the last of which may be
//! empty; wordings may hold gaps themselves. Letters that are named stand apart: "i d", "p p o".
//!
//! This module reads and checks the lines. The drawing is in [`crate::corpus`]. It is not a script: nothing here decides
//! what a simulated payer answers.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::problem::Findings;

/// The most sentences one group may ask for; a corpus of tens of thousands of sentences is all a domain model needs.
const GROUP_COUNT_MAX: u32 = 5_000;

/// The payers' sentences of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FarEnd {
    pub(crate) lists: BTreeMap<String, Vec<String>>,
    pub(crate) groups: Vec<Group>,
}

/// Sentences that serve one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) count: u32,
    pub(crate) lines: Vec<Line>,
}

/// A sentence with gaps.
pub(crate) type Line = Vec<Node>;

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Words as they stand.
    Words(String),
    /// A value drawn at random.
    Slot(Slot),
    /// An entry of a list of the file.
    List(String),
    /// One of several wordings.
    OneOf(Vec<Line>),
}

/// The values that can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// A date of birth.
    BirthDate,
    /// A small whole number of things.
    Count,
    /// A date with its year.
    Date,
    /// A number of days such as payers give for filing.
    Days,
    /// One digit: a key.
    Digit,
    /// One letter.
    Letter,
    /// A member id, read back.
    MemberId,
    /// Month and day.
    MonthDay,
    /// A number of months such as plans have for waiting and for frequencies.
    Months,
    /// An amount of dollars.
    Money,
    /// Ten digits of a provider identifier.
    Npi,
    /// A percentage, without the word "percent".
    Percent,
    /// The share that a dental plan pays of a class of services, without the word "percent".
    PlanPercent,
    /// A telephone number.
    Phone,
    /// Letters and digits of a reference number.
    Reference,
    /// A small amount of dollars such as a co-pay.
    SmallMoney,
    /// Nine digits of a tax id.
    TaxId,
    /// A year.
    Year,
    /// Five digits of a postal code.
    Zip,
}

impl Slot {
    const NAMED: [(&'static str, Slot); 19] = [
        ("birth_date", Slot::BirthDate),
        ("count", Slot::Count),
        ("date", Slot::Date),
        ("days", Slot::Days),
        ("digit", Slot::Digit),
        ("letter", Slot::Letter),
        ("member_id", Slot::MemberId),
        ("month_day", Slot::MonthDay),
        ("money", Slot::Money),
        ("months", Slot::Months),
        ("npi", Slot::Npi),
        ("percent", Slot::Percent),
        ("phone", Slot::Phone),
        ("plan_percent", Slot::PlanPercent),
        ("reference", Slot::Reference),
        ("small_money", Slot::SmallMoney),
        ("tax_id", Slot::TaxId),
        ("year", Slot::Year),
        ("zip", Slot::Zip),
    ];

    fn named(name: &str) -> Option<Slot> {
        Slot::NAMED.into_iter().find(|(each, _)| *each == name).map(|(_, slot)| slot)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFarEnd {
    lists: BTreeMap<String, Vec<String>>,
    groups: BTreeMap<String, RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    count: u32,
    lines: Vec<String>,
}

impl RawFarEnd {
    pub(crate) fn check(self, findings: &mut Findings<'_>) -> FarEnd {
        for (name, entries) in &self.lists {
            let key = format!("lists.{name}");
            if Slot::named(name).is_some() {
                findings.add(key.as_str(), "has the name of a value that is drawn");
            }
            if entries.is_empty() {
                findings.add(key.as_str(), "is empty");
            }
            for entry in entries {
                if !entry.chars().all(is_word_char) || entry.trim().is_empty() {
                    findings.add(key.as_str(), format!("`{entry}` has to be lower-case words"));
                }
            }
        }
        if self.groups.is_empty() {
            findings.add("groups", "holds no group of lines");
        }
        let groups = self.groups.into_iter().map(|(name, group)| {
            let key = format!("groups.{name}");
            if group.count == 0 || group.count > GROUP_COUNT_MAX {
                let range = format!("count has to be from 1 to {GROUP_COUNT_MAX}");
                findings.add(key.as_str(), range);
            }
            if group.lines.is_empty() {
                findings.add(key.as_str(), "holds no line");
            }
            let mut lines = Vec::new();
            for text in &group.lines {
                match parse_line(text, &self.lists) {
                    Ok(line) => lines.push(line),
                    Err(why) => findings.add(key.as_str(), format!("`{text}`: {why}")),
                }
            }
            Group { count: group.count, lines }
        });
        let groups = groups.collect();
        FarEnd { lists: self.lists, groups }
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_lowercase() || c == ' ' || c == '\''
}

/// Reads a line; the error says what is wrong with it.
fn parse_line(text: &str, lists: &BTreeMap<String, Vec<String>>) -> Result<Line, String> {
    if text.trim().is_empty() {
        return Err("the line is empty".to_owned());
    }
    let mut parser = Parser { chars: text.chars().peekable(), lists };
    let line = parser.sequence(0)?;
    match parser.chars.next() {
        None => Ok(line),
        Some(c) => Err(format!("`{c}` has no partner")),
    }
}

/// How deep wordings may stand within wordings.
const DEPTH_MAX: u8 = 3;

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    lists: &'a BTreeMap<String, Vec<String>>,
}

impl Parser<'_> {
    /// Reads up to the end of the text, or up to a `|` or `]` of the wordings around it.
    fn sequence(&mut self, depth: u8) -> Result<Line, String> {
        let mut line = Vec::new();
        let mut words = String::new();
        while let Some(&c) = self.chars.peek() {
            match c {
                '|' | ']' => break,
                '{' | '[' => {
                    let _ = self.chars.next();
                    flush(&mut words, &mut line);
                    line.push(if c == '{' { self.slot()? } else { self.one_of(depth)? });
                }
                c if is_word_char(c) => {
                    let _ = self.chars.next();
                    words.push(c);
                }
                c => {
                    return Err(format!("`{c}` is no lower-case letter: write words as said"));
                }
            }
        }
        flush(&mut words, &mut line);
        Ok(line)
    }

    fn slot(&mut self) -> Result<Node, String> {
        let mut name = String::new();
        for c in self.chars.by_ref() {
            if c == '}' {
                if let Some(slot) = Slot::named(&name) {
                    return Ok(Node::Slot(slot));
                }
                return match self.lists.contains_key(&name) {
                    true => Ok(Node::List(name)),
                    false => Err(format!("`{name}` is neither a value nor a list of this file")),
                };
            }
            name.push(c);
        }
        Err("a brace is not closed".to_owned())
    }

    fn one_of(&mut self, depth: u8) -> Result<Node, String> {
        if depth == DEPTH_MAX {
            return Err(format!("wordings stand more than {DEPTH_MAX} deep in one another"));
        }
        let mut wordings = vec![self.sequence(depth + 1)?];
        loop {
            match self.chars.next() {
                Some('|') => wordings.push(self.sequence(depth + 1)?),
                Some(']') if wordings.len() > 1 => return Ok(Node::OneOf(wordings)),
                Some(_) => return Err("brackets hold one wording only".to_owned()),
                None => return Err("a bracket is not closed".to_owned()),
            }
        }
    }
}

fn flush(words: &mut String, line: &mut Line) {
    if !words.is_empty() {
        line.push(Node::Words(std::mem::take(words)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> BTreeMap<String, Vec<String>> {
        BTreeMap::from([("department".to_owned(), vec!["claims".to_owned()])])
    }

    #[test]
    fn a_line_is_words_values_lists_and_wordings() {
        let line = parse_line("for {department} press {digit}[ now| or [hold|wait]|]", &lists());
        let line = line.unwrap();
        assert_eq!(line[0], Node::Words("for ".to_owned()));
        assert_eq!(line[1], Node::List("department".to_owned()));
        assert_eq!(line[3], Node::Slot(Slot::Digit));
        let Node::OneOf(wordings) = &line[4] else { panic!("no wordings: {line:?}") };
        assert_eq!(wordings.len(), 3);
        assert!(wordings[2].is_empty());
    }

    #[test]
    fn a_bad_line_is_refused_with_its_reason() {
        for (text, part) in [
            ("", "empty"),
            ("press {key}", "`key` is neither"),
            ("press {digit", "not closed"),
            ("press }", "`}`"),
            ("[a|b", "bracket is not closed"),
            ("[a]", "one wording only"),
            ("a | b", "no partner"),
            ("a ] b", "no partner"),
            ("Press one", "`P`"),
            ("press 1", "`1`"),
            ("[a|[b|[c|[d|e]]]]", "deep"),
        ] {
            let why = parse_line(text, &lists()).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
