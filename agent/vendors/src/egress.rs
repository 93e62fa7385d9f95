//! The leave of one call to send to one vendor.
//!
//! Every session is opened with an [`Egress`], and none can be opened without. An adapter asks [`Egress::admit`] for each address
//! that it is about to connect to, before the first byte, and again whenever it connects anew. This module does not decide who may
//! receive what: [`EgressPermit`] is that decision (rule V1). It does not read a clock either: it is given one.

use std::net::IpAddr;
use std::sync::Arc;

use callwright_compliance::vendor::{EgressPermit, RetentionFlag, Role};
use callwright_core::Micros;
use jiff::Timestamp;

use crate::VendorError;
use crate::exchange::{ExchangeBook, What};

/// The clocks of one call.
pub trait EgressClock: Send + Sync {
    /// The wall clock, which permits go by.
    fn wall(&self) -> Timestamp;

    /// The time since the call began.
    fn at(&self) -> Micros;
}

/// The leave of one call to send to one vendor, and the book in which what is sent and answered is written.
///
/// It has no `Debug`: what is in the book may not be printed. A clone is the same leave and the same book, for the tasks of one
/// session.
#[derive(Clone)]
pub struct Egress {
    permit: Arc<EgressPermit>,
    clock: Arc<dyn EgressClock>,
    book: ExchangeBook,
}

impl Egress {
    /// Leave to send, from the vendor register's permit.
    #[must_use]
    pub fn new(permit: EgressPermit, clock: Arc<dyn EgressClock>, book: ExchangeBook) -> Egress {
        Egress { permit: Arc::new(permit), clock, book }
    }

    /// Checks that this is leave for that vendor in that role, and that the adapter sends the setting of every flag which the register's
    /// row claims (rule V1: set *and sent*). Every adapter does so before it opens a session. `sends` are the flags that it has settings
    /// for; one on this machine has none, for a row on premises claims none.
    ///
    /// # Errors
    /// [`VendorError::WrongPermit`], [`VendorError::FlagNotSent`].
    pub fn is_for(
        &self,
        role: Role,
        vendor: &'static str,
        sends: &[RetentionFlag],
    ) -> Result<(), VendorError> {
        if self.permit.role() != role || self.permit.vendor().as_str() != vendor {
            return Err(VendorError::WrongPermit { vendor });
        }
        match self.permit.flags().find(|flag| !sends.contains(flag)) {
            None => Ok(()),
            Some(flag) => Err(VendorError::FlagNotSent { vendor, flag: flag.name() }),
        }
    }

    /// Checks that the leave still holds: before something new is sent over a connection that is there already.
    ///
    /// # Errors
    /// [`VendorError::PermitEnded`].
    pub fn holds(&self) -> Result<(), VendorError> {
        if self.permit.is_valid_at(self.clock.wall()) {
            Ok(())
        } else {
            Err(VendorError::PermitEnded)
        }
    }

    /// Checks that the leave still holds and covers an address: before a byte is sent to it, and again on each reconnect.
    ///
    /// # Errors
    /// [`VendorError::PermitEnded`], or [`VendorError::Peer`] where the address is not the vendor's.
    pub fn admit(&self, peer: IpAddr) -> Result<(), VendorError> {
        self.holds()?;
        Ok(self.permit.check_peer(&peer)?)
    }

    /// Writes down what was sent or answered, now. `number` is the utterance, turn or piece it belongs to; 0 is the connection.
    pub fn write(&self, vendor: &'static str, number: u32, what: What) {
        self.book.write(vendor, self.clock.at(), number, what);
    }
}
