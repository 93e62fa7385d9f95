//! One stream listened to with the book: fingerprints become runs, runs become sayings of a clip, sayings become words.
//!
//! A *run* is a stretch of the stream that agrees with a clip at one offset. Loss that shortens the stream begins a new run of the
//! same clip; runs that follow each other are one *saying*. Where several clips agree (they begin alike), the one with more
//! fingerprints wins. It reads no clock: time is the number of bytes pushed.

use super::fingerprint::{Fingerprinter, WINDOW};
use super::{Book, Page};
use std::sync::Arc;

/// Runs that are remembered; the oldest are forgotten. A minute of speech with one frame in twenty dropped makes about 150, each
/// as often as clips begin alike.
const RUNS_MAX: usize = 4_096;
/// The longest stretch of a clip that may be lost inside a saying, in samples: two seconds.
const LOST_MAX: u32 = 16_000;
/// A hole in the evidence up to this long hides no word: 250 ms.
const HOLE_MAX: u32 = 2_000;
/// A run goes on over a hole up to this long: 120 ms. After more it is another run of the same saying.
const PAUSE_MAX: u32 = 960;
/// A saying may go back in the clip by so much, 400 ms: a frame that was repeated in the place of a lost one stands behind its time.
const BACK_MAX: u32 = 3_200;
/// How many of the latest runs a fingerprint may continue: far more than clips begin alike.
const OPEN_MAX: usize = 256;
/// Evidence this near to a clip's beginning or end reaches it: 200 ms, since a soft onset leaves no fingerprints.
const EDGE: u32 = 1_600;
/// The fewest fingerprints that make a saying. Two in step are no accident among 2^64.
const HITS_MIN: u32 = 2;

/// A word as it was heard.
#[derive(Clone, Debug, PartialEq)]
pub struct HeardWord {
    /// In lower case, without punctuation.
    pub word: String,
    /// With the punctuation that follows it.
    pub punctuated: String,
    /// Its first sample, since the stream's beginning.
    pub start: u64,
    /// One past its last sample.
    pub end: u64,
    /// The share of the saying's fingerprints that was found, 0 to 1.
    pub confidence: f64,
}

impl HeardWord {
    /// The middle of the word: where it counts as said.
    #[must_use]
    pub fn middle(&self) -> u64 {
        u64::midpoint(self.start, self.end)
    }
}

#[derive(Clone, Copy, Debug)]
struct Run {
    clip: usize,
    /// Stream position less clip position.
    offset: i64,
    /// Window ends in the clip, of the first and of the latest fingerprint.
    first: u32,
    last: u32,
    hits: u32,
}

impl Run {
    fn stream(&self, clip_position: u32) -> u64 {
        u64::try_from(self.offset + i64::from(clip_position)).unwrap_or(0)
    }
}

#[derive(Clone, Debug)]
struct Saying {
    clip: usize,
    runs: Vec<Run>,
    hits: u32,
}

impl Saying {
    /// The run that reaches furthest into the clip.
    fn latest(&self) -> Option<&Run> {
        self.runs.iter().max_by_key(|run| run.last)
    }
}

/// See the module.
#[derive(Debug)]
pub struct Hearing {
    book: Arc<Book>,
    fingerprinter: Fingerprinter,
    position: u64,
    runs: Vec<Run>,
}

impl Hearing {
    /// Listens with this book to a stream that has not begun.
    #[must_use]
    pub fn new(book: Arc<Book>) -> Hearing {
        Hearing { book, fingerprinter: Fingerprinter::default(), position: 0, runs: Vec::new() }
    }

    /// Takes any number of bytes.
    pub fn push(&mut self, mulaw: &[u8]) {
        for &code in mulaw {
            self.position += 1;
            let Some(mark) = self.fingerprinter.push(code) else {
                continue;
            };
            for place in self.book.places(mark) {
                let position = i64::try_from(self.position).unwrap_or(i64::MAX);
                let offset = position - i64::from(place.end);
                note(&mut self.runs, place.clip, offset, place.end);
            }
        }
        if self.runs.len() > RUNS_MAX {
            self.runs.drain(..self.runs.len() - RUNS_MAX);
        }
    }

    /// Bytes pushed so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Forgets what was heard before this position, but for a saying that may still go on.
    pub fn forget_before(&mut self, position: u64) {
        self.runs.retain(|run| run.stream(run.last) + u64::from(LOST_MAX) >= position);
    }

    /// The words heard so far and not forgotten, in order.
    #[must_use]
    pub fn words(&self) -> Vec<HeardWord> {
        let mut words = Vec::new();
        for saying in self.sayings() {
            if let Some(page) = self.book.pages.get(saying.clip) {
                said(page, &saying, &mut words);
            }
        }
        words.sort_by_key(HeardWord::middle);
        words
    }

    /// The sayings that won, none in another's time.
    fn sayings(&self) -> Vec<Saying> {
        let mut all = self.candidates();
        // The clip's number decides between equals, so that the same stream always gives the same words.
        all.sort_by(|a, b| b.hits.cmp(&a.hits).then(a.clip.cmp(&b.clip)));
        let mut won: Vec<Saying> = Vec::new();
        for saying in all {
            let (from, to) = span(&saying);
            let taken = won.iter().any(|other| {
                let (begin, end) = span(other);
                let shared = to.min(end).saturating_sub(from.max(begin));
                shared * 3 > to - from
            });
            if saying.hits >= HITS_MIN && !taken {
                won.push(saying);
            }
        }
        won
    }

    fn candidates(&self) -> Vec<Saying> {
        let mut runs: Vec<Run> = self.runs.clone();
        runs.sort_by_key(|run| (run.clip, run.stream(run.first)));
        let mut sayings: Vec<Saying> = Vec::new();
        for run in runs {
            let goes_on = |saying: &&mut Saying| {
                saying.clip == run.clip && saying.latest().is_some_and(|r| follows(r, &run))
            };
            match sayings.iter_mut().filter(goes_on).max_by_key(|saying| saying.hits) {
                Some(saying) => {
                    saying.hits += run.hits;
                    saying.runs.push(run);
                }
                None => sayings.push(Saying { clip: run.clip, runs: vec![run], hits: run.hits }),
            }
        }
        sayings
    }
}

/// Adds a fingerprint to the run it continues, or begins one.
fn note(runs: &mut Vec<Run>, clip: usize, offset: i64, end: u32) {
    let latest = runs.iter_mut().rev().take(OPEN_MAX);
    let open = latest.into_iter().find(|run| run.clip == clip && run.offset == offset);
    if let Some(run) = open
        && end > run.last
        && end - run.last <= PAUSE_MAX
    {
        run.last = end;
        run.hits += 1;
        return;
    }
    runs.push(Run { clip, offset, first: end, last: end, hits: 1 });
}

/// Whether a run goes on with the same saying after some loss.
fn follows(before: &Run, after: &Run) -> bool {
    let waited = after.stream(after.first).saturating_sub(before.stream(before.last));
    if after.first > before.last {
        return after.first - before.last <= LOST_MAX && waited <= 2 * u64::from(LOST_MAX);
    }
    // Backwards only at once: later it is a short clip that is said again.
    before.last - after.first < BACK_MAX && waited < u64::from(BACK_MAX)
}

/// The stretch of the stream that a saying covers.
fn span(saying: &Saying) -> (u64, u64) {
    let window = WINDOW as u32;
    let from = saying.runs.first().map_or(0, |run| run.stream(run.first.saturating_sub(window)));
    let to = saying.latest().map_or(from, |run| run.stream(run.last));
    (from, to.max(from + 1))
}

/// The words of a saying that were heard for at least half of their time.
fn said(page: &Page, saying: &Saying, words: &mut Vec<HeardWord>) {
    let stretches = stretches(page, saying);
    let confidence = confidence(page, saying);
    for word in &page.words {
        let heard: u32 = stretches
            .iter()
            .map(|(from, to)| word.end.min(*to).saturating_sub(word.start.max(*from)))
            .sum();
        if heard * 2 < word.end - word.start {
            continue;
        }
        // The run nearest before the word says where in the stream it is.
        let run =
            saying.runs.iter().rev().find(|run| run.first <= word.end).or(saying.runs.first());
        let Some(run) = run else {
            continue;
        };
        let start = run.stream(word.start);
        words.push(HeardWord {
            word: word.word.clone(),
            punctuated: word.punctuated.clone(),
            start,
            end: run.stream(word.end).max(start + 1),
            confidence,
        });
    }
}

/// The stretches of the clip for which there is evidence, small holes closed.
fn stretches(page: &Page, saying: &Saying) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    // A pause of the clip is a hole, too, and has no word in it.
    for run in &saying.runs {
        let from = run.first.saturating_sub(WINDOW as u32);
        match stretches.last_mut() {
            Some((_, end)) if from <= *end + HOLE_MAX => *end = run.last.max(*end),
            Some(_) | None => stretches.push((from, run.last)),
        }
    }
    if let Some(first) = stretches.first_mut()
        && let Some(mark) = page.marks.first()
        && first.0 <= mark + EDGE
    {
        first.0 = 0;
    }
    if let Some(last) = stretches.last_mut()
        && let Some(mark) = page.marks.last()
        && last.1 + EDGE >= *mark
    {
        last.1 = page.samples;
    }
    stretches
}

fn confidence(page: &Page, saying: &Saying) -> f64 {
    let (Some(first), Some(last)) = (saying.runs.first(), saying.latest()) else {
        return 0.0;
    };
    let there =
        page.marks.iter().filter(|mark| (first.first..=last.last).contains(*mark)).count().max(1);
    (f64::from(saying.hits) / there as f64).min(1.0)
}
