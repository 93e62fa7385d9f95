//! What people type -> a dialable number.
//!
//! The `phonenumber` crate (Google's libphonenumber metadata) reads the many ways of writing a number; the grammar of
//! rule N1 in `callwright-compliance` has the last word. This module does not say whether a number may be called:
//! area codes, toll-free lines and the allowlist are rules N2 and N3.

use callwright_compliance::number::{NumberError, PhoneNumber};
use phonenumber::{Mode, country};

/// The longest text taken for a number: an international number with every digit set apart.
const TEXT_CHARS_MAX: usize = 40;

/// Why a text is not a number that can be dialled. No message repeats the text, for a log may keep the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HumanNumberError {
    /// Nothing but blanks.
    #[error("the phone number is empty: write ten digits, for example (614) 200-0134")]
    Empty,
    /// More text than any number needs.
    #[error(
        "the phone number is longer than {TEXT_CHARS_MAX} characters: write one number and nothing else"
    )]
    TooLong,
    /// An extension, a pause or further keys follow the number.
    #[error(
        "the phone number has an extension or pauses: an extension belongs in the menu map; write the number alone"
    )]
    Extension,
    /// Letters, as in "1-800-FLOWERS".
    #[error("the phone number has letters: write the digits that stand for them")]
    Letters,
    /// Not a number in any notation.
    #[error("this is not a phone number: write ten digits, for example (614) 200-0134")]
    NotANumber,
    /// A number of another country than those of the North American plan.
    #[error("the phone number has the country code +{code}: only +1 numbers are called")]
    Abroad {
        /// The country code that was read.
        code: u16,
    },
    /// It reads as a number, but the grammar of rule N1 refuses it.
    #[error("the phone number cannot be dialled: {0}")]
    Grammar(#[from] NumberError),
}

/// Reads a number as people write it; ten digits without a country code are taken as a US number.
///
/// # Errors
/// [`HumanNumberError`] says what is wrong and how to mend it, without repeating what was typed.
pub fn parse_human(text: &str) -> Result<PhoneNumber, HumanNumberError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(HumanNumberError::Empty);
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(HumanNumberError::TooLong);
    }
    let lower = text.to_lowercase();
    let body = lower.strip_prefix("tel:").unwrap_or(&lower);
    // Pauses and extensions are looked for by hand: the crate drops some of them without a word, and a
    // number that lost its tail would reach somebody else.
    let letters = || body.chars().filter(|c| c.is_alphabetic());
    let tail = body.contains("ext") || letters().all(|c| matches!(c, 'x' | 'w' | 'p'));
    if body.contains([',', ';', '#', '*']) || (tail && letters().next().is_some()) {
        return Err(HumanNumberError::Extension);
    }
    if letters().next().is_some() {
        return Err(HumanNumberError::Letters);
    }
    let parsed = phonenumber::parse(Some(country::Id::US), body)
        .map_err(|_| HumanNumberError::NotANumber)?;
    if parsed.extension().is_some() {
        return Err(HumanNumberError::Extension);
    }
    if parsed.code().value() != 1 {
        return Err(HumanNumberError::Abroad { code: parsed.code().value() });
    }
    let e164 = parsed.format().mode(Mode::E164).to_string();
    Ok(PhoneNumber::parse_e164(&e164)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_ways_people_write_a_number() {
        for text in [
            "+16142000134",
            "6142000134",
            "16142000134",
            "(614) 200-0134",
            "614.200.0134",
            " 1 614 200 0134 ",
            "tel:+1-614-200-0134",
            "614\u{2011}200\u{2011}0134",
        ] {
            let number = parse_human(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(number.e164(), "+16142000134", "{text}");
        }
    }

    #[test]
    fn reads_a_toll_free_number() {
        assert_eq!(parse_human("1-800-200-0140").unwrap().e164(), "+18002000140");
    }

    #[test]
    fn refuses_extensions_and_pauses() {
        for text in [
            "614-200-0134 x5",
            "614-200-0134 ext. 12",
            "6142000134,,2",
            "6142000134;ext=7",
            "6142000134#",
            "6142000134w1",
        ] {
            assert_eq!(parse_human(text), Err(HumanNumberError::Extension), "{text}");
        }
    }

    #[test]
    fn refuses_letters_other_countries_and_nonsense() {
        assert_eq!(parse_human("1-800-GO-ACME"), Err(HumanNumberError::Letters));
        assert_eq!(parse_human("1-800-FLOWERS"), Err(HumanNumberError::Letters));
        assert_eq!(parse_human("+44 20 7946 0000"), Err(HumanNumberError::Abroad { code: 44 }));
        assert_eq!(parse_human("  "), Err(HumanNumberError::Empty));
        assert_eq!(parse_human("--"), Err(HumanNumberError::NotANumber));
        assert_eq!(parse_human(&"1".repeat(41)), Err(HumanNumberError::TooLong));
    }

    #[test]
    fn the_grammar_has_the_last_word() {
        for text in ["911", "614-911-0134", "614-555-0134", "061-200-0134", "61420001345"] {
            assert!(parse_human(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_message_repeats_what_was_typed() {
        for text in ["614-200-0134 x5", "+44 20 7946 0000", "614-911-0134", "1-614-200-013499"] {
            let message = parse_human(text).unwrap_err().to_string();
            for part in ["0134", "7946", "614"] {
                assert!(!message.replace("(614) 200-0134", "").contains(part), "{message}");
            }
        }
    }
}
