//! A trigram language model from sentences, in the ARPA form that PocketSphinx reads.
//!
//! Smoothing is Witten-Bell, interpolated: after a history seen N times with T different next words, the part
//! T / (T + N) of the probability goes to the next shorter history (Witten and Bell, "The zero-frequency problem", IEEE
//! Trans. Information Theory 37(4), 1991; Chen and Goodman, TR-10-98, §2.4). Every n-gram seen is kept: there is no pruning,
//! no class and no unknown word, because the sentences are generated and a word outside them cannot be pronounced anyway.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Sentence begin and end, as PocketSphinx spells them.
const BEGIN: &str = "<s>";
const END: &str = "</s>";

/// Their ids, ahead of every word's.
const BEGIN_ID: u32 = 0;
const END_ID: u32 = 1;

/// Added to every unigram's count, so that a word's probability never falls to nothing.
const UNIGRAM_FLOOR: f64 = 0.5;

/// Log10 probability that the ARPA form gives to what never happens: here, `<s>` after something.
const NEVER: f64 = -99.0;

/// A trained trigram model. The same sentences give the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Arpa {
    vocabulary: Vec<String>,
    unigrams: Vec<Row<1>>,
    bigrams: Vec<Row<2>>,
    trigrams: Vec<Row<3>>,
}

/// An n-gram, with its probability after its first words and the weight of shorter histories after all of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row<const N: usize> {
    gram: [u32; N],
    log10_probability: f64,
    log10_back_off: Option<f64>,
}

/// What follows one history: how often, and how many different words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Follow {
    tokens: u64,
    types: u64,
}

impl Follow {
    /// Witten-Bell: the part of the probability that shorter histories get.
    fn lambda(self) -> f64 {
        self.types as f64 / (self.types + self.tokens) as f64
    }
}

/// Trains on `sentences`: words separated by white space, taken as they are. Sentences without words are passed over.
///
/// Takes O(n log n) time in the number of words.
#[must_use]
pub fn train<S: AsRef<str>>(sentences: &[S]) -> Arpa {
    let (vocabulary, tokens) = interned(sentences);
    let unigrams = counted(&tokens, |sentence| sentence.iter().map(|&word| [word]).collect());
    let bigrams = counted(&tokens, grams::<2>);
    let trigrams = counted(&tokens, grams::<3>);
    let after_one = follows(&bigrams, |[a, _]| [a]);
    let after_two = follows(&trigrams, |[a, b, _]| [a, b]);

    // A sentence's begin is never predicted, so it takes no part in the unigram distribution.
    let predicted = unigrams.iter().filter(|(gram, _)| *gram != [BEGIN_ID]);
    let total: f64 = predicted.map(|(_, count)| *count as f64 + UNIGRAM_FLOOR).sum();
    let p1: BTreeMap<u32, f64> = unigrams
        .iter()
        .map(|&([word], count)| (word, (count as f64 + UNIGRAM_FLOOR) / total))
        .collect();
    let p2: BTreeMap<[u32; 2], f64> = bigrams
        .iter()
        .map(|&(gram, count)| (gram, interpolated(count, after_one.get(&[gram[0]]), p1[&gram[1]])))
        .collect();

    Arpa {
        vocabulary,
        unigrams: unigrams
            .iter()
            .map(|&(gram, _)| Row {
                gram,
                log10_probability: if gram == [BEGIN_ID] { NEVER } else { p1[&gram[0]].log10() },
                log10_back_off: after_one.get(&gram).map(|follow| follow.lambda().log10()),
            })
            .collect(),
        bigrams: bigrams
            .iter()
            .map(|&(gram, _)| Row {
                gram,
                log10_probability: p2[&gram].log10(),
                log10_back_off: after_two.get(&gram).map(|follow| follow.lambda().log10()),
            })
            .collect(),
        trigrams: trigrams
            .iter()
            .map(|&(gram, count)| {
                let [a, b, c] = gram;
                let shorter = p2[&[b, c]];
                Row {
                    gram,
                    log10_probability: interpolated(count, after_two.get(&[a, b]), shorter).log10(),
                    log10_back_off: None,
                }
            })
            .collect(),
    }
}

/// (1 - lambda) * count / tokens + lambda * shorter.
fn interpolated(count: u64, after: Option<&Follow>, shorter: f64) -> f64 {
    let Some(&after) = after else {
        return shorter;
    };
    let lambda = after.lambda();
    (1.0 - lambda) * count as f64 / after.tokens as f64 + lambda * shorter
}

/// The words in alphabetical order behind the two marks, and each sentence as ids between its marks.
fn interned<S: AsRef<str>>(sentences: &[S]) -> (Vec<String>, Vec<Vec<u32>>) {
    let words = || {
        let sentences = sentences.iter().map(|sentence| sentence.as_ref().split_whitespace());
        sentences.filter(|words| words.clone().next().is_some())
    };
    let mut ids: BTreeMap<&str, u32> = words().flatten().map(|word| (word, 0)).collect();
    let mut vocabulary = vec![BEGIN.to_owned(), END.to_owned()];
    for (id, (word, slot)) in (END_ID + 1..).zip(&mut ids) {
        vocabulary.push((*word).to_owned());
        *slot = id;
    }
    let tokens = words()
        .map(|sentence| {
            let mut sentence: Vec<u32> = sentence.map(|word| ids[word]).collect();
            sentence.insert(0, BEGIN_ID);
            sentence.push(END_ID);
            sentence
        })
        .collect();
    (vocabulary, tokens)
}

/// Every run of `N` ids in `sentence`.
fn grams<const N: usize>(sentence: &[u32]) -> Vec<[u32; N]> {
    sentence.windows(N).filter_map(|window| window.try_into().ok()).collect()
}

/// How often each n-gram occurs, in the n-grams' order.
fn counted<const N: usize>(
    sentences: &[Vec<u32>],
    split: impl Fn(&[u32]) -> Vec<[u32; N]>,
) -> Vec<([u32; N], u64)> {
    let mut all: Vec<[u32; N]> = sentences.iter().flat_map(|sentence| split(sentence)).collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect()
}

/// What follows each history of the counted n-grams.
fn follows<const N: usize, const H: usize>(
    counts: &[([u32; N], u64)],
    history: impl Fn([u32; N]) -> [u32; H],
) -> BTreeMap<[u32; H], Follow> {
    let mut follows: BTreeMap<[u32; H], Follow> = BTreeMap::new();
    for &(gram, count) in counts {
        let follow = follows.entry(history(gram)).or_default();
        follow.tokens += count;
        follow.types += 1;
    }
    follows
}

impl Arpa {
    /// The words, in alphabetical order, without the sentence marks.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.vocabulary.iter().skip(2).map(String::as_str)
    }

    /// Writes the model in ARPA form: log10 probabilities and back-off weights to five decimals.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\\data\\")?;
        writeln!(out, "ngram 1={}", self.unigrams.len())?;
        writeln!(out, "ngram 2={}", self.bigrams.len())?;
        writeln!(out, "ngram 3={}", self.trigrams.len())?;
        self.write_order(&self.unigrams, out)?;
        self.write_order(&self.bigrams, out)?;
        self.write_order(&self.trigrams, out)?;
        writeln!(out, "\n\\end\\")
    }

    fn write_order<const N: usize>(&self, rows: &[Row<N>], out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\n\\{N}-grams:")?;
        for row in rows {
            write!(out, "{:.5}\t", row.log10_probability)?;
            for (place, &id) in row.gram.iter().enumerate() {
                let space = if place == 0 { "" } else { " " };
                write!(out, "{space}{}", self.vocabulary[id as usize])?;
            }
            match row.log10_back_off {
                Some(weight) => writeln!(out, "\t{weight:.5}")?,
                None => writeln!(out)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row<'a, const N: usize>(rows: &'a [Row<N>], gram: &[u32]) -> Option<&'a Row<N>> {
        rows.iter().find(|row| row.gram == gram)
    }

    /// Probability of `word` after the history `[a, b]`, as a reader of the ARPA form computes it.
    fn probability(arpa: &Arpa, [a, b]: [u32; 2], word: u32) -> f64 {
        let weight = |row: Option<f64>| row.unwrap_or(0.0);
        let after_one = || match row(&arpa.bigrams, &[b, word]) {
            Some(row) => row.log10_probability,
            None => {
                weight(row(&arpa.unigrams, &[b]).and_then(|row| row.log10_back_off))
                    + row(&arpa.unigrams, &[word]).map_or(NEVER, |row| row.log10_probability)
            }
        };
        let log10 = match row(&arpa.trigrams, &[a, b, word]) {
            Some(row) => row.log10_probability,
            None => {
                weight(row(&arpa.bigrams, &[a, b]).and_then(|row| row.log10_back_off)) + after_one()
            }
        };
        10_f64.powf(log10)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn after_every_history_the_probabilities_sum_to_one(
            sentences in prop::collection::vec("[abcd]( [abcd]){0,5}", 1..12)
        ) {
            let arpa = train(&sentences);
            let ids = 0..u32::try_from(arpa.vocabulary.len()).expect("few words");
            for a in ids.clone() {
                for b in ids.clone().filter(|b| *b != END_ID) {
                    let sum: f64 = ids.clone().skip(1).map(|w| probability(&arpa, [a, b], w)).sum();
                    prop_assert!((sum - 1.0).abs() < 1e-9, "after {a} {b}: {sum}");
                }
            }
        }

        #[test]
        fn the_order_of_sentences_is_of_no_account(
            mut sentences in prop::collection::vec("[abc]( [abc]){0,3}", 1..8)
        ) {
            let forward = train(&sentences);
            sentences.reverse();
            prop_assert_eq!(forward, train(&sentences));
        }
    }

    #[test]
    fn a_small_model_by_hand() {
        // After "<s>": "a" twice, one type, so lambda = 1/3. Unigrams: a 2, b 1, </s> 2, floor 0.5 each, total 6.5.
        let arpa = train(&["a b", "a", "  "]);
        let first = row(&arpa.bigrams, &[BEGIN_ID, 2]).expect("seen");
        let expected = 2.0 / 3.0 + 1.0 / 3.0 * 2.5 / 6.5;
        assert!((first.log10_probability - f64::log10(expected)).abs() < 1e-12);
        let begin = row(&arpa.unigrams, &[BEGIN_ID]).expect("always there");
        assert!(
            (begin.log10_back_off.expect("has followers") - (1.0_f64 / 3.0).log10()).abs() < 1e-12
        );
        let mut text = Vec::new();
        arpa.write(&mut text).expect("writing to memory");
        let text = String::from_utf8(text).expect("text");
        assert!(text.starts_with(
            "\\data\\\nngram 1=4\nngram 2=4\nngram 3=3\n\n\\1-grams:\n-99.00000\t<s>\t-0.47712\n"
        ));
        assert!(text.ends_with("\n\\end\\\n"));
        assert_eq!(arpa.words().collect::<Vec<_>>(), ["a", "b"]);
    }
}
