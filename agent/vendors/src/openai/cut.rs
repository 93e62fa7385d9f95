//! Cutting a stream of text where it can be spoken: the first clause as soon as it is one, then whole sentences.
//!
//! A cut is made behind a stop that white space follows, so "1.5" and "N.P.I." stay whole, and never inside braces. This module
//! judges nothing.

/// A clause of fewer words than this is not worth a breath of its own.
const CLAUSE_WORDS_MIN: usize = 2;

/// A stop behind one of these ends no sentence. Lower case.
const ABBREVIATIONS: [&str; 5] = ["dr", "mr", "mrs", "ms", "st"];

/// See the module.
#[derive(Default)]
pub(super) struct Cutter {
    pending: String,
    any: bool,
}

impl Cutter {
    /// Takes text in and gives the pieces that are whole.
    pub(super) fn push(&mut self, text: &str) -> Vec<String> {
        self.pending.push_str(text);
        let mut pieces = Vec::new();
        while let Some(piece) = self.cut() {
            pieces.push(piece);
        }
        pieces
    }

    /// Bytes of the piece that is not whole yet.
    pub(super) const fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What is left when the stream is over.
    pub(super) fn finish(mut self) -> Option<String> {
        self.take(self.pending.len())
    }

    fn cut(&mut self) -> Option<String> {
        loop {
            let at = self.place()?;
            // A piece of nothing but white space and stops is no piece.
            if let Some(piece) = self.take(at) {
                return Some(piece);
            }
        }
    }

    /// Where the next piece ends, in bytes.
    fn place(&self) -> Option<usize> {
        let mut inside = false;
        let mut chars = self.pending.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let end = at + c.len_utf8();
            let next = chars.peek().map(|(_, next)| *next);
            match c {
                '{' => inside = true,
                '}' => inside = false,
                '\n' if !inside => return Some(end),
                _ if inside || !next.is_some_and(char::is_whitespace) => {}
                '.' if self.is_abbreviation(at) => {}
                '.' | '?' | '!' | '…' => return Some(end),
                ',' | ';' | ':' | '—' if !self.any && self.words(end) >= CLAUSE_WORDS_MIN => {
                    return Some(end);
                }
                _ => {}
            }
        }
        None
    }

    fn head(&self, end: usize) -> &str {
        self.pending.split_at_checked(end).map_or("", |(head, _)| head)
    }

    fn words(&self, end: usize) -> usize {
        self.head(end).split_whitespace().count()
    }

    /// Whether the stop at `at` belongs to a single letter or an abbreviation.
    fn is_abbreviation(&self, at: usize) -> bool {
        let head = self.head(at);
        let word = head.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        (letters == 1 && word.len() == 1 && word != "I")
            || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
    }

    fn take(&mut self, end: usize) -> Option<String> {
        let (head, tail) = self.pending.split_at_checked(end)?;
        let (piece, rest) = (head.trim().to_owned(), tail.to_owned());
        self.pending = rest;
        if !piece.chars().any(|c| c.is_alphanumeric() || c == '{') {
            return None;
        }
        self.any = true;
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, step: usize) -> Vec<String> {
        let mut cutter = Cutter::default();
        let chars: Vec<char> = text.chars().collect();
        let mut pieces: Vec<String> = chars
            .chunks(step)
            .flat_map(|chunk| cutter.push(&chunk.iter().collect::<String>()))
            .collect();
        pieces.extend(cutter.finish());
        pieces
    }

    #[test]
    fn the_first_clause_is_given_at_once_and_then_sentences() {
        let text = "Thank you for that, and the member I D is {member_id}. Is it active, please?";
        let expected =
            ["Thank you for that,", "and the member I D is {member_id}.", "Is it active, please?"];
        assert_eq!(cut(text, 3), expected);
        let mut cutter = Cutter::default();
        assert!(cutter.push("Thank you for that,").is_empty(), "what follows may be a digit");
        assert_eq!(cutter.push(" a"), ["Thank you for that,"]);
    }

    #[test]
    fn a_single_word_is_no_clause() {
        assert_eq!(cut("Sure, it is {npi}.", 1), ["Sure, it is {npi}."]);
    }

    #[test]
    fn stops_that_end_nothing_do_not_cut() {
        for whole in [
            "I am calling for Dr. Martin's office.",
            "The rate is 1.5 or so.",
            "It is {heard} , is that right?",
            "The N.P.I. is {npi}.",
        ] {
            let first = cut(whole, 4).concat().replace(' ', "");
            assert_eq!(first, whole.replace(' ', ""));
        }
        assert_eq!(cut("For Dr. Martin's office. Thanks.", 5).len(), 2);
        assert_eq!(cut("So am I. Thanks.", 5).len(), 2);
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        for nothing in ["", "  \n ", "... \n", "\n\n"] {
            assert!(cut(nothing, 1).is_empty(), "{nothing:?}");
        }
        assert_eq!(cut("One thing.\n\nAnother", 2), ["One thing.", "Another"]);
    }

    proptest! {
        #[test]
        fn how_the_stream_is_split_does_not_matter_and_nothing_is_lost(
            text in "[a-zI{}.,?! \n]{0,60}",
            step in 1_usize..9,
        ) {
            let pieces = cut(&text, step);
            prop_assert_eq!(&pieces, &cut(&text, text.len().max(1)));
            let solid = |text: &str| -> String {
                text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '{' | '}')).collect()
            };
            // A piece without a letter is left out; a lone closing brace is the one thing of weight it may hold.
            let kept = solid(&pieces.concat()).replace('}', "");
            prop_assert_eq!(kept, solid(&text).replace('}', ""));
        }
    }
}
