//! The conversation of one verification call, as a pure machine: the dialogue manager.
//!
//! It has no clock, no socket, no words and no `std`. Timestamped [`Input`]s go in, [`Output`]s come out; what was said
//! and who it is about lies in the driver's vault, and the core speaks of it by number. So a call can be replayed bit for
//! bit, simulated faster than life, and fuzzed, and its journal holds no patient data.
//!
//! # The contract
//!
//! 1. Every [`Conversation::handle`] is followed by draining [`Conversation::poll_output`]; breaking this is
//!    [`Misuse::NotDrained`].
//! 2. After that, ask [`Conversation::poll_timeout`] and hand in [`Input::Timeout`] when its time has come.
//! 3. Neither of the two clocks in [`Now`] may go backwards.
//!
//! ```
//! use callwright_core::{Config, Conversation, Input, LegFailure, Limits, Micros, Now, Output, SampleTime};
//!
//! let mut call = Conversation::new(Config { questions: vec![], answered_before: vec![], items: vec![], limits: Limits::default() });
//! let now = Now { at: Micros::from_s(4), far: SampleTime(0) };
//! call.handle(now, Input::Failed(LegFailure::Busy)).unwrap();
//! let mut last = None;
//! while let Some(output) = call.poll_output() {
//!     last = Some(output);
//! }
//! assert!(matches!(last, Some(Output::Finish(_))));
//! assert!(call.poll_timeout().is_none());
//! ```
//!
//! What it does not do: it does not decide whether to call (that is `callwright-compliance`), does not know what words
//! mean (that is `callwright-understanding`), and proves nothing about what was played (that is the gate's).
#![no_std]

extern crate alloc;

pub mod act;
mod checklist;
pub mod config;
mod conversation;
mod ending;
mod floor;
pub mod goal;
pub mod id;
pub mod input;
pub mod outcome;
pub mod output;
mod phase;
pub mod time;
pub mod timer;

pub use act::{Act, DataItem, Extracted, Topic, Verdict};
pub use config::{Config, Limits, QuestionPlan, ReadBack};
pub use conversation::{Conversation, Misuse};
pub use goal::Goal;
pub use id::{FieldId, SegmentId, StepId, TurnId, UtteranceId, ValueId};
pub use input::{HoldSound, Input, Item, Key, LegFailure, MenuReply, Now, Owed, Tone};
pub use outcome::{Ending, Outcome};
pub use output::{ArmReason, Clip, Ear, Incident, KeyWay, Output, Phase, Recording, Stop};
pub use time::{Micros, SampleTime};
pub use timer::TimerName;
