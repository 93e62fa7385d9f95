//! Amounts of money and percents: "one thousand five hundred dollars and fifty cents", "$40", "twenty percent".
//!
//! This module reads amounts that name their unit. A bare number becomes an amount only in `extract`, where a question
//! about money stands behind it.

use crate::normal::{Form, Token};
use crate::value::Parsed;
use crate::value::number::{begins, cardinal};

fn is(tokens: &[Token], at: usize, words: &[&str]) -> bool {
    tokens.get(at).is_some_and(|token| words.contains(&token.text.as_str()))
}

/// An amount in cents that names dollars or cents, or is written as one.
pub(crate) fn money(tokens: &[Token], at: usize) -> Option<Parsed<u64>> {
    let token = tokens.get(at)?;
    if let Form::Decimal { cents, dollar } = token.form {
        let named = is(tokens, at + 1, &["dollars", "dollar"]);
        let end = if named { at + 2 } else { at + 1 };
        return (dollar || named).then_some(Parsed { value: cents, end, sure: true });
    }
    if !begins(token) && !is(tokens, at, &["a"]) {
        return None;
    }
    let whole = cardinal(tokens, at)?;
    let end = whole.end;
    if is(tokens, end, &["cents", "cent"]) && whole.value < 100 {
        return Some(Parsed { value: whole.value, end: end + 1, sure: whole.sure });
    }
    if is(tokens, end, &["point"])
        && let Some(exact) = point(tokens, whole)
    {
        return Some(exact);
    }
    if !is(tokens, end, &["dollars", "dollar", "even"]) {
        return None;
    }
    let cents = whole.value.checked_mul(100)?;
    let dollars = Parsed { value: cents, end: end + 1, sure: whole.sure };
    Some(with_cents(tokens, dollars))
}

/// "... point five zero dollars".
fn point(tokens: &[Token], whole: Parsed<u64>) -> Option<Parsed<u64>> {
    let part = cardinal(tokens, whole.end + 1)?;
    let named = is(tokens, part.end, &["dollars", "dollar"]);
    let hundredths = if part.value < 10 { part.value * 10 } else { part.value };
    let value = whole.value.checked_mul(100)?.checked_add(hundredths)?;
    (named && part.value < 100).then_some(Parsed { value, end: part.end + 1, sure: false })
}

/// Adds "and fifty cents" where it follows.
fn with_cents(tokens: &[Token], dollars: Parsed<u64>) -> Parsed<u64> {
    let from = if is(tokens, dollars.end, &["and"]) { dollars.end + 1 } else { dollars.end };
    match cardinal(tokens, from) {
        Some(cents) if cents.value < 100 && is(tokens, cents.end, &["cents", "cent"]) => Parsed {
            value: dollars.value.saturating_add(cents.value),
            end: cents.end + 1,
            sure: dollars.sure && cents.sure,
        },
        Some(_) | None => dollars,
    }
}

/// A whole percent from 0 to 100. A fraction of a percent is no value here: it is never rounded.
pub(crate) fn percent(tokens: &[Token], at: usize) -> Option<Parsed<u8>> {
    let token = tokens.get(at)?;
    if let Form::Percent(value) = token.form {
        let value = u8::try_from(value).ok().filter(|value| *value <= 100)?;
        return Some(Parsed { value, end: at + 1, sure: true });
    }
    let whole = cardinal(tokens, at)?;
    let named = is(tokens, whole.end, &["percent", "percentage"]);
    let fraction = at > 0 && is(tokens, at - 1, &["point"]);
    let value = u8::try_from(whole.value).ok().filter(|value| *value <= 100)?;
    (named && !fraction).then_some(Parsed { value, end: whole.end + 1, sure: whole.sure })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;
    use proptest::prelude::*;

    #[test]
    fn amounts() {
        for (text, want) in [
            ("one thousand five hundred dollars", 150_000),
            ("fifteen hundred dollars", 150_000),
            ("forty dollars and fifty cents", 4_050),
            ("one dollar one cent", 101),
            ("twelve cents", 12),
            ("forty point fifty dollars", 4_050),
            ("$1,500.00", 150_000),
            ("$40", 4_000),
            ("1500.50 dollars", 150_050),
            ("1,500 dollars", 150_000),
            ("zero dollars", 0),
            ("a hundred bucks", 10_000),
        ] {
            let cents = money(&of(text), 0).map(|parsed| parsed.value);
            assert_eq!(cents, Some(want), "{text}");
        }
        for text in [
            "forty",
            "1500",
            "1500.50",
            "twenty percent",
            "dollars",
            "12.345 dollars",
            "forty point five zero dollars",
        ] {
            assert!(money(&of(text), 0).is_none(), "{text}");
        }
    }

    #[test]
    fn percents() {
        for (text, want) in [
            ("twenty percent", Some(20)),
            ("20%", Some(20)),
            ("20 per cent", Some(20)),
            ("one hundred percent", Some(100)),
            ("zero percent", Some(0)),
            ("120%", None),
            ("two hundred percent", None),
            ("twenty", None),
            ("12.5%", None),
        ] {
            assert_eq!(percent(&of(text), 0).map(|parsed| parsed.value), want, "{text}");
        }
        assert!(percent(&of("twelve point five percent"), 2).is_none());
    }

    proptest! {
        #[test]
        fn reads_the_money_that_is_spoken(cents in 0u64..10_000_000_000) {
            let spoken = callwright_prompts::spoken::money(cents);
            let tokens = of(&spoken);
            let parsed = money(&tokens, 0);
            prop_assert_eq!(parsed.map(|p| (p.value, p.end)), Some((cents, tokens.len())), "{}", spoken);
        }

        #[test]
        fn reads_the_percent_that_is_spoken(share in 0u8..=100) {
            let parsed = percent(&of(&callwright_prompts::spoken::percent(share)), 0);
            prop_assert_eq!(parsed.map(|p| (p.value, p.sure)), Some((share, true)));
        }
    }
}
