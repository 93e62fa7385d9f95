//! The little understanding a simulated representative has: phrases, digit words, and whether a read-back is right.
//!
//! It is tolerant on purpose, as a person is with a poor line, and it extracts no values.

/// Lower-case words without punctuation.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether the phrase's words come one after another in `words`.
#[must_use]
pub fn has_phrase(words: &[String], phrase: &str) -> bool {
    let phrase = split(phrase);
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase.as_slice())
}

/// Whether any of the phrases was said.
#[must_use]
pub fn has_any(words: &[String], phrases: &[String]) -> bool {
    phrases.iter().any(|phrase| has_phrase(words, phrase))
}

/// How many words of the phrases were heard: the measure by which topics compete.
#[must_use]
pub fn score(words: &[String], phrases: &[String]) -> usize {
    phrases
        .iter()
        .filter(|phrase| has_phrase(words, phrase))
        .map(|phrase| split(phrase).len())
        .sum()
}

const DIGITS: [&str; 11] =
    ["zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const NUMBERS: [&str; 21] = [
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
    "percent",
];
const ORDINALS: [&str; 20] = [
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
];
const MONTHS: [&str; 12] = [
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

/// How many digit words were heard.
#[must_use]
pub fn digit_words(words: &[String]) -> usize {
    words.iter().filter(|word| DIGITS.contains(&word.as_str())).count()
}

/// The words of numbers: digits, teens, tens, hundred, thousand, percent. "oh" counts as "zero".
#[must_use]
pub fn number_words(words: &[String]) -> Vec<&str> {
    words
        .iter()
        .map(String::as_str)
        .filter(|word| DIGITS.contains(word) || NUMBERS.contains(word))
        .map(|word| if word == "oh" { "zero" } else { word })
        .collect()
}

/// How many words of a number or a date were heard.
#[must_use]
pub fn number_or_date_words(words: &[String]) -> usize {
    let is_one = |word: &str| {
        DIGITS.contains(&word)
            || NUMBERS.contains(&word)
            || ORDINALS.contains(&word)
            || MONTHS.contains(&word)
            || word == "thirtieth"
    };
    words.iter().filter(|word| is_one(word)).count()
}

/// Whether what was read back agrees with the truth: no number words heard, or those heard found in the truth with at most
/// a third of them wrong.
#[must_use]
pub fn agrees(heard: &[String], truth: &[String]) -> bool {
    let heard = number_words(heard);
    let truth = number_words(truth);
    heard.is_empty() || distance_within(&heard, &truth) * 3 <= heard.len()
}

/// The least edits that turn `needle` into some stretch of `hay` (Sellers 1980).
fn distance_within(needle: &[&str], hay: &[&str]) -> usize {
    let mut row = vec![0_usize; hay.len() + 1];
    for (i, wanted) in needle.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, found) in hay.iter().enumerate() {
            let substituted = diagonal + usize::from(wanted != found);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.into_iter().min().unwrap_or(needle.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_needs_its_words_in_a_row() {
        let words = split("What is the out-of-pocket maximum?");
        assert!(has_phrase(&words, "out of pocket"));
        assert!(!has_phrase(&words, "out pocket"));
        assert!(!has_phrase(&words, ""));
        assert_eq!(score(&words, &["out of pocket".into(), "maximum".into()]), 4);
    }

    #[test]
    fn counts_digits_and_dates() {
        assert_eq!(digit_words(&split("w as in whiskey four seven oh two")), 4);
        assert_eq!(number_or_date_words(&split("april twelfth nineteen eighty five")), 5);
        assert_eq!(number_or_date_words(&split("riverside family medicine")), 0);
    }

    #[test]
    fn a_read_back_is_judged_with_tolerance() {
        let truth = split("the reference number for this call is seven four nine zero two five");
        for (heard, right) in [
            ("seven four nine zero two five is that correct", true),
            ("seven four nine oh two five is that correct", true),
            ("seven four five zero two five correct", true),
            ("is that correct", true),
            ("seven four nine", true),
            ("one one one two two two is that correct", false),
            ("nine four seven five two zero is that correct", false),
        ] {
            assert_eq!(agrees(&split(heard), &truth), right, "{heard}");
        }
    }

    #[test]
    fn one_of_two_amounts_may_be_read_back() {
        let truth = split("it is one thousand five hundred dollars and four hundred has been met");
        assert!(agrees(&split("four hundred dollars is that correct"), &truth));
        assert!(!agrees(&split("seven thousand two hundred dollars is that correct"), &truth));
    }
}
