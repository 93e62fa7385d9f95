//! The words that a payer's sentences are made of: the ones that say nothing about who anybody is.
//!
//! Whoever may see what was heard, but not about whom, is given these words and no others. They are the literal words of the pack's
//! far-end sentences, of its questions and of its phrases. Entries of lists whose name ends in `name` are people's names and are left
//! out, and so is every value that is drawn. It does not look at a sentence; `callwright-understanding` does.

use std::collections::BTreeSet;

use crate::far_end::{FarEnd, Line, Node};
use crate::pack::Pack;
use crate::slots::Piece;

impl Pack {
    /// Every such word, in lower case and without punctuation.
    #[must_use]
    pub fn vocabulary(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        let far_end = self.far_end();
        for group in &far_end.groups {
            group.lines.iter().for_each(|line| literal(line, far_end, &mut words));
        }
        for set in self.sets() {
            for piece in set.reason.iter().flat_map(|reason| reason.pieces()) {
                if let Piece::Literal(text) = piece {
                    add(text, &mut words);
                }
            }
            for question in &set.fields {
                add(&question.title, &mut words);
                question.ask.iter().for_each(|ask| add(ask, &mut words));
            }
        }
        for phrase in self.every_phrase() {
            for piece in phrase.pieces() {
                if let Piece::Literal(text) = piece {
                    add(text, &mut words);
                }
            }
        }
        words
    }
}

fn literal(line: &Line, far_end: &FarEnd, words: &mut BTreeSet<String>) {
    for node in line {
        match node {
            Node::Words(text) => add(text, words),
            Node::Slot(_) => {}
            Node::List(name) if name.ends_with("name") => {}
            Node::List(name) => {
                let entries = far_end.lists.get(name).into_iter().flatten();
                entries.for_each(|entry| add(entry, words));
            }
            Node::OneOf(lines) => lines.iter().for_each(|line| literal(line, far_end, words)),
        }
    }
}

/// Single letters are left out, but for the two that are words: they spell things.
fn add(text: &str, words: &mut BTreeSet<String>) {
    let each = text.split(|c: char| !c.is_alphanumeric() && c != '\'').map(str::to_lowercase);
    words.extend(each.filter(|word| word.len() > 1 || matches!(word.as_str(), "a" | "i")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_words_of_benefits_and_no_name_of_a_person() {
        let words = Pack::embedded().unwrap().vocabulary();
        for word in ["deductible", "thank", "hold", "press", "a", "i", "acme"] {
            assert!(words.contains(word), "{word}");
        }
        for word in ["jessica", "maria", "w", "p", ""] {
            assert!(!words.contains(word), "{word}");
        }
        assert!(words.iter().all(|word| word.chars().all(|c| !c.is_uppercase())));
    }
}
