//! A small pattern language over normalised words, for tables that people can read and extend.
//!
//! A pattern is words separated by spaces: `may|can i` (either word), `?please` (may be missing), `*` or `*5` (up to
//! three, or five, words of any kind), `^` (the beginning of the utterance) and `$` (its end). The first word of a
//! pattern, after `^`, is always a plain one, so that patterns can be looked up by it. Matching takes the shortest gap
//! that works and never goes back further than one pattern's length.
//!
//! The module knows no pattern; the tables in `acts` do.

use std::collections::BTreeMap;

use crate::normal::Token;

/// How many words a `*` may skip.
const GAP: usize = 3;

enum Atom {
    Any(Vec<&'static str>),
    Maybe(Vec<&'static str>),
    Gap(usize),
    Start,
    End,
}

/// Where a pattern was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit<S> {
    /// What the pattern means.
    pub(crate) sense: S,
    /// The place of its first token.
    pub(crate) at: usize,
    /// The place after its last.
    pub(crate) end: usize,
}

/// Patterns with their meanings, looked up by first word.
pub(crate) struct Patterns<S> {
    rules: Vec<(S, Vec<Atom>)>,
    by_first: BTreeMap<&'static str, Vec<usize>>,
}

impl<S: Copy> Patterns<S> {
    /// Compiles tables of meanings and patterns.
    pub(crate) fn compile(tables: &[&[(S, &[&'static str])]]) -> Patterns<S> {
        let mut rules = Vec::new();
        let mut by_first: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
        for (sense, patterns) in tables.iter().flat_map(|table| table.iter()) {
            for pattern in *patterns {
                let atoms: Vec<Atom> = pattern.split_whitespace().map(atom).collect();
                if let Some(Atom::Any(first)) =
                    atoms.iter().find(|atom| !matches!(atom, Atom::Start))
                {
                    for word in first {
                        by_first.entry(word).or_default().push(rules.len());
                    }
                }
                rules.push((*sense, atoms));
            }
        }
        Patterns { rules, by_first }
    }

    /// Every place where a pattern fits, in the order of the words.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<Hit<S>> {
        let mut hits = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let Some(rules) = self.by_first.get(token.text.as_str()) else {
                continue;
            };
            for (sense, atoms) in rules.iter().filter_map(|rule| self.rules.get(*rule)) {
                if let Some(end) = fits(atoms, tokens, at) {
                    hits.push(Hit { sense: *sense, at, end });
                }
            }
        }
        hits
    }
}

fn atom(text: &'static str) -> Atom {
    let words = |text: &'static str| text.split('|').collect();
    match text {
        "^" => Atom::Start,
        "$" => Atom::End,
        _ => {
            if let Some(most) = text.strip_prefix('*') {
                Atom::Gap(most.parse().unwrap_or(GAP))
            } else if let Some(maybe) = text.strip_prefix('?') {
                Atom::Maybe(words(maybe))
            } else {
                Atom::Any(words(text))
            }
        }
    }
}

/// The place after the match, if the atoms fit from `at` on.
fn fits(atoms: &[Atom], tokens: &[Token], at: usize) -> Option<usize> {
    let Some((atom, rest)) = atoms.split_first() else {
        return Some(at);
    };
    let is =
        |words: &[&str]| tokens.get(at).is_some_and(|token| words.contains(&token.text.as_str()));
    match atom {
        Atom::Start => (at == 0).then(|| fits(rest, tokens, at)).flatten(),
        Atom::End => (at == tokens.len()).then(|| fits(rest, tokens, at)).flatten(),
        Atom::Any(words) => is(words).then(|| fits(rest, tokens, at + 1)).flatten(),
        Atom::Maybe(words) => is(words)
            .then(|| fits(rest, tokens, at + 1))
            .flatten()
            .or_else(|| fits(rest, tokens, at)),
        Atom::Gap(most) => (0..=*most)
            .take_while(|skip| at + skip <= tokens.len())
            .find_map(|skip| fits(rest, tokens, at + skip)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::tests::of;

    fn ends(pattern: &'static str, text: &str) -> Vec<(usize, usize)> {
        let patterns = Patterns::compile(&[&[((), &[pattern])]]);
        patterns.find(&of(text)).iter().map(|hit| (hit.at, hit.end)).collect()
    }

    #[test]
    fn each_sign() {
        assert_eq!(ends("may|can i have", "yes can i have may i have"), [(1, 4), (4, 7)]);
        assert_eq!(ends("may i ?please have", "may i have may i please have"), [(0, 3), (3, 7)]);
        assert_eq!(ends("may * name", "may i have your name"), [(0, 5)]);
        assert_eq!(ends("may * name", "may i have the full name"), []);
        assert_eq!(ends("may *5 name", "may i have the full name"), [(0, 6)]);
        assert_eq!(ends("^ hello $", "hello"), [(0, 1)]);
        assert_eq!(ends("^ hello $", "hello there"), []);
        assert_eq!(ends("^ hello", "oh hello"), []);
    }
}
