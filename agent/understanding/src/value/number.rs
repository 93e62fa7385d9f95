//! Whole numbers in words: "one thousand five hundred", "fifteen hundred", "one fifty", "20", "a hundred and five".
//!
//! The grammar is that of American speech. It stops at the first word that cannot go on, so "four four hundred" is two
//! numbers; whoever takes one of them must ask whether another stands beside it. This module knows no units.

use crate::normal::{Form, Token};
use crate::value::Parsed;

/// The largest number read; larger ones are no amounts or counts of a health plan.
const MAX: u64 = 999_999_999;

/// "one" to "nine".
pub(crate) fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" | "niner" => 9,
        _ => return None,
    })
}

/// "zero" to "nine", with "oh".
pub(crate) fn digit(word: &str) -> Option<u64> {
    match word {
        "zero" | "oh" | "o" => Some(0),
        _ => unit(word),
    }
}

/// "ten" to "nineteen".
pub(crate) fn teen(word: &str) -> Option<u64> {
    Some(match word {
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        _ => return None,
    })
}

/// "twenty" to "ninety".
pub(crate) fn tens(word: &str) -> Option<u64> {
    Some(match word {
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" => 90,
        _ => return None,
    })
}

/// Whether a number could begin with this token.
pub(crate) fn begins(token: &Token) -> bool {
    match token.form {
        Form::Number(_) | Form::Decimal { .. } | Form::Percent(_) => true,
        Form::Date { .. } | Form::Ordinal(_) => false,
        Form::Word => {
            let word = token.text.as_str();
            word == "zero" || unit(word).or_else(|| teen(word)).or_else(|| tens(word)).is_some()
        }
    }
}

fn word(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| token.text.as_str())
}

/// 1 to 99 in words, or a numeral; the place after it. `stop` ends a number where the recogniser heard a pause.
fn below_hundred(tokens: &[Token], at: usize, first: bool) -> Option<(u64, usize)> {
    let token = tokens.get(at)?;
    if token.after_stop && !first {
        return None;
    }
    if let Form::Number(value) = token.form {
        let whole = value < 100 || first;
        return (whole && value <= MAX).then_some((value, at + 1));
    }
    if token.form != Form::Word {
        return None;
    }
    if let Some(tens) = tens(&token.text) {
        let next = tokens.get(at + 1).filter(|next| !next.after_stop);
        return Some(match next.and_then(|next| unit(&next.text)) {
            Some(unit) => (tens + unit, at + 2),
            None => (tens, at + 1),
        });
    }
    teen(&token.text).or_else(|| unit(&token.text)).map(|value| (value, at + 1))
}

/// What may follow "hundred" or "thousand": an optional "and", then a part below a hundred that is not itself counted
/// in hundreds or thousands where an "and" stood before it ("one thousand and four hundred" is two amounts).
fn tail(tokens: &[Token], at: usize) -> Option<(u64, usize, bool)> {
    let glued = word(tokens, at) == "and";
    let from = if glued { at + 1 } else { at };
    let (value, end) = below_hundred(tokens, from, false)?;
    let counts_on = matches!(word(tokens, end), "hundred" | "thousand" | "million");
    (!(glued && counts_on)).then_some((value, end, !glued))
}

/// 1 to 9,999 with at most one "hundred": "four", "fifteen hundred and six", "two fifty".
fn group(tokens: &[Token], at: usize, first: bool) -> Option<Parsed<u64>> {
    if matches!(word(tokens, at), "a" | "one")
        && matches!(word(tokens, at + 1), "hundred")
        && (first || !tokens.get(at).is_some_and(|token| token.after_stop))
    {
        return Some(hundreds(tokens, 1, at + 2));
    }
    let (head, end) = below_hundred(tokens, at, first)?;
    if word(tokens, end) == "hundred" && head < 100 {
        return Some(hundreds(tokens, head, end + 1));
    }
    // "two fifty" and "twelve twenty five": hundreds without the word. A doubt is left: it may be two numbers.
    let short = matches!(tokens.get(at).map(|t| t.form), Some(Form::Word)) && head < 20;
    if short
        && let Some((rest, after)) = below_hundred(tokens, end, false)
        && (10..100).contains(&rest)
        && tokens.get(end).is_some_and(|token| token.form == Form::Word)
        && !matches!(word(tokens, after), "hundred" | "thousand")
    {
        return Some(Parsed { value: head * 100 + rest, end: after, sure: false });
    }
    Some(Parsed { value: head, end, sure: true })
}

fn hundreds(tokens: &[Token], head: u64, end: usize) -> Parsed<u64> {
    let rest = tail(tokens, end).filter(|(_, after, plain)| match word(tokens, *after) {
        "hundred" => false,
        // "three hundred five thousand" goes on; "fifteen hundred six thousand" is two amounts.
        "thousand" | "million" => *plain && head < 10,
        _ => true,
    });
    match rest {
        Some((rest, after, plain)) => Parsed { value: head * 100 + rest, end: after, sure: plain },
        None => Parsed { value: head * 100, end, sure: true },
    }
}

/// A whole number that begins at this token.
pub(crate) fn cardinal(tokens: &[Token], at: usize) -> Option<Parsed<u64>> {
    if word(tokens, at) == "zero" {
        return Some(Parsed { value: 0, end: at + 1, sure: true });
    }
    let mut head =
        if word(tokens, at) == "a" && matches!(word(tokens, at + 1), "thousand" | "million") {
            Parsed { value: 1, end: at + 1, sure: true }
        } else {
            group(tokens, at, true)?
        };
    for (name, scale) in [("million", 1_000_000), ("thousand", 1_000)] {
        if word(tokens, head.end) != name {
            continue;
        }
        let value = head.value.checked_mul(scale).filter(|value| *value <= MAX)?;
        head = Parsed { value, end: head.end + 1, sure: head.sure };
        if let Some(rest) = below_scale(tokens, head.end, scale) {
            head = Parsed {
                value: head.value + rest.value,
                end: rest.end,
                sure: head.sure && rest.sure,
            };
        }
        break;
    }
    (head.value <= MAX).then_some(head)
}

/// The rest of a number after "million" or "thousand".
fn below_scale(tokens: &[Token], at: usize, scale: u64) -> Option<Parsed<u64>> {
    if word(tokens, at) == "and" {
        let (value, end, plain) = tail(tokens, at)?;
        return Some(Parsed { value, end, sure: plain });
    }
    let rest = group(tokens, at, false)?;
    if scale > 1_000 && word(tokens, rest.end) == "thousand" && rest.value < 1_000 {
        let value = rest.value * 1_000;
        return Some(match group(tokens, rest.end + 1, false) {
            Some(last) if last.value < 1_000 => {
                Parsed { value: value + last.value, end: last.end, sure: rest.sure && last.sure }
            }
            Some(_) | None => Parsed { value, end: rest.end + 1, sure: rest.sure },
        });
    }
    (rest.value < scale && word(tokens, rest.end) != "thousand").then_some(rest)
}

/// An ordinal from first to thirty-first, as days are said: "first", "twenty second", "1st".
pub(crate) fn ordinal_day(tokens: &[Token], at: usize) -> Option<(u8, usize)> {
    let token = tokens.get(at)?;
    if let Form::Ordinal(value) = token.form {
        return u8::try_from(value).ok().map(|day| (day, at + 1));
    }
    let small = |word: &str| {
        Some(match word {
            "first" => 1,
            "second" => 2,
            "third" => 3,
            "fourth" => 4,
            "fifth" => 5,
            "sixth" => 6,
            "seventh" => 7,
            "eighth" => 8,
            "ninth" => 9,
            _ => return None,
        })
    };
    let round = match token.text.as_str() {
        "tenth" => 10,
        "eleventh" => 11,
        "twelfth" => 12,
        "thirteenth" => 13,
        "fourteenth" => 14,
        "fifteenth" => 15,
        "sixteenth" => 16,
        "seventeenth" => 17,
        "eighteenth" => 18,
        "nineteenth" => 19,
        "twentieth" => 20,
        "thirtieth" => 30,
        "twenty" => return small(word(tokens, at + 1)).map(|day| (20 + day, at + 2)),
        "thirty" if word(tokens, at + 1) == "first" => return Some((31, at + 2)),
        other => small(other)?,
    };
    Some((round, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<(u64, usize, bool)> {
        cardinal(&of(text), 0).map(|parsed| (parsed.value, parsed.end, parsed.sure))
    }

    #[test]
    fn numbers_as_people_say_them() {
        for (text, want) in [
            ("zero", 0),
            ("seven", 7),
            ("twelve", 12),
            ("forty", 40),
            ("eighty five", 85),
            ("a hundred", 100),
            ("one hundred and five", 105),
            ("four hundred", 400),
            ("fifteen hundred", 1_500),
            ("twenty two hundred", 2_200),
            ("twenty two hundred fifty", 2_250),
            ("a thousand", 1_000),
            ("one thousand five hundred", 1_500),
            ("one thousand and fifty", 1_050),
            ("six thousand", 6_000),
            ("twelve thousand seven hundred sixty five", 12_765),
            ("two hundred fifty thousand", 250_000),
            ("one million two hundred thousand five", 1_200_005),
            ("two fifty", 250),
            ("1,500", 1_500),
            ("15 hundred", 1_500),
            ("2 thousand 200", 2_000),
        ] {
            let (value, _, _) = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(value, want, "{text}");
        }
    }

    #[test]
    fn what_is_not_one_number_is_not_joined() {
        for (text, want, end) in [
            ("one thousand and four hundred has been met", 1_000, 2),
            ("four four hundred", 4, 1),
            ("six thousand two thousand", 6_000, 2),
            ("fifteen hundred four hundred", 1_500, 2),
            ("seven four nine", 7, 1),
        ] {
            assert_eq!(read(text).map(|(value, end, _)| (value, end)), Some((want, end)), "{text}");
        }
        for text in ["", "hundred", "a", "and five", "dollars"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_doubt_is_said() {
        assert_eq!(read("two fifty"), Some((250, 2, false)));
        assert_eq!(read("two hundred and fifty"), Some((250, 4, false)));
        assert_eq!(read("two hundred fifty"), Some((250, 3, true)));
    }

    #[test]
    fn days() {
        for (text, want) in [
            ("first", 1),
            ("twenty second", 22),
            ("thirty first", 31),
            ("twentieth", 20),
            ("3rd", 3),
        ] {
            assert_eq!(ordinal_day(&of(text), 0).map(|(day, _)| day), Some(want), "{text}");
        }
        for text in ["thirty second", "twenty", "one", "fortieth"] {
            assert_eq!(ordinal_day(&of(text), 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reads_what_is_spoken(n in 0u64..=MAX) {
            let spoken = callwright_prompts::spoken::number(n);
            let tokens = of(&spoken);
            let parsed = cardinal(&tokens, 0);
            prop_assert_eq!(parsed.map(|p| (p.value, p.end)), Some((n, tokens.len())), "{}", spoken);
        }

        #[test]
        fn never_panics(text in "\\PC{0,60}", at in 0usize..8) {
            let tokens = of(&text);
            let end = cardinal(&tokens, at).map_or(0, |parsed| parsed.end);
            prop_assert!(end <= tokens.len());
        }
    }
}
