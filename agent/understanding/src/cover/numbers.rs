//! Figures and letters in a row, said in any way, and dates: which of them are amounts that may pass.
//!
//! A number passes where it is one whole amount or count. What two speakers could mean by it, or what does not make one number, is taken
//! for an identifier. This module knows nothing of the words around a run but the unit behind it.

use std::ops::Range;

use callwright_prompts::slots::HeardKind;

use super::{Kinds, cover, text};
use crate::normal::{Form, Token};
use crate::spelling::ACRONYMS;
use crate::value::{code, date, number};

/// What may stand between two parts of one number.
const JOINS: &[&str] = &["dash", "hyphen", "slash", "dot", "point", "underscore"];

/// What says that a figure or a letter comes more than once.
const REPEATS: &[&str] = &["double", "triple", "quadruple"];

/// Words that recognisers write for figures and letters of the same sound. Between figures they are figures.
const HOMOPHONES: &[(&str, char)] = &[
    ("ate", '8'),
    ("fife", '5'),
    ("for", '4'),
    ("fore", '4'),
    ("free", '3'),
    ("hate", '8'),
    ("nein", '9'),
    ("o", '0'),
    ("owe", '0'),
    ("sex", '6'),
    ("sics", '6'),
    ("sick", '6'),
    ("to", '2'),
    ("too", '2'),
    ("tree", '3'),
    ("wan", '1'),
    ("won", '1'),
];

/// Words that recognisers write for the names of letters. Three in a row spell something.
const LETTER_SOUNDS: &[&str] = &[
    "aitch", "are", "ay", "be", "bee", "cue", "dee", "ee", "ef", "el", "ell", "em", "en", "ess",
    "ex", "eye", "gee", "jay", "kay", "oh", "pea", "pee", "queue", "sea", "see", "tea", "tee",
    "vee", "why", "you", "zee",
];

/// Sounds of letters that are everyday words.
const WORDS_TOO: &[&str] = &["a", "are", "be", "i", "oh", "see", "why", "you"];

/// Words after which a number says how much or how many, and not who.
const UNITS: &[&str] = &[
    "bitewings",
    "cents",
    "cleanings",
    "day",
    "days",
    "dollar",
    "dollars",
    "exams",
    "hour",
    "hours",
    "minute",
    "minutes",
    "month",
    "months",
    "percent",
    "sessions",
    "times",
    "units",
    "visit",
    "visits",
    "week",
    "weeks",
    "year",
    "years",
];

/// The most figures of an amount or a count without a comma or a currency sign: "1500 dollars", "365 days".
const AMOUNT_FIGURES_MAX: usize = 4;

/// The most figures of an amount with a currency sign, cents included: "$12,500.00".
const DECIMAL_FIGURES_MAX: usize = 7;

/// The most words of one amount without a unit, such as "two thousand five hundred".
const AMOUNT_WORDS_MAX: usize = 7;

/// From here on a number without a unit and without "hundred" is no count.
const COUNT_END: u64 = 100;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// No figure, letter or date.
    Word,
    /// Words, or an amount or a count by its own form.
    Passes,
    /// One small number, which nothing says the unit of.
    Bare,
    /// An identifier, a date or a spelling.
    Covered(HeardKind),
}

/// What begins at `at`, and the place after it.
pub(super) fn run(tokens: &[Token], at: usize) -> (usize, Run) {
    let dated = date_run(tokens, at);
    if dated > 0 {
        return (at + dated, Run::Covered(HeardKind::Date));
    }
    let end = at + number_run(tokens, at);
    if end == at { (at, Run::Word) } else { (end, judge(tokens, at..end)) }
}

/// Homophones beside an identifier are a part of it, and three sounds of letters in a row spell.
pub(super) fn hold_on(tokens: &[Token], kinds: &mut Kinds) {
    let id = Some(HeardKind::Id);
    for at in 0..tokens.len() {
        if kinds[at].is_none() && at > 0 && kinds[at - 1] == id && figure_sound(tokens, at) {
            kinds[at] = id;
        }
    }
    for at in (0..tokens.len().saturating_sub(1)).rev() {
        if kinds[at].is_none() && kinds[at + 1] == id && figure_sound(tokens, at) {
            kinds[at] = id;
        }
    }
    spelled_acronyms(tokens, kinds);
    let mut at = 0;
    while at < tokens.len() {
        let row = (at..tokens.len()).take_while(|place| figure_sound(tokens, *place)).count();
        let sounds = (at..at + row).any(|place| homophone(text(tokens, place)).is_some());
        if row >= 3 && sounds {
            cover(kinds, at..at + row, HeardKind::Id);
        }
        at += row.max(1);
    }
    at = 0;
    while at < tokens.len() {
        let row = (at..tokens.len()).take_while(|place| letter_sound(tokens, *place)).count();
        // "Why are you" spells nothing; "why are em" does.
        let odd = (at..at + row).filter(|place| !WORDS_TOO.contains(&text(tokens, *place)));
        if row >= 3 && odd.count() >= 2 {
            cover(kinds, at..at + row, HeardKind::Spelling);
        }
        at += row.max(1);
    }
}

/// "D e s t i n y": an acronym among letters is a part of what they spell.
fn spelled_acronyms(tokens: &[Token], kinds: &mut Kinds) {
    let spells =
        |kind: Option<HeardKind>| matches!(kind, Some(HeardKind::Id | HeardKind::Spelling));
    // "Okay" after a number is a word.
    let acronym = |at: usize| {
        ACRONYMS.iter().any(|(letters, whole)| letters.len() > 2 && *whole == text(tokens, at))
    };
    for at in 1..tokens.len() {
        if acronym(at) && spells(kinds[at - 1]) {
            cover(kinds, at..at + 1, HeardKind::Spelling);
        }
    }
    for at in (1..tokens.len()).rev() {
        if acronym(at - 1) && spells(kinds[at]) {
            cover(kinds, at - 1..at, HeardKind::Spelling);
        }
    }
}

fn figure_sound(tokens: &[Token], at: usize) -> bool {
    homophone(text(tokens, at)).is_some() || tokens.get(at).is_some_and(is_figure)
}

fn letter_sound(tokens: &[Token], at: usize) -> bool {
    LETTER_SOUNDS.contains(&text(tokens, at)) || tokens.get(at).is_some_and(is_letter)
}

/// The figure that sounds like this word.
pub(super) fn homophone(word: &str) -> Option<char> {
    HOMOPHONES.iter().find(|(sound, _)| *sound == word).map(|(_, figure)| *figure)
}

/// How often the figure after this word is meant.
pub(super) fn repeats(word: &str) -> Option<usize> {
    REPEATS.iter().position(|each| *each == word).map(|place| place + 2)
}

/// Whether an amount has more figures than amounts have.
pub(super) fn is_too_long(token: &Token) -> bool {
    token.text.chars().filter(char::is_ascii_digit).count() > DECIMAL_FIGURES_MAX
}

/// A part of a number in words or figures, or of a date.
pub(super) fn is_figure(token: &Token) -> bool {
    let word = token.text.as_str();
    match token.form {
        Form::Number(_) => true,
        Form::Word => {
            matches!(word, "hundred" | "thousand" | "million")
                || number::digit(word).is_some() && word != "o"
                || number::teen(word).or_else(|| number::tens(word)).is_some()
        }
        Form::Decimal { .. } | Form::Percent(_) | Form::Date { .. } | Form::Ordinal(_) => false,
    }
}

fn is_letter(token: &Token) -> bool {
    token.form == Form::Word
        && token.text.chars().count() == 1
        && token.text.chars().all(char::is_alphabetic)
}

/// A letter that is no word of its own.
fn is_plain_letter(token: &Token) -> bool {
    is_letter(token) && !matches!(token.text.as_str(), "a" | "i")
}

fn is_mixed(token: &Token) -> bool {
    token.form == Form::Word
        && token.text.chars().any(|c| c.is_ascii_digit())
        && token.text.chars().any(char::is_alphabetic)
}

fn is_day(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| {
        is_figure(token)
            || matches!(token.form, Form::Ordinal(_))
            || number::ordinal_day(tokens, at).is_some()
    })
}

/// How many tokens from `at` on are a date: a month with figures behind it, or a day before it.
fn date_run(tokens: &[Token], at: usize) -> usize {
    if matches!(tokens[at].form, Form::Date { .. }) {
        return 1;
    }
    let mut month = at;
    // "the twelfth of april", "twelfth april", "the fifth day of may"
    if is_day(tokens, at) {
        month = number::ordinal_day(tokens, at).map_or(at + 1, |(_, end)| end);
        month += usize::from(text(tokens, month) == "day");
        month += usize::from(text(tokens, month) == "of");
    }
    let spelled = date::month(text(tokens, month)).is_some();
    // "the third of the fifth nineteen eighty": the month is an ordinal, too.
    let counted = month > at && {
        month += usize::from(text(tokens, month) == "the");
        number::ordinal_day(tokens, month).is_some()
            && number::ordinal_day(tokens, at).is_some_and(|(_, end)| end < month)
    };
    if !spelled && !counted {
        return 0;
    }
    let mut end = if spelled {
        month + 1
    } else {
        number::ordinal_day(tokens, month).map_or(month + 1, |(_, end)| end)
    };
    let first = end;
    loop {
        let joined = matches!(text(tokens, end), "the" | "of" | "in" | "and");
        let from = end + usize::from(joined);
        if !is_day(tokens, from) {
            break;
        }
        end = number::ordinal_day(tokens, from).map_or(from + 1, |(_, after)| after.max(from + 1));
    }
    // A month alone is left to the vocabulary: "may i", "march".
    if end == first && month == at { 0 } else { end - at }
}

/// How many tokens from `at` on are figures and letters, with what joins them and with "as in whiskey".
fn number_run(tokens: &[Token], at: usize) -> usize {
    let mut end = at;
    while end < tokens.len() {
        match piece(tokens, at, end) {
            0 => break,
            step => end = (end + step).min(tokens.len()),
        }
    }
    end - at
}

/// How many tokens at `at` go on with a run that began at `from`.
fn piece(tokens: &[Token], from: usize, at: usize) -> usize {
    let token = &tokens[at];
    let word = token.text.as_str();
    let begun = at > from;
    if is_letter(token) {
        return 1 + example(tokens, at);
    }
    if is_figure(token) || is_mixed(token) {
        return 1;
    }
    let goes_on = |place: usize| {
        tokens
            .get(place)
            .is_some_and(|next| is_figure(next) || is_plain_letter(next) || is_mixed(next))
    };
    let spells = code::alphabet(word).is_some()
        && (goes_on(at + 1)
            || code::alphabet(text(tokens, at + 1)).is_some()
            || begun && beside(&tokens[at - 1]));
    let joins = begun && JOINS.contains(&word);
    let repeats = repeats(word).is_some() && (begun || goes_on(at + 1));
    let and = word == "and"
        && begun
        && matches!(text(tokens, at - 1), "hundred" | "thousand")
        && tokens.get(at + 1).is_some_and(is_figure);
    let sounds = begun && homophone(word).is_some() && {
        let next = at + 1 + usize::from(homophone(text(tokens, at + 1)).is_some());
        goes_on(next)
            || tokens.get(next).is_some_and(|t| t.form == Form::Word) && repeats_at(tokens, next)
    };
    usize::from(spells || joins || repeats || and || sounds)
}

fn repeats_at(tokens: &[Token], at: usize) -> bool {
    repeats(text(tokens, at)).is_some()
}

fn beside(token: &Token) -> bool {
    is_figure(token) || is_letter(token) || code::alphabet(&token.text).is_some()
}

/// How many tokens after the letter at `at` say which letter it is: "as in whiskey", "like boy", "for boy".
fn example(tokens: &[Token], at: usize) -> usize {
    let after = |place: usize| text(tokens, at + place);
    let words = match (after(1), after(2), after(3)) {
        ("as", "in", word) if !word.is_empty() => 3,
        ("is" | "like", "for" | "like" | "in", word)
            if !word.is_empty() && is_plain_letter(&tokens[at]) =>
        {
            3
        }
        ("like" | "for" | "as", word, _) if !word.is_empty() && is_plain_letter(&tokens[at]) => 2,
        _ => 0,
    };
    // "b as in 4": a figure is a figure, and no example.
    let names = tokens.get(at + words).is_some_and(|token| !is_figure(token) && !is_letter(token));
    if names { words } else { 0 }
}

/// What a run of figures and letters is.
fn judge(tokens: &[Token], run: Range<usize>) -> Run {
    let part = &tokens[run.clone()];
    let articles = part.iter().take_while(|token| matches!(token.text.as_str(), "a" | "i")).count();
    let figures =
        |token: &Token| is_figure(token) || token.text.chars().any(|c| c.is_ascii_digit());
    if !part.iter().any(figures) {
        // "i", "a": words. Anything else spells.
        return if articles < part.len() { Run::Covered(HeardKind::Spelling) } else { Run::Passes };
    }
    let rest = &part[articles..];
    let id = Run::Covered(HeardKind::Id);
    if !rest.iter().all(|token| is_figure(token) || token.text == "and") {
        return id;
    }
    let long = |token: &Token| {
        let figures = token.text.chars().count();
        // Nobody counts to "047".
        let padded = figures > 1 && token.text.starts_with('0');
        matches!(token.form, Form::Number(_)) && (figures > AMOUNT_FIGURES_MAX || padded)
    };
    if rest.iter().any(long) {
        return id;
    }
    let scaled = rest.iter().any(|token| matches!(token.text.as_str(), "hundred" | "thousand"));
    // The article of "a hundred" is a part of the number.
    let bare_scale =
        rest.first().is_some_and(|first| matches!(first.text.as_str(), "hundred" | "thousand"));
    let from = run.start + articles - usize::from(bare_scale && articles > 0);
    let one = number::cardinal(tokens, from).filter(|one| one.end == run.end);
    let Some(one) = one else { return id };
    let counted = UNITS.contains(&text(tokens, run.end));
    if counted || scaled && one.sure && rest.len() <= AMOUNT_WORDS_MAX {
        Run::Passes
    } else if one.sure && one.value < COUNT_END {
        Run::Bare
    } else {
        id
    }
}
