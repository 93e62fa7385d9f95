//! How words are pronounced: the lines of the CMU pronouncing dictionary for the words a model uses.
//!
//! Source: `cmudict-en-us.dict` of Debian's `pocketsphinx-en-us` (ARPAbet without stress). It does not guess: a word the
//! dictionary does not have is reported by name. Single letters are in it as they are spelled ("w" is "double u").

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

/// Words of this trade that cmudict lacks, with their sounds.
const SUPPLEMENT: [(&str, &str); 10] = [
    ("copay", "K OW P EY"),
    ("copays", "K OW P EY Z"),
    ("epo", "IY P IY OW"),
    ("hmo", "EY CH EH M OW"),
    ("juliett", "JH UW L IY EH T"),
    ("npi", "EH N P IY AY"),
    ("ppo", "P IY P IY OW"),
    ("telehealth", "T EH L AH HH EH L TH"),
    ("uhc", "Y UW EY CH S IY"),
    ("xray", "EH K S R EY"),
];

/// Pronunciations for a set of words, in the words' order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// Each word's pronunciations, the usual one first.
    entries: BTreeMap<String, Vec<String>>,
    unknown: Vec<String>,
}

impl Dictionary {
    /// Reads the pronunciations of `words` from `cmudict`: a line a pronunciation, the word (later ones numbered, as in
    /// `the(2)`), white space, the sounds.
    ///
    /// # Errors
    ///
    /// What `cmudict` says.
    pub fn subset<'w>(
        cmudict: impl BufRead,
        words: impl IntoIterator<Item = &'w str>,
    ) -> io::Result<Dictionary> {
        let mut entries: BTreeMap<String, Vec<String>> =
            words.into_iter().map(|word| (word.to_owned(), Vec::new())).collect();
        for line in cmudict.lines() {
            let line = line?;
            let Some((head, sounds)) = line.split_once(char::is_whitespace) else {
                continue;
            };
            let word = head.split_once('(').map_or(head, |(word, _)| word);
            if let Some(pronunciations) = entries.get_mut(word) {
                pronunciations.push(sounds.trim().to_owned());
            }
        }
        for (word, sounds) in SUPPLEMENT {
            if let Some(pronunciations) = entries.get_mut(word).filter(|known| known.is_empty()) {
                pronunciations.push(sounds.to_owned());
            }
        }
        let mut unknown = Vec::new();
        entries.retain(|word, pronunciations| {
            if pronunciations.is_empty() {
                unknown.push(word.clone());
            }
            !pronunciations.is_empty()
        });
        Ok(Dictionary { entries, unknown })
    }

    /// The words asked for that have no pronunciation, in alphabetical order.
    #[must_use]
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Whether `word` was asked for and has a pronunciation.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.entries.contains_key(word)
    }

    /// Writes the lines as PocketSphinx reads them.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (word, pronunciations) in &self.entries {
            for (number, sounds) in (1..).zip(pronunciations) {
                match number {
                    1 => writeln!(out, "{word} {sounds}")?,
                    _ => writeln!(out, "{word}({number}) {sounds}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CMUDICT: &str = "a AH\na(2) EY\nthe DH AH\nthe(2) DH IY\nw D AH B AH L Y UW\nzoo Z UW\n";

    #[test]
    fn the_lines_of_the_words_and_no_others() {
        let dictionary = Dictionary::subset(CMUDICT.as_bytes(), ["w", "the", "w"]).expect("memory");
        let mut text = Vec::new();
        dictionary.write(&mut text).expect("memory");
        assert_eq!(
            String::from_utf8(text).expect("text"),
            "the DH AH\nthe(2) DH IY\nw D AH B AH L Y UW\n"
        );
        assert!(dictionary.contains("w") && !dictionary.contains("zoo"));
    }

    #[test]
    fn absent_words_are_named_and_the_trades_own_are_not_absent() {
        let words = ["xyzzyx", "copay", "a", "the(2)", "42"];
        let dictionary = Dictionary::subset(CMUDICT.as_bytes(), words).expect("memory");
        assert_eq!(dictionary.unknown(), ["42", "the(2)", "xyzzyx"]);
        assert!(dictionary.contains("copay"));
    }
}
