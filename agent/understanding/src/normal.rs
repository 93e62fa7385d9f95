//! Normal forms: one spelling for what recognisers write in many.
//!
//! PocketSphinx spells everything out ("forty dollars", "p p o"); cloud recognisers format ("$40", "PPO",
//! "01/01/2026."). Both become the same tokens: lower case, no punctuation, contractions and compounds resolved,
//! spelled acronyms joined, and numerals parsed by their form. A token remembers which word it came from.
//!
//! This module does not read spelled-out numbers (see `value::number`) nor judge any value.

use zeroize::Zeroize;

use crate::spelling::{ACRONYMS, COMPOUNDS, CONTRACTIONS, ENDINGS, SPELLINGS};
use crate::words::Word;

/// What a token is by its form alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Letters, or letters and digits.
    Word,
    /// A whole number in numerals, without grouping; the text keeps leading zeros.
    Number(u64),
    /// "$1,500.00", or "1500.50", in cents; `dollar` says whether the sign was there.
    Decimal { cents: u64, dollar: bool },
    /// "20%".
    Percent(u64),
    /// "1/1/2026" or "2026-01-01"; not yet checked against the calendar.
    Date { year: u64, month: u64, day: u64 },
    /// "1st", "22nd".
    Ordinal(u64),
}

/// One normalised word.
pub(crate) struct Token {
    /// The normal spelling; for numerals their digits.
    pub(crate) text: String,
    /// What it is by its form.
    pub(crate) form: Form,
    /// The place in the utterance of the word it came from.
    pub(crate) word: usize,
    /// Whether a comma, full stop or question mark stood before it. Spelled-out recognisers never give one.
    pub(crate) after_stop: bool,
}

impl Drop for Token {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// The tokens of an utterance.
pub(crate) fn tokens(words: &[Word]) -> Vec<Token> {
    let mut out = Vec::with_capacity(words.len() + 8);
    let mut stop = false;
    for (place, word) in words.iter().enumerate() {
        for piece in word.text.split(char::is_whitespace) {
            stop = push_piece(&mut out, piece, place, stop);
        }
    }
    out.retain(|token| !token.text.is_empty());
    join(&mut out, ACRONYMS);
    join(&mut out, COMPOUNDS);
    out
}

/// Adds the tokens of one run of non-space text; says whether it ended in a stop.
fn push_piece(out: &mut Vec<Token>, piece: &str, word: usize, after_stop: bool) -> bool {
    let stop = piece.ends_with([',', '.', '?', '!', ';', ':']);
    let mut bare: String = piece
        .trim_matches(|c: char| !c.is_alphanumeric() && c != '$' && c != '%')
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '\u{2019}' | '\u{2018}' | '\u{60}') { '\'' } else { c })
        .collect();
    if bare.is_empty() {
        return stop || after_stop;
    }
    if let Some((form, digits)) = numeral(&bare) {
        out.push(Token { text: digits, form, word, after_stop });
    } else if is_amount(&bare) {
        // An amount in a form that is not understood stays whole: its parts would be other amounts.
        out.push(Token { text: bare.clone(), form: Form::Word, word, after_stop });
    } else {
        let mut first = after_stop;
        spell_out(&bare, &mut |text: &str| {
            if let Some((form, digits)) = numeral(text) {
                out.push(Token { text: digits, form, word, after_stop: first });
            } else {
                out.push(Token {
                    text: text.to_owned(),
                    form: Form::Word,
                    word,
                    after_stop: first,
                });
            }
            first = false;
        });
    }
    bare.zeroize();
    stop
}

/// Splits a word that is no numeral into its normal words.
fn spell_out(bare: &str, push: &mut impl FnMut(&str)) {
    let known = |table: &[(&'static str, &'static str)], text: &str| {
        table.iter().find(|(from, _)| *from == text).map(|(_, to)| *to)
    };
    if let Some(to) = known(SPELLINGS, bare).or_else(|| known(CONTRACTIONS, bare)) {
        to.split_whitespace().for_each(push);
        return;
    }
    // "p.p.o." is three letters; "co-pay", "and/or" and "1-a" are their parts.
    let mut parts =
        bare.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|p| !p.is_empty());
    for part in &mut parts {
        if let Some(to) = known(SPELLINGS, part).or_else(|| known(CONTRACTIONS, part)) {
            to.split_whitespace().for_each(&mut *push);
            continue;
        }
        let ending = ENDINGS.iter().find_map(|(end, to)| Some((part.strip_suffix(end)?, *to)));
        match ending {
            Some((head, to)) if !head.is_empty() => {
                push_plain(head, push);
                push(to);
            }
            Some(_) | None => push_plain(part, push),
        }
    }
}

/// One word without its apostrophe: "patient's" and "patients" are the same to every rule.
fn push_plain(part: &str, push: &mut impl FnMut(&str)) {
    if part.contains('\'') {
        let mut plain: String = part.chars().filter(|c| *c != '\'').collect();
        if !plain.is_empty() {
            push(&plain);
        }
        plain.zeroize();
    } else {
        push(part);
    }
}

/// A number in numerals by its form, with its digits.
fn numeral(bare: &str) -> Option<(Form, String)> {
    if !bare.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    if let Some(date) = numeral_date(bare) {
        return Some((date, bare.to_owned()));
    }
    if let Some(rest) = bare.strip_suffix('%') {
        return Some((Form::Percent(whole(rest)?), rest.to_owned()));
    }
    if let Some(rest) = bare.strip_prefix('$') {
        return Some((Form::Decimal { cents: decimal(rest)?, dollar: true }, digits_of(rest)));
    }
    for ending in ["st", "nd", "rd", "th"] {
        if let Some(value) = bare.strip_suffix(ending).and_then(whole) {
            return Some((Form::Ordinal(value), digits_of(bare)));
        }
    }
    if let Some(value) = whole(bare) {
        return Some((Form::Number(value), digits_of(bare)));
    }
    let cents = decimal(bare)?;
    Some((Form::Decimal { cents, dollar: false }, digits_of(bare)))
}

/// Whether this looks like one amount: digits with a dollar or percent sign or a decimal point.
fn is_amount(bare: &str) -> bool {
    bare.contains(['$', '%', '.', ','])
        && bare.chars().any(|c| c.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '$' | '%' | '.' | ','))
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Digits, grouped by commas in threes or not at all.
fn whole(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let head = groups.next()?;
    let grouped = text.contains(',');
    if head.is_empty() || (grouped && head.len() > 3) {
        return None;
    }
    let mut digits = head.to_owned();
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    let is_digits = digits.bytes().all(|b| b.is_ascii_digit());
    let value = if is_digits { digits.parse().ok() } else { None };
    digits.zeroize();
    value
}

/// "1,500" or "1,500.5" or "1500.50", in cents.
fn decimal(text: &str) -> Option<u64> {
    let (units, hundredths) = match text.split_once('.') {
        None => (text, 0),
        Some((units, fraction)) => {
            let value = whole(fraction).filter(|_| !fraction.contains(','))?;
            let hundredths = match fraction.len() {
                1 => value * 10,
                2 => value,
                _ => return None,
            };
            (units, hundredths)
        }
    };
    whole(units)?.checked_mul(100)?.checked_add(hundredths)
}

/// "1/1/2026", "01-01-2026" or "2026-01-01", as American offices write dates: month first.
fn numeral_date(bare: &str) -> Option<Form> {
    let mut parts = bare.split(['/', '-', '.']);
    let fields = [parts.next()?, parts.next()?, parts.next()?];
    if parts.next().is_some() || fields.iter().any(|f| f.is_empty() || f.len() > 4) {
        return None;
    }
    let [a, b, c] = [whole(fields[0])?, whole(fields[1])?, whole(fields[2])?];
    let lengths = fields.map(str::len);
    match lengths {
        [4, 1..=2, 1..=2] => Some(Form::Date { year: a, month: b, day: c }),
        [1..=2, 1..=2, 4] => Some(Form::Date { year: c, month: a, day: b }),
        [1..=2, 1..=2, 2] if bare.contains('/') => {
            Some(Form::Date { year: 2000 + c, month: a, day: b })
        }
        _ => None,
    }
}

/// Joins neighbours that are spellings of one word.
fn join(tokens: &mut Vec<Token>, table: &[(&[&str], &str)]) {
    let mut at = 0;
    while at < tokens.len() {
        let first = tokens.get(at).map_or("", |token| token.text.as_str());
        let hit =
            table.iter().filter(|(parts, _)| parts.first() == Some(&first)).find(|(parts, _)| {
                tokens.get(at..at + parts.len()).is_some_and(|window| {
                    window.iter().zip(*parts).all(|(token, part)| token.text == *part)
                })
            });
        if let Some((parts, whole)) = hit {
            if let Some(first) = tokens.get_mut(at) {
                first.text.zeroize();
                first.text.push_str(whole);
            }
            tokens.drain(at + 1..at + parts.len());
        }
        at += 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::words::Utterance;

    /// The tokens of a sentence, for the tests of other modules.
    pub(crate) fn of(text: &str) -> Vec<Token> {
        tokens(Utterance::from_text(text, 300).words().words)
    }

    fn texts(text: &str) -> Vec<String> {
        of(text).iter().map(|token| token.text.clone()).collect()
    }

    #[test]
    fn formatted_and_spelled_words_meet() {
        for (formatted, spelled) in [
            ("It's a PPO plan.", "it is a p p o plan"),
            ("P.P.O.", "p p o"),
            ("Co-pay, co-insurance", "co pay co insurance"),
            ("What's the member ID?", "what is the member i d"),
            ("the patient's D.O.B.", "the patients d o b"),
            ("I can\u{2019}t, I don't, they won't", "i can not i do not they will not"),
            ("out-of-pocket", "out of pocket"),
            ("Okay, um, goodbye!", "o k good bye"),
            ("I\u{2019}m sorry", "i am sorry"),
        ] {
            assert_eq!(texts(formatted), texts(spelled), "{formatted}");
        }
    }

    #[test]
    fn numerals_by_their_form() {
        let form = |text: &str| of(text).first().map(|token| token.form);
        for (text, want) in [
            ("1,500", Form::Number(1500)),
            ("749025.", Form::Number(749_025)),
            ("$40", Form::Decimal { cents: 4000, dollar: true }),
            ("$1,500.5", Form::Decimal { cents: 150_050, dollar: true }),
            ("1500.50", Form::Decimal { cents: 150_050, dollar: false }),
            ("20%", Form::Percent(20)),
            ("01/01/2026", Form::Date { year: 2026, month: 1, day: 1 }),
            ("1/15/26,", Form::Date { year: 2026, month: 1, day: 15 }),
            ("2026-01-01", Form::Date { year: 2026, month: 1, day: 1 }),
            ("22nd", Form::Ordinal(22)),
            ("w47291835", Form::Word),
        ] {
            assert_eq!(form(text), Some(want), "{text}");
        }
        for text in ["1,50", "12.5%", "99999999999999999999999", "$", "%", "1.234"] {
            assert!(
                !matches!(form(text), Some(Form::Percent(_) | Form::Decimal { .. })),
                "{text} is no value"
            );
        }
    }

    #[test]
    fn stops_are_remembered_and_words_keep_their_place() {
        let tokens = of("No, it isn't.  749-025 thanks");
        let shape: Vec<_> =
            tokens.iter().map(|t| (t.text.as_str(), t.word, t.after_stop)).collect();
        assert_eq!(
            shape,
            [
                ("no", 0, false),
                ("it", 1, true),
                ("is", 2, false),
                ("not", 2, false),
                ("749", 3, true),
                ("025", 3, false),
                ("thanks", 4, false),
            ]
        );
    }
}
