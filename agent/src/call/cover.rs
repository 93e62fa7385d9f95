//! Covers what identifies a person in words that are to be shown: numbers of three digits and more, dates, and names.
//!
//! Money, percent and counts stay: they do not say whose they are. It covers for showing on a screen only; it is not what keeps
//! identifiers from vendors.

use std::collections::BTreeSet;

/// What stands in the place of a covered word.
pub(crate) const COVER: &str = "•••";

const DIGITS: &[&str] =
    &["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Words that may follow a month in a date.
const DATE_TAIL: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "and",
];

/// Covers words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cover {
    names: BTreeSet<String>,
}

impl Cover {
    /// Also covers each word of `text`, such as a patient's name.
    pub(crate) fn name(&mut self, text: &str) {
        self.names.extend(text.split_whitespace().map(plain).filter(|w| w.len() > 1));
    }

    /// The words with what identifies covered.
    pub(crate) fn cover<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> String {
        let words: Vec<&str> = words.into_iter().collect();
        let plains: Vec<String> = words.iter().map(|word| plain(word)).collect();
        let mut covered = vec![false; words.len()];
        let mut at = 0;
        while at < words.len() {
            let run = digit_run(&plains, at);
            let date = date_run(&plains, at);
            if run >= 3 {
                covered[at..at + run].fill(true);
                at += run;
            } else if date > 1 {
                covered[at..at + date].fill(true);
                at += date;
            } else {
                covered[at] = self.names.contains(&plains[at]) || long_number(&plains[at]);
                at += 1;
            }
        }
        let mut out: Vec<&str> = Vec::new();
        for (word, covered) in words.iter().zip(covered) {
            if !covered {
                out.push(word);
            } else if out.last() != Some(&COVER) {
                out.push(COVER);
            }
        }
        out.join(" ")
    }
}

fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// How many digits or single letters follow one another from `at` on, with at least one digit among them.
fn digit_run(words: &[String], at: usize) -> usize {
    let is_digit = |w: &String| DIGITS.contains(&w.as_str());
    let run = words[at..].iter().take_while(|w| is_digit(w) || w.len() == 1).count();
    if words[at..at + run].iter().filter(|w| is_digit(w)).count() >= 2 { run } else { 0 }
}

/// How many words from `at` on are a date that begins with a month.
fn date_run(words: &[String], at: usize) -> usize {
    if !MONTHS.contains(&words[at].as_str()) {
        return 0;
    }
    let tail = words[at + 1..].iter().take_while(|w| {
        DATE_TAIL.contains(&w.as_str())
            || DIGITS.contains(&w.as_str())
            || w.chars().all(|c| c.is_ascii_digit()) && !w.is_empty()
    });
    1 + tail.count()
}

fn long_number(word: &str) -> bool {
    word.chars().filter(char::is_ascii_digit).count() >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_dates_and_names_are_covered_and_amounts_stay() {
        let mut cover = Cover::default();
        cover.name("Maria Lopez");
        for (open, covered) in [
            ("the member id is w four seven two nine", "the member id is •••"),
            ("active effective january first twenty twenty six", "active effective •••"),
            (
                "the deductible is one thousand five hundred dollars",
                "the deductible is one thousand five hundred dollars",
            ),
            ("this is for maria lopez", "this is for •••"),
            ("the specialist copay is forty dollars", "the specialist copay is forty dollars"),
            ("reference number 749025 okay", "reference number ••• okay"),
            ("you may press one for claims", "you may press one for claims"),
        ] {
            assert_eq!(cover.cover(open.split(' ')), covered);
        }
    }
}
