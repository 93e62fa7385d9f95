//! Training sentences for the local recogniser, drawn from a pack and a seed.
//!
//! [`far_end`] is what a payer says, for the agent's ear; [`agent_side`] is what the agent says, for the ear of a
//! simulated representative. Sentences are lower-case words without punctuation, numbers in words, letters apart, as
//! PocketSphinx's dictionary spells them. The same pack and seed give the same sentences on every machine.
//!
//! This module trains nothing: a language model is built from these sentences in `speech-local`. Values are random and
//! belong to nobody.

mod agent;
mod values;

use crate::far_end::{FarEnd, Group, Line, Node};
use crate::pack::Pack;
use crate::rng::SplitMix64;

/// What payers say: twelve to seventeen thousand sentences. Each line of the pack is drawn at least once, and each letter is
/// followed by each digit once, so that no pair in an identifier is unheard of.
#[must_use]
pub fn far_end(pack: &Pack, seed: u64) -> Vec<String> {
    let mut rng = SplitMix64::new(seed);
    let far_end = pack.far_end();
    let mut sentences = Vec::new();
    for group in &far_end.groups {
        draw_group(group, far_end, &mut rng, &mut sentences);
    }
    sentences.extend(values::letter_digit_pairs());
    sentences
}

/// What the agent says: every question, phrase and clip many times over with values drawn at random.
#[must_use]
pub fn agent_side(pack: &Pack, seed: u64) -> Vec<String> {
    agent::sentences(pack, &mut SplitMix64::new(seed))
}

/// A text as a recogniser writes it: lower-case words of letters and apostrophes, one space apart.
#[must_use]
pub fn plain(text: &str) -> String {
    let letters: String = text
        .chars()
        .map(|c| if c.is_ascii_alphabetic() || c == '\'' { c.to_ascii_lowercase() } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn draw_group(group: &Group, far_end: &FarEnd, rng: &mut SplitMix64, sentences: &mut Vec<String>) {
    let count = usize::try_from(group.count).unwrap_or(usize::MAX).max(group.lines.len());
    for drawn in 0..count {
        let line = group.lines.get(drawn).or_else(|| rng.pick(&group.lines));
        let Some(line) = line else { return };
        let mut text = String::new();
        draw_line(line, far_end, rng, &mut text);
        sentences.push(plain(&text));
    }
}

fn draw_line(line: &Line, far_end: &FarEnd, rng: &mut SplitMix64, text: &mut String) {
    for node in line {
        match node {
            Node::Words(words) => text.push_str(words),
            Node::Slot(slot) => text.push_str(&values::draw(*slot, rng)),
            Node::List(name) => {
                // A checked pack holds every list that a line names.
                let entry = far_end.lists.get(name).and_then(|entries| rng.pick(entries));
                text.push_str(entry.map_or("", String::as_str));
            }
            Node::OneOf(wordings) => {
                if let Some(wording) = rng.pick(wordings) {
                    draw_line(wording, far_end, rng, text);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
