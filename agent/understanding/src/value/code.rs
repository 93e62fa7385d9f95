//! Reference numbers: letters and digits said one by one, in groups, or as a word that stands for a letter.
//!
//! "seven four nine zero two five", "oh", "double four", "seventy four", "b as in boy", "whiskey", "A7-4902". The
//! sequence ends at the first word that can be none of these. This module does not look for where a code begins.

use crate::normal::{Form, Token};
use crate::value::Parsed;
use crate::value::number::{digit, teen, tens, unit};

/// Codes longer than this are taken no further: no payer's reference is.
const LEN_MAX: usize = 32;

/// The words of the international spelling alphabet (ICAO Annex 10, volume II, 5.2.1.3), and older ones still in use.
pub(crate) fn alphabet(word: &str) -> Option<char> {
    #[rustfmt::skip] // One word a line would hide the alphabet.
    const WORDS: &[&str] = &[
        "able", "adam", "alfa", "alpha", "baker", "boy", "bravo", "charles", "charlie", "david",
        "delta", "echo", "edward", "foxtrot", "frank", "george", "golf", "henry", "hotel",
        "india", "john", "juliet", "juliett", "kilo", "king", "lima", "lincoln", "mary", "mike",
        "nancy", "november", "oscar", "papa", "peter", "quebec", "queen", "robert", "romeo",
        "sam", "sierra", "tango", "tom", "uniform", "union", "victor", "whiskey", "whisky",
        "william", "xray", "yankee", "young", "zebra", "zulu",
    ];
    WORDS.contains(&word).then(|| word.chars().next()).flatten().map(|c| c.to_ascii_uppercase())
}

/// A letter by its own name, as a recogniser writes it.
fn letter(word: &str) -> Option<char> {
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii_alphabetic() => Some(c.to_ascii_uppercase()),
        _ => None,
    }
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// The code that begins at this token, in capitals; at least one character.
pub(crate) fn code(tokens: &[Token], at: usize) -> Option<Parsed<String>> {
    let mut out = Parsed { value: String::new(), end: at, sure: true };
    while out.value.len() < LEN_MAX {
        let before = out.end;
        if matches!(word(tokens, before), "dash" | "hyphen" | "slash") && !out.value.is_empty() {
            out.end += 1;
            continue;
        }
        if !item(tokens, &mut out) {
            break;
        }
    }
    // A dash that nothing follows is not a part of it.
    while out.end > at && matches!(word(tokens, out.end - 1), "dash" | "hyphen" | "slash") {
        out.end -= 1;
    }
    (!out.value.is_empty()).then_some(out)
}

/// One more letter, digit or group; `false` where the code ends.
fn item(tokens: &[Token], out: &mut Parsed<String>) -> bool {
    let Some(token) = tokens.get(out.end) else {
        return false;
    };
    match token.form {
        Form::Number(_) => {
            out.value.push_str(&token.text);
            out.end += 1;
            return true;
        }
        Form::Word => {}
        Form::Decimal { .. } | Form::Percent(_) | Form::Date { .. } | Form::Ordinal(_) => {
            return false;
        }
    }
    let text = token.text.as_str();
    if let Some(times) = match text {
        "double" => Some(2),
        "triple" => Some(3),
        _ => None,
    } {
        return repeated(tokens, out, times);
    }
    if let Some(c) = as_in(tokens, out.end) {
        out.value.push(c.value);
        out.end = c.end;
        out.sure &= c.sure;
        return true;
    }
    if let Some(value) = digit(text) {
        push_number(out, value, 1);
        return true;
    }
    if let Some(value) = tens(text) {
        let rest = unit(word(tokens, out.end + 1));
        push_number(out, value + rest.unwrap_or(0), if rest.is_some() { 2 } else { 1 });
        // "ninety oh two" is 9002 to one speaker and 902 to another.
        out.sure &= rest.is_some() || !begins_item(tokens, out.end);
        return true;
    }
    if let Some(value) = teen(text) {
        push_number(out, value, 1);
        return true;
    }
    if matches!(text, "hundred" | "thousand") && ends_in_digit(out) {
        out.value.push_str(if text == "hundred" { "00" } else { "000" });
        out.end += 1;
        out.sure = false;
        return true;
    }
    if text == "x" && word(tokens, out.end + 1) == "ray" {
        out.value.push('X');
        out.end += 2;
        return true;
    }
    if let Some(c) = letter(text).or_else(|| alphabet(text)) {
        // "i have", "a moment": the two letters that are words are letters only among others.
        if matches!(text, "a" | "i")
            && !begins_item(tokens, out.end + 1)
            && !ends_code(tokens, out.end + 1)
        {
            return false;
        }
        out.value.push(c);
        out.end += 1;
        return true;
    }
    mixed(text, out)
}

/// "b as in boy", "v like victor", "d for delta": the word says the letter, even where the letter was misheard.
fn as_in(tokens: &[Token], at: usize) -> Option<Parsed<char>> {
    let head = letter(word(tokens, at));
    let place = match (word(tokens, at + 1), word(tokens, at + 2)) {
        ("as", "in") => at + 3,
        // Without "as in" the head has to be a letter: "good for you" is no spelling.
        ("like" | "for", _) if head.is_some() => at + 2,
        _ => return None,
    };
    let named = word(tokens, place);
    let value = named.chars().next().filter(char::is_ascii_alphabetic)?.to_ascii_uppercase();
    let two_words = named == "x" && word(tokens, place + 1) == "ray";
    let end = if two_words { place + 2 } else { place + 1 };
    Some(Parsed { value, end, sure: head == Some(value) })
}

fn repeated(tokens: &[Token], out: &mut Parsed<String>, times: usize) -> bool {
    let next = word(tokens, out.end + 1);
    let single = match tokens.get(out.end + 1).map(|token| token.form) {
        Some(Form::Number(value @ 0..=9)) => {
            char::from_digit(u32::try_from(value).unwrap_or(0), 10)
        }
        _ => digit(next)
            .and_then(|value| char::from_digit(u32::try_from(value).ok()?, 10))
            .or_else(|| letter(next)),
    };
    let Some(c) = single else { return false };
    out.value.extend(std::iter::repeat_n(c, times));
    out.end += 2;
    true
}

fn push_number(out: &mut Parsed<String>, value: u64, used: usize) {
    out.value.push_str(&value.to_string());
    out.end += used;
}

fn ends_in_digit(out: &Parsed<String>) -> bool {
    out.value.chars().next_back().is_some_and(|c| c.is_ascii_digit())
}

/// "a7490": letters and digits in one written word. A word of letters alone is not a code.
fn mixed(text: &str, out: &mut Parsed<String>) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric());
    let digits = text.chars().any(|c| c.is_ascii_digit());
    // Joined acronyms are letters again where a code has begun: "seven i d four".
    let acronym = !out.value.is_empty() && matches!(text, "id" | "ai" | "pos" | "dos" | "tin");
    if !(plain && (digits || acronym)) {
        return false;
    }
    out.value.push_str(&text.to_ascii_uppercase());
    out.end += 1;
    true
}

/// Whether the code may go on at this token.
fn begins_item(tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at) else {
        return false;
    };
    let text = token.text.as_str();
    matches!(token.form, Form::Number(_))
        || matches!(text, "as" | "double" | "triple" | "dash")
        || digit(text).or_else(|| teen(text)).or_else(|| tens(text)).is_some()
        || (letter(text).is_some() && !matches!(text, "a" | "i"))
        || alphabet(text).is_some()
        || (text.chars().any(|c| c.is_ascii_digit()) && token.form == Form::Word)
}

fn ends_code(tokens: &[Token], at: usize) -> bool {
    at >= tokens.len() || tokens.get(at).is_some_and(|token| token.after_stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(String, bool)> {
        code(&of(text), 0).map(|parsed| (parsed.value, parsed.sure))
    }

    #[test]
    fn codes_as_people_say_them() {
        for (text, want) in [
            ("seven four nine zero two five", "749025"),
            ("seven four nine oh two five thank you", "749025"),
            ("seven, four, nine, zero, two, five.", "749025"),
            ("749025", "749025"),
            ("749-025", "749025"),
            ("7 4 9 0 2 5", "749025"),
            ("seventy four ninety oh two five", "7490025"),
            ("seventy four nine zero twenty five", "749025"),
            ("double four nine", "449"),
            ("triple zero seven", "0007"),
            ("b as in boy four seven", "B47"),
            ("be as in boy four seven", "B47"),
            ("v like victor 12", "V12"),
            ("whiskey four seven", "W47"),
            ("w as in whiskey, four, seven", "W47"),
            ("a b c one two three", "ABC123"),
            ("A7490B", "A7490B"),
            ("x as in x ray nine", "X9"),
            ("four dash five dash", "45"),
            ("seven i d four", "7ID4"),
        ] {
            assert_eq!(read(text).map(|(code, _)| code).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn words_are_no_code() {
        for text in ["is", "i have it", "a moment", "jessica", "", "good for you", "double check"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_misheard_letter_is_a_doubt() {
        assert_eq!(read("b as in boy"), Some(("B".to_owned(), true)));
        assert_eq!(read("d as in boy"), Some(("B".to_owned(), false)));
        assert_eq!(read("ninety oh two"), Some(("9002".to_owned(), false)));
    }

    proptest! {
        #[test]
        fn reads_what_is_spelled(text in "[A-Z0-9]{1,20}") {
            let spoken = callwright_prompts::spoken::letters_digits(&text);
            let got = read(&spoken);
            prop_assert_eq!(got, Some((text, true)), "{}", spoken);
        }

        #[test]
        fn reads_the_digits_that_are_spoken(text in "[0-9]{1,20}") {
            let spoken = callwright_prompts::spoken::digits(&text);
            prop_assert_eq!(read(&spoken), Some((text, true)));
        }
    }
}
