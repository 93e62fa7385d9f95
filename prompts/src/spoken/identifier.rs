//! Identifiers in words: digit by digit, letters with a word that begins with them ("W as in whiskey").
//!
//! The words are the international spelling alphabet's (ICAO Annex 10, volume II, 5.2.1.3), in the spelling that
//! American voices and dictionaries know.

const DIGITS: [&str; 10] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const ALPHABET: [(char, &str); 26] = [
    ('A', "alpha"),
    ('B', "bravo"),
    ('C', "charlie"),
    ('D', "delta"),
    ('E', "echo"),
    ('F', "foxtrot"),
    ('G', "golf"),
    ('H', "hotel"),
    ('I', "india"),
    ('J', "juliet"),
    ('K', "kilo"),
    ('L', "lima"),
    ('M', "mike"),
    ('N', "november"),
    ('O', "oscar"),
    ('P', "papa"),
    ('Q', "quebec"),
    ('R', "romeo"),
    ('S', "sierra"),
    ('T', "tango"),
    ('U', "uniform"),
    ('V', "victor"),
    ('W', "whiskey"),
    ('X', "x-ray"),
    ('Y', "yankee"),
    ('Z', "zulu"),
];

/// Digits one at a time: "4729" is "four, seven, two, nine". Everything but digits is left out.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter_map(digit).collect::<Vec<_>>().join(", ")
}

/// A letter and a word that begins with it: 'w' is "W as in whiskey". `None` for anything but A to Z.
#[must_use]
pub fn letter(c: char) -> Option<String> {
    let upper = c.to_ascii_uppercase();
    let (_, word) = ALPHABET.into_iter().find(|(each, _)| *each == upper)?;
    Some(format!("{upper} as in {word}"))
}

/// Letters and digits one at a time: "W4729" is "W as in whiskey, four, seven, two, nine". Spaces and punctuation are
/// left out.
#[must_use]
pub fn letters_digits(text: &str) -> String {
    text.chars()
        .filter_map(|c| digit(c).map(str::to_owned).or_else(|| letter(c)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A word letter by letter, without the alphabet's words: "Lopez" is "L, O, P, E, Z". For names, after they were said.
#[must_use]
pub fn spelled(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_uppercase().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// A telephone number in groups: "+16142000134" is "six one four, two zero zero, zero one three four". A number of
/// another length than ten digits (eleven with the leading 1) is said in groups of three.
#[must_use]
pub fn phone(number: &str) -> String {
    let all: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let national = match all.as_slice() {
        ['1', rest @ ..] if rest.len() == 10 => rest,
        other => other,
    };
    if national.len() == 10 { grouped(national, &[3, 3, 4]) } else { grouped(national, &[]) }
}

/// A national provider identifier in groups of three, three and four.
#[must_use]
pub fn npi(npi: &str) -> String {
    let all: Vec<char> = npi.chars().filter(char::is_ascii_digit).collect();
    grouped(&all, &[3, 3, 4])
}

/// A tax id in groups of two, three and four, as it is written.
#[must_use]
pub fn tax_id(tax_id: &str) -> String {
    let all: Vec<char> = tax_id.chars().filter(char::is_ascii_digit).collect();
    grouped(&all, &[2, 3, 4])
}

fn digit(c: char) -> Option<&'static str> {
    DIGITS.get(usize::try_from(c.to_digit(10)?).ok()?).copied()
}

/// Digits in groups of these sizes, then of three; a comma after each group.
fn grouped(all: &[char], sizes: &[usize]) -> String {
    let mut sizes = sizes.iter().copied();
    let mut rest = all;
    let mut groups = Vec::new();
    while !rest.is_empty() {
        let size = sizes.next().unwrap_or(3).min(rest.len());
        let (group, tail) = rest.split_at(size);
        groups.push(group.iter().filter_map(|c| digit(*c)).collect::<Vec<_>>().join(" "));
        rest = tail;
    }
    groups.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn identifiers_are_said_one_at_a_time() {
        assert_eq!(digits("4729"), "four, seven, two, nine");
        assert_eq!(letters_digits("W47"), "W as in whiskey, four, seven");
        assert_eq!(letters_digits("w-4 7"), "W as in whiskey, four, seven");
        assert_eq!(letters_digits("XZ0"), "X as in x-ray, Z as in zulu, zero");
        assert_eq!(spelled("Lopez"), "L, O, P, E, Z");
        assert_eq!(letter('é'), None);
        assert_eq!(digits(""), "");
    }

    #[test]
    fn numbers_are_said_in_groups() {
        assert_eq!(phone("+16142000134"), "six one four, two zero zero, zero one three four");
        assert_eq!(phone("6142000134"), phone("+1 (614) 200-0134"));
        assert_eq!(phone("1234567"), "one two three, four five six, seven");
        assert_eq!(npi("1234567893"), "one two three, four five six, seven eight nine three");
        assert_eq!(tax_id("12-3456789"), "one two, three four five, six seven eight nine");
    }

    #[test]
    fn every_letter_is_followed_by_a_word_that_begins_with_it() {
        for (c, (letter, word)) in ('A'..='Z').zip(ALPHABET) {
            assert_eq!(c, letter);
            assert!(word.starts_with(c.to_ascii_lowercase()), "{word}");
        }
    }

    /// The digits in the words, in order.
    fn heard(words: &str) -> String {
        words
            .split([' ', ','])
            .filter_map(|word| DIGITS.iter().position(|each| *each == word))
            .map(|n| n.to_string())
            .collect()
    }

    proptest! {
        #[test]
        fn every_digit_survives(text in "[0-9]{0,24}") {
            prop_assert_eq!(heard(&digits(&text)), text.clone());
            prop_assert_eq!(heard(&letters_digits(&text)), text.clone());
            prop_assert_eq!(heard(&npi(&text)), text.clone());
            prop_assert_eq!(heard(&tax_id(&text)), text);
        }

        #[test]
        fn every_letter_and_digit_of_an_id_survives(id in "[A-Z0-9]{1,16}") {
            let words = letters_digits(&id);
            let back: String = words.split(", ").map(|item| {
                match item.split_once(" as in ") {
                    Some((letter, _)) => letter.to_owned(),
                    None => heard(item),
                }
            }).collect();
            prop_assert_eq!(back, id);
        }

        #[test]
        fn a_phone_number_keeps_its_ten_digits(number in "[2-9][0-9]{9}") {
            prop_assert_eq!(heard(&phone(&format!("+1{number}"))), number);
        }

        #[test]
        fn no_figure_is_left_in_the_words(text in "\\PC{0,20}") {
            for words in [letters_digits(&text), digits(&text), phone(&text), npi(&text)] {
                prop_assert!(!words.chars().any(|c| c.is_ascii_digit()));
            }
        }
    }
}
