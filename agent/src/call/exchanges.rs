//! What went to vendors in this call and what came back, each with its time: kept until the call is over, then sealed beside its words.
//!
//! It decides nothing and shows nothing. What may not be kept, because a person objected or was never told, is emptied here.

use callwright_compliance::{Phi, Purpose};
use callwright_core::Micros;
use callwright_vendors::{Drained, Exchange, ExchangeBook, What};

/// Bytes of bodies that are kept of one call. A turn takes about eight thousand; an hour's talk has some hundreds of turns.
const BYTES_MAX: usize = 16 * 1_024 * 1_024;

/// See the module.
pub struct Exchanges {
    book: ExchangeBook,
    kept: Vec<Exchange>,
    bytes: usize,
    lost: u64,
}

impl Exchanges {
    pub(crate) fn new(book: ExchangeBook) -> Exchanges {
        Exchanges { book, kept: Vec::new(), bytes: 0, lost: 0 }
    }

    /// Takes over what was written since this was done last, and shows it to `look`.
    pub(crate) fn collect(&mut self, mut look: impl FnMut(&Exchange)) {
        let Drained { exchanges, lost } = self.book.drain();
        self.lost += lost;
        for exchange in exchanges {
            look(&exchange);
            self.bytes += body_len(&exchange.what);
            if self.bytes > BYTES_MAX {
                self.lost += 1;
            } else {
                self.kept.push(exchange);
            }
        }
    }

    /// Empties the bodies of everything from this moment on: that it happened stays, what was said goes.
    pub(crate) fn forget_from(&mut self, at: Micros) {
        self.forget(|exchange| exchange >= at);
    }

    /// The same for everything from `from` on and before `until`.
    pub(crate) fn forget_between(&mut self, from: Micros, until: Micros) {
        self.forget(|exchange| (from..until).contains(&exchange));
    }

    fn forget(&mut self, is_meant: impl Fn(Micros) -> bool) {
        for exchange in self.kept.iter_mut().filter(|exchange| is_meant(exchange.at)) {
            match &mut exchange.what {
                What::Request(body) | What::Answer(body) => *body = Phi::new(String::new()),
                What::Opened
                | What::AudioSent { .. }
                | What::AudioReceived { .. }
                | What::Ended
                | What::Cancelled
                | What::Failed(_) => {}
            }
        }
    }

    /// Everything that was kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Exchange> {
        self.kept.iter()
    }

    /// How many entries did not fit. Where it is not 0, a replay of the call has a gap.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }
}

/// Bytes of words or of a message in an entry.
pub(crate) fn body_len(what: &What) -> usize {
    match what {
        What::Request(body) | What::Answer(body) => body.expose(Purpose::Record).len(),
        What::Opened
        | What::AudioSent { .. }
        | What::AudioReceived { .. }
        | What::Ended
        | What::Cancelled
        | What::Failed(_) => 0,
    }
}
