//! **The policy decision point** of callwright: whether a call may be placed, what may be said on it, recorded of it and sent to whom.
//!
//! Permission is a value. A call needs a [`permit::DialPermit`], people's audio a [`recording::RecordingPermit`], a segment of speech
//! the gate's [`gate::Admitted`], a vendor connection a [`vendor::EgressPermit`]. Only this crate makes them, none can be cloned or
//! stored, and nothing fails open: what is not set is zero, what cannot be read refuses.
//!
//! | Module | Subject | Rules |
//! |---|---|---|
//! | [`mod@decide`], [`facts`], [`policy`], [`rule`] | may the call be placed | N1-N4, H1, H2, C1-C4, L1, L2, V1, V2, I1 |
//! | [`proving`] | is a number one's own | N3 |
//! | [`consent`], [`opt_out`], [`contact`] | what people said to being called | C1, C2, C4 |
//! | [`gate`], [`recording`] | what may be heard, what may be kept | D1-D3, V3 |
//! | [`vendor`], [`egress`] | who may receive what | V1, V2, G1 |
//! | [`audit`] | what was done | A1 |
//! | [`retention`] | what may be purged | R1 |
//! | [`incident`] | what went wrong, and by when whom to tell | I2 |
//! | [`phi`], [`number`] | values that do not leak by accident | V4 |
//!
//! The crate has no IO: no clock, no file, no socket, no random numbers. It knows the law only as far as its rules cite it, and it
//! takes the facts that it is given as they are. It is no legal advice.

pub mod allowlist;
pub mod area_code;
pub mod audit;
pub mod caps;
pub mod class;
pub mod consent;
pub mod contact;
pub mod decide;
pub mod digest;
pub mod egress;
pub mod facts;
pub mod gate;
mod holiday;
pub mod hours;
pub mod id;
pub mod incident;
pub mod network;
pub mod number;
pub mod opt_out;
pub mod permit;
pub mod phi;
pub mod policy;
pub mod proving;
pub mod recording;
pub mod refusal;
pub mod request;
pub mod retention;
pub mod rule;
mod rules;
pub mod vendor;

pub use caps::Caps;
pub use class::{CallClass, CallPurpose, PatientKind};
pub use decide::{Decision, DecisionRecord, Screening, decide, screen};
pub use digest::{Digest, KeyedDigest};
pub use egress::{Field, FieldSet};
pub use facts::Facts;
pub use id::{DecisionId, ObjectId, PayerId, PersonId, RequestId, TenantId, VendorId};
pub use number::PhoneNumber;
pub use permit::{DialPermit, DisclosurePlan};
pub use phi::{Phi, PhiString, Purpose};
pub use policy::Policy;
pub use proving::{Proving, ProvingLeave, prove};
pub use recording::{MachineAudioPermit, RecordingGrant, RecordingMode, RecordingPermit};
pub use refusal::{Mend, Reason, ReasonCode, Refusal};
pub use request::DialRequest;
pub use rule::RuleId;
