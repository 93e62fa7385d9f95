//! Finding a pack's phrases in normalised words.
//!
//! Spaces do not count: a pack writes "p p o", "co pay" and "isn't", and the normal forms are "ppo", "copay" and "is not".
//! A phrase fits where its letters are those of whole tokens.

use crate::normal::Token;

/// The place after the phrase, if it stands at `at`.
pub(super) fn ends(tokens: &[Token], at: usize, phrase: &str) -> Option<usize> {
    // Nearly every place fails at its first letter: look at that before anything else.
    let first = tokens.get(at)?.text.as_bytes().first();
    if first != phrase.as_bytes().first() {
        return None;
    }
    let mut letters = Letters { rest: phrase.chars(), n: false }.peekable();
    letters.peek()?;
    let mut end = at;
    while letters.peek().is_some() {
        let token = tokens.get(end)?;
        for c in token.text.chars() {
            if letters.next() != Some(c) {
                return None;
            }
        }
        end += 1;
    }
    Some(end)
}

/// Whether the phrase stands within these tokens.
pub(super) fn says(tokens: &[Token], phrase: &str) -> bool {
    (0..tokens.len()).any(|at| ends(tokens, at, phrase).is_some())
}

/// Every place of the phrase.
pub(super) fn places<'a>(
    tokens: &'a [Token],
    phrase: &'a str,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    (0..tokens.len()).filter_map(move |at| Some((at, ends(tokens, at, phrase)?)))
}

/// The letters of a phrase: no spaces, and "n't" as "not".
struct Letters<'a> {
    rest: std::str::Chars<'a>,
    n: bool,
}

impl Iterator for Letters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            match self.rest.next()? {
                '\'' if self.n && self.rest.as_str().starts_with('t') => {
                    self.n = false;
                    return Some('o');
                }
                ' ' | '\'' => {}
                c => {
                    self.n = c == 'n';
                    return Some(c);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;

    #[test]
    fn spaces_and_contractions_do_not_count() {
        for (text, phrase) in [
            ("it is a PPO plan", "p p o"),
            ("the co-pay is", "copay"),
            ("the copay is", "co pay"),
            ("it isn't required", "isn't required"),
            ("it is not required", "isn't required"),
            ("the patient's responsibility", "patient's responsibility"),
            ("no longer active", "no longer active"),
        ] {
            assert!(says(&of(text), phrase), "{text} / {phrase}");
        }
        for (text, phrase) in
            [("actively", "active"), ("is activ", "active"), ("met", "meet"), ("x", "")]
        {
            assert!(!says(&of(text), phrase), "{text} / {phrase}");
        }
        assert_eq!(places(&of("met and met"), "met").collect::<Vec<_>>(), [(0, 1), (2, 3)]);
    }
}
