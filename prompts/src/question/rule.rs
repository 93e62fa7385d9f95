//! The rule of [`Pattern`] in its plainest form, over words with the clauses already cut: what the tests hold the packs'
//! words to. Understanding's own reading starts from recognised words and does more (gaps, corrections, doubt).

use super::{Pattern, Question, QuestionSet, ValueKind};

/// The words around a value, lower case, without the value's own.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    /// The utterance before the value's clause.
    pub(super) earlier: &'a [&'a str],
    /// The value's clause, before the value.
    pub(super) before: &'a [&'a str],
    /// The value's clause, after the value.
    pub(super) after: &'a [&'a str],
}

/// The questions of this kind to which a value may belong, each with the pattern that fits. `asked` is the name of the
/// question just asked; the questions it is answered with count as asked too.
pub(super) fn candidates<'a>(
    set: &'a QuestionSet,
    around: Around<'_>,
    asked: &str,
    kind: &ValueKind,
) -> Vec<(&'a Question, &'a Pattern)> {
    let of_kind: Vec<&Question> = set.fields.iter().filter(|field| field.kind == *kind).collect();
    let topic = settled_topic(&of_kind, around);
    let asked = set.by_name(asked).map(|(_, field)| field);
    let clause = [around.before, around.after].concat();
    let candidate = |field: &'a Question| {
        let topic_is_its = match &topic {
            Some(names) => names.contains(&field.name.as_str()),
            None => asked.is_some_and(|asked| {
                asked.name == field.name || asked.answers_with.contains(&field.name)
            }),
        };
        let fits = |pattern: &&Pattern| {
            let near = pattern.near.is_empty() || pattern.near.iter().any(|p| says(&clause, p));
            (topic_is_its || pattern.topic.is_empty())
                && near
                && !pattern.without.iter().any(|p| says(&clause, p))
        };
        field.heard.iter().find(fits).map(|pattern| (field, pattern))
    };
    of_kind.into_iter().filter_map(candidate).collect()
}

/// The names of the questions whose topic the value has; `None` where no topic was said.
fn settled_topic<'a>(fields: &[&'a Question], around: Around<'_>) -> Option<Vec<&'a str>> {
    let best = |score: &dyn Fn(&str) -> Option<usize>| {
        let scores: Vec<(&'a str, usize)> = fields
            .iter()
            .filter_map(|field| {
                let topics = field.heard.iter().flat_map(|pattern| &pattern.topic);
                Some((field.name.as_str(), topics.filter_map(|topic| score(topic)).max()?))
            })
            .collect();
        let top = scores.iter().map(|(_, score)| *score).max()?;
        let winners = scores.iter().filter(|(_, score)| *score == top);
        Some(winners.map(|(name, _)| *name).collect::<Vec<_>>())
    };
    let after = around.after;
    best(&|topic| last_end(around.before, topic))
        .or_else(|| best(&|topic| first_start(after, topic).map(|start| after.len() - start)))
        .or_else(|| best(&|topic| last_end(around.earlier, topic)))
}

/// Whether the phrase stands in the words, word for word.
fn says(words: &[&str], phrase: &str) -> bool {
    last_end(words, phrase).is_some()
}

/// The end of the phrase's last occurrence in the words, as a count of words.
fn last_end(words: &[&str], phrase: &str) -> Option<usize> {
    let phrase: Vec<&str> = phrase.split_whitespace().collect();
    let at = words.windows(phrase.len()).rposition(|window| window == phrase.as_slice())?;
    Some(at + phrase.len())
}

/// Where the phrase's first occurrence in the words begins.
fn first_start(words: &[&str], phrase: &str) -> Option<usize> {
    let phrase: Vec<&str> = phrase.split_whitespace().collect();
    words.windows(phrase.len()).position(|window| window == phrase.as_slice())
}
