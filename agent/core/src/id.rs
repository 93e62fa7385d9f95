//! The small numbers the core speaks in. What each one stands for (words, values, audio) lives outside, in the call's vault.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);
    };
}

id! {
    /// One stretch of speech by the far end, numbered from 1 in the order in which it began.
    UtteranceId(u32)
}
id! {
    /// One holding of the floor by the agent, numbered from 1.
    TurnId(u32)
}
id! {
    /// One piece of a turn that is spoken in one go, numbered from 1 over the whole call.
    SegmentId(u32)
}
id! {
    /// A value taken from what was heard. The vault knows the value; the core only compares ids.
    ValueId(u32)
}
id! {
    /// The place of a question in the call's question set, from 0.
    FieldId(u16)
}
id! {
    /// The place of a step in the payer's menu map, from 0.
    StepId(u16)
}
