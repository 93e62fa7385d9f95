//! The conversation as a language model may see it: the latest lines, with typed tokens for all that identifies (rule V2).
//!
//! It remembers which words each token of the far end's latest line stands for, so that what a model quotes from it can be found in the
//! words that were heard. It shows nothing to anybody by itself.

use std::collections::VecDeque;
use std::ops::Range;

use callwright_core::UtteranceId;
use callwright_prompts::Token;
use callwright_understanding::{Covered, Coverer, Utterance, shown};
use callwright_vendors::{Line, TokenText, Who};

/// Lines that a model is shown: what a turn follows from lies in the last few.
const LINES_MAX: usize = 16;

/// See the module.
#[derive(Default)]
pub(crate) struct Talk {
    lines: VecDeque<Line>,
    latest: Option<Latest>,
}

/// The far end's latest words.
struct Latest {
    utterance: UtteranceId,
    words: Utterance,
    covered: Covered,
}

impl Talk {
    /// The far end said something. Gives the covered words.
    pub(crate) fn far_end(
        &mut self,
        utterance: UtteranceId,
        words: &Utterance,
        coverer: &mut Coverer,
    ) -> Covered {
        let covered = coverer.cover(words.words().words);
        let text = covered.text(words.words().words, |token| token.to_string());
        self.push(Who::FarEnd, text);
        self.latest = Some(Latest { utterance, words: words.clone(), covered: covered.clone() });
        covered
    }

    /// The agent said something: the template, its tokens unfilled.
    pub(crate) fn agent(&mut self, template: String) {
        self.push(Who::Agent, template);
    }

    fn push(&mut self, who: Who, text: String) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { who, text: TokenText::covered(text) });
    }

    /// The lines, oldest first.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.lines.iter().cloned().collect()
    }

    /// The stretch of the far end's latest words that a model quotes from their covered form; `None` where they hold no such thing.
    pub(crate) fn quoted(&self, quote: &TokenText) -> Option<(UtteranceId, Utterance)> {
        let latest = self.latest.as_ref()?;
        let words = latest.words.words().words;
        let pieces = pieces(&latest.covered, words.len(), |at| shown(&words[at]));
        let wanted: Vec<&str> = quote.as_str().split_whitespace().collect();
        let first = pieces.windows(wanted.len().max(1)).find(|window| {
            window.iter().map(|(text, _)| text.as_str()).eq(wanted.iter().copied())
        })?;
        let (from, to) = (first.first()?.1.start, first.last()?.1.end);
        Some((latest.utterance, Utterance::new(words[from..to].to_vec())))
    }
}

/// What stands in the covered text between two spaces, each with the words that it stands for.
fn pieces(
    covered: &Covered,
    words: usize,
    text: impl Fn(usize) -> String,
) -> Vec<(String, Range<usize>)> {
    let tokens: Vec<(Token, Range<usize>)> = covered.tokens().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < words {
        match tokens.iter().find(|(_, range)| range.start == at) {
            Some((token, range)) => {
                pieces.push((token.to_string(), range.clone()));
                at = range.end;
            }
            None => {
                pieces.push((text(at), at..at + 1));
                at += 1;
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use callwright_prompts::Pack;

    use super::*;

    fn heard(text: &str) -> Talk {
        let mut talk = Talk::default();
        let mut coverer = Coverer::new(&Pack::embedded().unwrap().vocabulary());
        talk.far_end(UtteranceId(7), &Utterance::from_text(text, 100), &mut coverer);
        talk
    }

    fn quoted(talk: &Talk, quote: &str) -> Option<String> {
        let (utterance, words) = talk.quoted(&TokenText::covered(quote.to_owned()))?;
        assert_eq!(utterance, UtteranceId(7));
        let texts = words.words().words.iter().map(|word| word.text.clone());
        Some(texts.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_quote_is_found_in_the_words_that_were_heard() {
        let talk =
            heard("the reference number is seven four nine zero and the copay is forty dollars");
        assert_eq!(quoted(&talk, "forty dollars").unwrap(), "forty dollars");
        let number = quoted(&talk, "reference number is {heard:id#1}").unwrap();
        assert_eq!(number, "reference number is seven four nine zero");
        for made_up in ["fifty dollars", "{heard:id#2}", "", "forty dollars and"] {
            assert!(quoted(&talk, made_up).is_none(), "{made_up}");
        }
    }

    #[test]
    fn only_the_latest_lines_are_kept_and_the_latest_words_can_be_quoted() {
        let mut talk = heard("forty dollars");
        for n in 0..40 {
            talk.agent(format!("line {n}"));
        }
        assert_eq!(talk.lines().len(), LINES_MAX);
        assert_eq!(talk.lines().last().unwrap().text.as_str(), "line 39");
        assert!(quoted(&talk, "forty").is_some());
    }
}
