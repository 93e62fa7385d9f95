//! What has been understood of the utterance that is being heard, until it is whole.

use alloc::vec::Vec;

use crate::act::{Act, Extracted, Topic};
use crate::id::{StepId, UtteranceId, ValueId};
use crate::input::MenuReply;

/// Acts of one utterance; more are ignored. A sentence does not do sixteen things.
const ACTS_MAX: usize = 16;
/// Values of one utterance; more are ignored.
const VALUES_MAX: usize = 16;

/// The meaning of an utterance, gathered piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Utterance {
    id: Option<UtteranceId>,
    pub(crate) words: u16,
    pub(crate) acts: Vec<Act>,
    pub(crate) values: Vec<(Extracted, ValueId)>,
    pub(crate) conflicts: Vec<(Topic, Topic)>,
    pub(crate) menu: Option<(StepId, MenuReply)>,
}

impl Utterance {
    /// Whether something is of the newest utterance that was told of. A value that came late for the one before stays with it: it must
    /// not shut out what follows.
    fn is_of(&mut self, id: UtteranceId) -> bool {
        let newest = self.id.is_none_or(|known| known <= id);
        if newest {
            self.id = Some(id);
        }
        newest
    }

    pub(crate) fn add_act(&mut self, id: UtteranceId, act: Act) {
        if self.is_of(id) && self.acts.len() < ACTS_MAX && !self.acts.contains(&act) {
            self.acts.push(act);
        }
    }

    pub(crate) fn add_value(&mut self, id: UtteranceId, found: Extracted, value: ValueId) {
        if self.is_of(id) && self.values.len() < VALUES_MAX {
            self.values.push((found, value));
        }
    }

    pub(crate) fn add_conflict(&mut self, a: Topic, b: Topic) {
        if self.conflicts.len() < VALUES_MAX {
            self.conflicts.push((a, b));
        }
    }

    pub(crate) fn has(&self, act: Act) -> bool {
        self.acts.contains(&act)
    }

    /// Whether a person is heard in it, not a machine.
    pub(crate) fn is_human(&self) -> bool {
        self.acts.iter().any(|act| match act {
            Act::AreYouARobot
            | Act::AsksForHuman
            | Act::DataRequest(_)
            | Act::DoNotCall
            | Act::GoAhead
            | Act::Greeting { .. }
            | Act::ObjectsToRecording
            | Act::RefusesAi => true,
            Act::Affirm
            | Act::Answer
            | Act::AnythingElse
            | Act::Deny
            | Act::Goodbye
            | Act::HoldNotice
            | Act::MenuPrompt(_)
            | Act::MenuUnknown
            | Act::NotAvailable
            | Act::OtherQuestion
            | Act::OutOfService
            | Act::QueueAnnouncement
            | Act::RepeatPlease
            | Act::Transfer
            | Act::Unclear
            | Act::Voicemail => false,
        })
    }

    /// Whether it is surely a machine's: a menu prompt or an announcement.
    pub(crate) fn is_machine(&self) -> bool {
        self.menu.is_some()
            || self.acts.iter().any(|act| {
                matches!(
                    act,
                    Act::MenuPrompt(_)
                        | Act::MenuUnknown
                        | Act::QueueAnnouncement
                        | Act::Voicemail
                        | Act::OutOfService
                )
            })
    }

    /// "Mm-hm", "okay": somebody listens, and wants nothing.
    pub(crate) fn is_backchannel(&self) -> bool {
        self.values.is_empty()
            && self.words <= 3
            && self.acts.iter().all(|a| matches!(a, Act::Affirm | Act::Unclear))
    }

    /// Nothing in it was understood.
    pub(crate) fn is_unclear(&self) -> bool {
        self.values.is_empty()
            && !self.acts.is_empty()
            && self.acts.iter().all(|a| *a == Act::Unclear)
    }

    /// Joins what an interrupted answer would have gone by with what came after it.
    pub(crate) fn append(&mut self, later: Utterance) {
        self.words = self.words.saturating_add(later.words);
        for act in later.acts {
            if self.acts.len() < ACTS_MAX && !self.acts.contains(&act) {
                self.acts.push(act);
            }
        }
        self.values.extend(later.values);
        self.conflicts.extend(later.conflicts);
        self.menu = later.menu.or(self.menu);
    }
}
