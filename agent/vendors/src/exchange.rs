//! What was sent to vendors in one call and what they answered, each with its time: the record from which a call is replayed.
//!
//! It is bounded, in memory, and cannot be printed: bodies are [`Phi`]. Audio is not stored, only how much of it there was. This
//! module does not write to a disk and does not seal: whoever drains it does. It is not the egress ledger, which has the names of
//! fields and no words at all.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use callwright_compliance::{Phi, PhiString, Purpose};
use callwright_core::Micros;
use callwright_understanding::Utterance;

use crate::VendorError;

/// Entries that may wait to be drained. A turn makes about ten, and a call drains the book after each.
const ENTRIES_MAX: usize = 1_024;

/// Bytes of bodies that may wait. The request for one turn of a language model is about six thousand.
const BYTES_MAX: usize = 512 * 1_024;

/// One thing that was sent or answered.
pub struct Exchange {
    /// The vendor's id.
    pub vendor: &'static str,
    /// When, in call time. An answer's time less its request's is the vendor's delay.
    pub at: Micros,
    /// The utterance, turn or piece of speech that it belongs to, in the vendor's role; 0 for the connection itself.
    pub number: u32,
    /// What it was.
    pub what: What,
}

/// What was sent or answered. It has no `Debug`: the bodies are protected.
pub enum What {
    /// A connection is there.
    Opened,
    /// Words or a message went to the vendor.
    Request(PhiString),
    /// Words or a message came from it.
    Answer(PhiString),
    /// Audio went to it.
    AudioSent {
        /// How much.
        bytes: u64,
    },
    /// Audio came from it: written at the first of a piece, and at its end with all of it.
    AudioReceived {
        /// How much.
        bytes: u64,
        /// For how many characters the vendor said when they are spoken; 0 where it does not.
        aligned: u32,
    },
    /// This utterance, turn or piece is whole.
    Ended,
    /// The call wanted it no more.
    Cancelled,
    /// It failed.
    Failed(VendorError),
}

impl What {
    /// The stable name of the kind, for the record.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            What::Opened => "opened",
            What::Request(_) => "request",
            What::Answer(_) => "answer",
            What::AudioSent { .. } => "audio_sent",
            What::AudioReceived { .. } => "audio_received",
            What::Ended => "ended",
            What::Cancelled => "cancelled",
            What::Failed(_) => "failed",
        }
    }

    fn bytes(&self) -> usize {
        match self {
            What::Request(body) | What::Answer(body) => body.expose(Purpose::Record).len(),
            What::Opened
            | What::AudioSent { .. }
            | What::AudioReceived { .. }
            | What::Ended
            | What::Cancelled
            | What::Failed(_) => 0,
        }
    }

    /// An answer of these recognised words.
    pub(crate) fn words(utterance: &Utterance) -> What {
        let words = utterance.words().words.iter().map(|word| word.text.as_str());
        What::Answer(Phi::new(words.collect::<Vec<_>>().join(" ")))
    }

    /// A request of these words.
    pub(crate) fn request(body: &str) -> What {
        What::Request(Phi::new(body.to_owned()))
    }

    /// An answer of these words.
    pub(crate) fn answer(body: &str) -> What {
        What::Answer(Phi::new(body.to_owned()))
    }
}

/// What was taken out of a book.
pub struct Drained {
    /// In the order in which it was written.
    pub exchanges: Vec<Exchange>,
    /// Entries that did not fit since the book was drained last. Where it is not 0 a replay of this call has a gap.
    pub lost: u64,
}

/// The book of one call; a clone writes into the same one.
#[derive(Clone, Default)]
pub struct ExchangeBook {
    pages: Arc<Mutex<Pages>>,
}

#[derive(Default)]
struct Pages {
    waiting: VecDeque<Exchange>,
    bytes: usize,
    lost: u64,
}

impl ExchangeBook {
    /// An empty book.
    #[must_use]
    pub fn new() -> ExchangeBook {
        ExchangeBook::default()
    }

    /// Writes an entry. Where the book is full the entry is lost and counted: what is there already stays whole.
    pub(crate) fn write(&self, vendor: &'static str, at: Micros, number: u32, what: What) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = pages.bytes.saturating_add(what.bytes());
        if pages.waiting.len() >= ENTRIES_MAX || bytes > BYTES_MAX {
            pages.lost += 1;
            return;
        }
        pages.bytes = bytes;
        pages.waiting.push_back(Exchange { vendor, at, number, what });
    }

    /// Takes everything out.
    #[must_use]
    pub fn drain(&self) -> Drained {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.bytes = 0;
        Drained {
            exchanges: std::mem::take(&mut pages.waiting).into(),
            lost: std::mem::take(&mut pages.lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use static_assertions::assert_not_impl_any;

    use super::*;
    use crate::Egress;

    assert_not_impl_any!(What: std::fmt::Debug, Clone);
    assert_not_impl_any!(Exchange: std::fmt::Debug, Clone);
    assert_not_impl_any!(ExchangeBook: std::fmt::Debug);
    assert_not_impl_any!(Egress: std::fmt::Debug);

    fn write(book: &ExchangeBook, number: u32, what: What) {
        book.write("openai", Micros(u64::from(number)), number, what);
    }

    #[test]
    fn a_book_gives_back_what_was_written_in_order_and_once() {
        let book = ExchangeBook::new();
        write(&book.clone(), 1, What::request("the goals"));
        write(&book, 2, What::Ended);
        let drained = book.drain();
        let kinds: Vec<_> = drained.exchanges.iter().map(|e| (e.number, e.what.name())).collect();
        assert_eq!(kinds, [(1, "request"), (2, "ended")]);
        assert_eq!((drained.lost, book.drain().exchanges.len()), (0, 0));
    }

    #[test]
    fn a_full_book_keeps_what_it_has_and_counts_what_it_lost() {
        let book = ExchangeBook::new();
        let body = "x".repeat(BYTES_MAX / 2 + 1);
        write(&book, 1, What::answer(&body));
        write(&book, 2, What::answer(&body));
        write(&book, 3, What::Ended);
        let drained = book.drain();
        assert_eq!(drained.lost, 1);
        let numbers: Vec<_> = drained.exchanges.iter().map(|e| e.number).collect();
        assert_eq!(numbers, [1, 3]);
        write(&book, 4, What::answer(&body));
        assert_eq!(book.drain().lost, 0, "draining makes room and forgets the count");
    }

    #[test]
    fn entries_are_bounded_too() {
        let book = ExchangeBook::new();
        for number in 0..2_000 {
            write(&book, number, What::Ended);
        }
        let drained = book.drain();
        assert_eq!((drained.exchanges.len(), drained.lost), (ENTRIES_MAX, 976));
    }
}
