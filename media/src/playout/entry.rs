//! One queued item: its audio on the way to the wire, and how much of it the far end has heard.
//!
//! It keeps two positions: what was sent, and what the virtual buffer (the estimate of the carrier's) has
//! played. It does not decide whether it may be sent; the playout and the gate do.

use crate::frame::bytes_as_ms;
use bytes::{Bytes, BytesMut};
use callwright_compliance::gate::{Admitted, ClipKind, Item};
use std::collections::VecDeque;

use super::{ItemId, MARK_SLACK};

/// Where the item's mark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Unsent,
    Out(u64),
    Back(u64),
}

pub(super) struct Entry {
    pub(super) id: ItemId,
    pub(super) admitted: Admitted,
    /// Audio not yet sent, in order.
    unsent: VecDeque<Bytes>,
    unsent_bytes: usize,
    /// Audio sent and not yet played by the virtual buffer.
    flying: VecDeque<Bytes>,
    flying_bytes: usize,
    pub(super) played: usize,
    /// No more audio will be appended.
    pub(super) finished: bool,
    pub(super) mark: Mark,
    pub(super) started: bool,
    /// Frames since the virtual buffer played the last of it.
    pub(super) over: u32,
}

impl Entry {
    pub(super) fn new(id: ItemId, admitted: Admitted) -> Entry {
        Entry {
            id,
            admitted,
            unsent: VecDeque::new(),
            unsent_bytes: 0,
            flying: VecDeque::new(),
            flying_bytes: 0,
            played: 0,
            finished: false,
            mark: Mark::Unsent,
            started: false,
            over: 0,
        }
    }

    pub(super) fn append(&mut self, audio: Bytes) {
        if !audio.is_empty() {
            self.unsent_bytes += audio.len();
            self.unsent.push_back(audio);
        }
    }

    pub(super) fn clip(&self) -> Option<ClipKind> {
        match self.admitted.item() {
            Item::Clip(clip) => Some(clip),
            Item::Keys { .. } | Item::MenuAnswer | Item::Segment { .. } => None,
        }
    }

    /// Whether the far end's speech may cut it.
    pub(super) fn is_interruptible(&self) -> bool {
        self.clip().is_none_or(ClipKind::is_interruptible)
    }

    pub(super) fn unsent_bytes(&self) -> usize {
        self.unsent_bytes
    }

    pub(super) fn flying_bytes(&self) -> usize {
        self.flying_bytes
    }

    /// Audio held, sent or not.
    pub(super) fn held(&self) -> usize {
        self.unsent_bytes + self.flying_bytes
    }

    /// Whether anything of it, audio or mark, is or was at the carrier.
    pub(super) fn is_out(&self) -> bool {
        self.played + self.flying_bytes > 0 || self.mark != Mark::Unsent
    }

    /// All audio known so far: played, flying and unsent.
    pub(super) fn total(&self) -> usize {
        self.played + self.held()
    }

    /// Whether a mark that comes back now is to be believed. Half of any item must have been played by the
    /// estimate; of a disclosure, which opens the gate, all but the slack as well.
    pub(super) fn may_be_over(&self) -> bool {
        let half = self.played >= self.total() / 2;
        let nearly = self.held() <= MARK_SLACK;
        half && (nearly || !self.clip().is_some_and(ClipKind::is_disclosure))
    }

    pub(super) fn played_ms(&self) -> u32 {
        bytes_as_ms(self.played)
    }

    pub(super) fn total_ms(&self) -> u32 {
        bytes_as_ms(self.total())
    }

    /// Up to `most` bytes of unsent audio as one message; small pieces are joined, a large one is cut without
    /// copying.
    pub(super) fn take(&mut self, most: usize) -> Option<Bytes> {
        let first = self.unsent.front_mut()?;
        let message = if first.len() >= most {
            let message = first.split_to(most);
            if first.is_empty() {
                self.unsent.pop_front();
            }
            message
        } else if self.unsent.len() == 1 {
            self.unsent.pop_front()?
        } else {
            self.join(most)
        };
        self.unsent_bytes -= message.len();
        self.flying_bytes += message.len();
        self.flying.push_back(message.clone());
        Some(message)
    }

    fn join(&mut self, most: usize) -> Bytes {
        let mut joined = BytesMut::with_capacity(most.min(self.unsent_bytes));
        while joined.len() < most
            && let Some(piece) = self.unsent.front_mut()
        {
            let part = piece.split_to(piece.len().min(most - joined.len()));
            joined.extend_from_slice(&part);
            if piece.is_empty() {
                self.unsent.pop_front();
            }
        }
        joined.freeze()
    }

    /// Plays into `room`; says how many bytes it filled.
    pub(super) fn play(&mut self, room: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < room.len()
            && let Some(piece) = self.flying.front_mut()
        {
            let part = piece.split_to(piece.len().min(room.len() - filled));
            room[filled..filled + part.len()].copy_from_slice(&part);
            filled += part.len();
            if piece.is_empty() {
                self.flying.pop_front();
            }
        }
        self.flying_bytes -= filled;
        self.played += filled;
        filled
    }

    /// Everything was appended and sent.
    pub(super) fn is_sent(&self) -> bool {
        self.finished && self.unsent_bytes == 0
    }

    /// The virtual buffer has played all of it.
    pub(super) fn is_played_out(&self) -> bool {
        self.is_sent() && self.flying_bytes == 0
    }

    /// The carrier says that all of it was played: the estimate was late.
    pub(super) fn catch_up(&mut self) {
        self.played += self.flying_bytes;
        self.flying_bytes = 0;
        self.flying.clear();
    }
}
