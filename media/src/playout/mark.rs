//! Marks: the names that follow each item to the carrier and come back when it was played.
//!
//! A name is `e<epoch>-<number>`: opaque to the carrier, and free of anything about the call. The epoch is
//! the gate's: it goes up with every clear, because a carrier answers a clear by sending all outstanding
//! marks back at once (Twilio, Media Streams messages), which proves nothing. This module names and reads;
//! the playout judges.

/// A mark's place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MarkName {
    pub(super) epoch: u32,
    pub(super) number: u64,
}

impl MarkName {
    pub(super) fn write(self) -> String {
        format!("e{}-{}", self.epoch, self.number)
    }

    /// Reads a name as written above; nothing for any other spelling.
    pub(super) fn read(name: &str) -> Option<MarkName> {
        let (epoch, number) = name.strip_prefix('e')?.split_once('-')?;
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !digits(epoch) || !digits(number) {
            return None;
        }
        Some(MarkName { epoch: epoch.parse().ok()?, number: number.parse().ok()? })
    }
}

/// What a returned mark was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkVerdict {
    /// It proves that its item was played.
    Proved,
    /// It comes from before a clear.
    AfterClear,
    /// It came back already.
    Repeated,
    /// It was never sent.
    Unknown,
    /// It came back before half of its item can have been played, or with more than 600 ms of a disclosure
    /// still to come: the carrier dropped audio, or answers without playing.
    TooEarly,
}

/// How many marks came back, by what they were worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkCounts {
    /// Proofs.
    pub proved: u64,
    /// From before a clear.
    pub after_clear: u64,
    /// A second time.
    pub repeated: u64,
    /// Never sent.
    pub unknown: u64,
    /// Impossibly early.
    pub too_early: u64,
    /// Proofs that came back before an earlier item's.
    pub out_of_order: u64,
    /// Items that were given up waiting for.
    pub missing: u64,
}

impl MarkCounts {
    pub(super) fn count(&mut self, verdict: MarkVerdict) {
        match verdict {
            MarkVerdict::Proved => self.proved += 1,
            MarkVerdict::AfterClear => self.after_clear += 1,
            MarkVerdict::Repeated => self.repeated += 1,
            MarkVerdict::Unknown => self.unknown += 1,
            MarkVerdict::TooEarly => self.too_early += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_is_read_back(epoch in any::<u32>(), number in any::<u64>()) {
            let name = MarkName { epoch, number };
            prop_assert_eq!(MarkName::read(&name.write()), Some(name));
        }
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in ["", "e", "e1", "e1-", "e-1", "e+1-2", "x1-2", "e1-2-3", "e99999999999-1"] {
            assert_eq!(MarkName::read(name), None, "{name}");
        }
    }
}
