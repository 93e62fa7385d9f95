//! One segment on its way: its words until its audio begins, and where the audio goes.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use callwright_compliance::PhiString;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep};

use super::ID;
use crate::exchange::What;
use crate::text_to_speech::SpeechResult;
use crate::{Egress, VendorError};

/// Pieces of audio that may wait for the call, which plays segments one after another: half a minute in pieces of 60 ms. Pieces come
/// larger; a segment is a sentence.
const CHUNKS_MAX: usize = 512;

/// How often the words of a segment are given to a connection: once more where the first one broke before it spoke.
const TRIES_MAX: u8 = 2;

/// See the module.
pub(super) struct Piece {
    pub(super) number: u32,
    pub(super) words: PhiString,
    out: mpsc::Sender<SpeechResult>,
    tries: u8,
    bytes: u64,
    aligned: u32,
    /// The call dropped it, or was told that it failed: what still comes of it is dropped.
    done_with: bool,
    /// Until when the next of it must be there; runs once its words were sent.
    due: Pin<Box<Sleep>>,
}

impl Piece {
    /// A segment, and where its audio comes out.
    pub(super) fn new(number: u32, words: PhiString) -> (Piece, mpsc::Receiver<SpeechResult>) {
        // One place more, so that a failure always fits.
        let (out, from) = mpsc::channel(CHUNKS_MAX + 1);
        let due = Box::pin(sleep(Duration::MAX));
        let (bytes, aligned, tries) = (0, 0, 0);
        (Piece { number, words, out, tries, bytes, aligned, done_with: false, due }, from)
    }

    /// The id of its context. Ids are not used twice, so late audio cannot be taken for another segment's.
    pub(super) fn context(&self) -> String {
        format!("p{}t{}", self.number, self.tries)
    }

    /// Its words are about to be sent.
    pub(super) fn begin(&mut self, first_answer: Duration) {
        self.tries += 1;
        self.due.set(sleep(first_answer));
    }

    /// Whether its words may be sent again over a new connection: nothing of it was spoken, and it was not tried too often.
    pub(super) fn may_begin_again(&self) -> bool {
        self.bytes == 0 && self.tries < TRIES_MAX
    }

    /// Whether nobody waits for it any more.
    pub(super) fn is_unwanted(&mut self, egress: &Egress) -> bool {
        if !self.done_with && self.out.is_closed() {
            self.done_with = true;
            egress.write(ID, self.number, What::Cancelled);
        }
        self.done_with
    }

    /// Passes audio on, where it is still wanted.
    pub(super) fn audio(&mut self, audio: Bytes, aligned: u32, idle: Duration, egress: &Egress) {
        self.due.set(sleep(idle));
        if self.is_unwanted(egress) {
            return;
        }
        if self.out.capacity() < 2 {
            self.tell(VendorError::Behind { vendor: ID }, egress);
            return;
        }
        let first = self.bytes == 0;
        self.bytes += audio.len() as u64;
        self.aligned = self.aligned.saturating_add(aligned);
        if first {
            egress.write(ID, self.number, What::AudioReceived { bytes: self.bytes, aligned });
        }
        // There is room; where the call drops it just now, the next look finds that out.
        drop(self.out.try_send(Ok(audio)));
    }

    /// It is whole. One without any audio is an error: words were there to be spoken.
    pub(super) fn end(mut self, egress: &Egress) {
        if self.is_unwanted(egress) {
            return;
        }
        if self.bytes == 0 {
            self.tell(VendorError::BadAnswer { vendor: ID }, egress);
            return;
        }
        let (bytes, aligned) = (self.bytes, self.aligned);
        egress.write(ID, self.number, What::AudioReceived { bytes, aligned });
        egress.write(ID, self.number, What::Ended);
    }

    /// It failed. The call is told, unless it dropped it.
    pub(super) fn fail(mut self, error: VendorError, egress: &Egress) {
        if !self.is_unwanted(egress) {
            self.tell(error, egress);
        }
    }

    fn tell(&mut self, error: VendorError, egress: &Egress) {
        self.done_with = true;
        egress.write(ID, self.number, What::Failed(error.clone()));
        // The last place of the queue is kept for this.
        drop(self.out.try_send(Err(error)));
    }

    /// Waits until it is overdue. Safe to cancel.
    pub(super) async fn overdue(&mut self) {
        self.due.as_mut().await;
    }
}
