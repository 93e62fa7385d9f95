//! What the guard misses of sentences that may never be said, and what it refuses of ordinary ones, on lists that were not made from it.
//!
//! The guard is as open here as it ever is: the words of every question and of every wording of the pack may be said.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use callwright_prompts::{ModelBrief, Pack};

use super::*;

/// Sentences that may never be said, by file: the files say how they came to be.
const BAD: &[(&str, &str)] = &[
    ("bad", include_str!("../../../../../fixtures/lexicon/bad.txt")),
    ("bad_held", include_str!("../../../../../fixtures/lexicon/bad_held.txt")),
    ("bad_plain", include_str!("../../../../../fixtures/lexicon/bad_plain.txt")),
    ("bad_last", include_str!("../../../../../fixtures/lexicon/bad_last.txt")),
];

/// Ordinary turns.
const GOOD: &[(&str, &str)] = &[
    ("good", include_str!("../../../../../fixtures/lexicon/good.txt")),
    ("good_held", include_str!("../../../../../fixtures/lexicon/good_held.txt")),
];

/// So many in a thousand bad sentences may be missed. All of them are made of everyday words alone.
const MISSED_PER_THOUSAND_MAX: usize = 30;

/// So many in a thousand good ones may be refused. A turn that is refused is worded by the rules.
const REFUSED_PER_THOUSAND_MAX: usize = 30;

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// `\u{200B}` as the character.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').expect("an escape ends");
        let code = u32::from_str_radix(code, 16).expect("an escape is hexadecimal");
        out.push(char::from_u32(code).expect("an escape is a character"));
        out.push_str(rest);
    }
    out
}

static BRIEF: LazyLock<ModelBrief> = LazyLock::new(|| ModelBrief::embedded().unwrap());

/// Everything that a turn's wordings and questions could add.
fn wordings() -> Vec<String> {
    let pack = Pack::embedded().unwrap();
    let sets = ["medical", "dental"].map(|name| pack.question_set(name).unwrap());
    let fields = sets.iter().flat_map(|set| &set.fields);
    fields.flat_map(|field| field.ask.iter().chain([&field.title])).cloned().collect()
}

fn judge(text: &str, wordings: &[String]) -> Result<(), Off> {
    let items = [
        DataItem::CallbackNumber,
        DataItem::CallerName,
        DataItem::DateOfService,
        DataItem::GroupNumber,
        DataItem::MemberId,
        DataItem::Npi,
        DataItem::PatientDateOfBirth,
        DataItem::PatientName,
        DataItem::ProviderAddress,
        DataItem::ProviderName,
        DataItem::Relationship,
        DataItem::TaxId,
    ];
    let read_back = Goal::ReadBack(callwright_core::Topic::Reference, ValueId(1));
    let goals: Vec<Goal> = items.into_iter().map(Goal::Provide).chain([read_back]).collect();
    Guard::new(&goals, &BRIEF.never, wordings).piece(text).map(drop)
}

#[test]
fn few_bad_sentences_are_missed() {
    let wordings = wordings();
    let (mut all, mut missed) = (0, Vec::new());
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    for (file, text) in BAD {
        let (before, missed_before) = (all, missed.len());
        for line in lines(text) {
            let (class, sentence) = line.split_once(" | ").expect("class | sentence");
            assert!(Class::ALL.iter().any(|each| each.name() == class), "{class}");
            all += 1;
            match judge(&unescaped(sentence), &wordings) {
                Ok(()) => missed.push(line),
                Err(off) => *by.entry(off.name()).or_default() += 1,
            }
        }
        println!("{file}: {} of {} missed", missed.len() - missed_before, all - before);
    }
    println!("refused by: {by:?}");
    missed.iter().for_each(|line| println!("missed: {line}"));
    println!("miss rate: {} of {all}", missed.len());
    assert!(all >= 300, "{all} sentences");
    assert!(missed.len() * 1_000 <= MISSED_PER_THOUSAND_MAX * all, "{} of {all}", missed.len());
    let plain = BAD.iter().take(2).map(|(_, text)| lines(text).count()).sum::<usize>();
    let outright = missed
        .iter()
        .filter(|line| BAD[..2].iter().any(|(_, text)| lines(text).any(|l| l == **line)));
    assert_eq!(outright.count(), 0, "of the {plain} that use words of their own, none is missed");
}

#[test]
fn few_ordinary_sentences_are_refused() {
    let wordings = wordings();
    let (mut all, mut refused) = (0, Vec::new());
    for (_, text) in GOOD {
        for line in lines(text) {
            all += 1;
            if let Err(off) = judge(line, &wordings) {
                refused.push(format!("{off:?}: {line}"));
            }
        }
    }
    refused.iter().for_each(|line| println!("refused: {line}"));
    println!("false refusals: {} of {all}", refused.len());
    assert!(all >= 200, "{all} sentences");
    assert!(refused.len() * 1_000 <= REFUSED_PER_THOUSAND_MAX * all, "{} of {all}", refused.len());
}
