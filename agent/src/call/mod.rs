//! One live call: the loop that joins the core to the carrier's stream, the recogniser, the model and the synthesiser.
//!
//! The core decides, the gate in `media::playout` permits, and this room does: it owns the call's vault, writes its journal and its
//! ledger, and tells an observer what happens. It does not decide whether to call (that is `dialler`), and it holds no policy.

mod account;
pub mod clips;
mod driver;
mod ear;
pub mod exchanges;
mod holdback;
mod identifiers;
pub mod journal;
mod latency;
mod mind;
mod mouth;
mod obey;
mod opt_outs;
mod perceive;
mod press;
mod report;
pub mod sessions;
mod speak;
mod talk;
mod think;
pub mod timeline;
pub(crate) mod translate;
pub mod vault;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use callwright_compliance::audit::Action;
use callwright_compliance::egress::{FieldSet, Ledger};
use callwright_compliance::gate::{Admitted, Gate, ProofBy};
use callwright_compliance::incident::IncidentEvent;
use callwright_compliance::opt_out::OptOutKind;
use callwright_compliance::{CallPurpose, MachineAudioPermit, VendorId};
use callwright_core::{Config, Micros, Outcome};
use callwright_dialplan::menu::MenuMap;
use callwright_dialplan::payer::PayerEntry;
use callwright_dialplan::twilio::status::LegStatus;
use callwright_media::recorder::Recorded;
use callwright_prompts::{Pack, QuestionSet};
use callwright_understanding::Date;
use callwright_vendors::{LanguageModel, SpeechToText, TextToSpeech};
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

pub use clips::ClipBook;
pub use driver::Driver;
pub use exchanges::Exchanges;
pub use journal::Journal;
pub use latency::{Latency, Stage, Summary};
pub use opt_outs::OptOutHeard;
pub use sessions::{CallClock, Leaves, Sessions};
pub use vault::Vault;

use crate::api::MediaStream;

/// The vendors of a call.
#[derive(Clone)]
pub struct Vendors {
    /// Hears the far end.
    pub speech_to_text: Arc<dyn SpeechToText>,
    /// Hears in its place whoever was not told yet, where policy keeps a hosted recogniser from them (rule D2); on this machine.
    pub before_notice: Option<Arc<dyn SpeechToText>>,
    /// Words the agent's turns.
    pub language_model: Arc<dyn LanguageModel>,
    /// Speaks them.
    pub text_to_speech: Arc<dyn TextToSpeech>,
}

/// What a call is about, and what it may do. Everything in it was decided before the call was placed.
pub struct CallPlan {
    /// The call's name in logs.
    pub id: String,
    /// What the call is about.
    pub purpose: CallPurpose,
    /// Whom it goes to.
    pub payer: PayerEntry,
    /// The menu of the line that was called.
    pub menu: MenuMap,
    /// What it asks.
    pub questions: Arc<QuestionSet>,
    /// The words there are.
    pub pack: Arc<Pack>,
    /// The practice's clips.
    pub clips: Arc<ClipBook>,
    /// Who it is about.
    pub vault: Vault,
    /// Words that are covered when they are shown.
    pub covered_names: Vec<String>,
    /// The core's limits and questions.
    pub config: Config,
    /// The gate, with the call's leave to record.
    pub gate: Gate,
    /// Where the recording goes, with the leave to keep machine audio; `None` where nothing is kept.
    pub recording: Option<(PathBuf, MachineAudioPermit)>,
    /// The call's journal.
    pub journal: Journal,
    /// The vendors.
    pub vendors: Vendors,
    /// And a session with each.
    pub sessions: Sessions,
    /// The carrier's row in the vendor register.
    pub carrier: VendorId,
    /// The day of the call where the payer is.
    pub today: Date,
}

/// What somebody outside wants of a running call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// The kill switch.
    Kill,
    /// A person of the practice takes the line.
    TakeOver,
    /// And gives it back.
    Release,
}

/// How many messages of each kind may wait for a call. A call drains them at once; a burst of status call-backs is under ten.
pub const LINES_MAX: usize = 32;

/// What reaches a running call from outside.
pub struct Lines {
    /// Media streams of the leg, each with its token redeemed.
    pub streams: mpsc::Receiver<MediaStream>,
    /// What the carrier reports of the leg.
    pub statuses: mpsc::Receiver<LegStatus>,
    /// What operators want.
    pub commands: mpsc::Receiver<Command>,
}

/// What must be written down outside of the call while it runs.
#[derive(Debug)]
pub enum Note {
    /// The leg was answered.
    Answered,
    /// Somebody opted out: the leg is not hung up before this is kept (rule C2).
    OptOut(OptOutHeard),
    /// Something that the audit must know.
    Audit(Action),
    /// Something that is an incident.
    Incident(IncidentEvent),
}

/// When a person was told, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disclosed {
    /// When the disclosure began.
    pub from: Micros,
    /// When it was proven.
    pub at: Micros,
    /// Where in the far end's audio that was, in milliseconds.
    pub far_ms: u64,
    /// How it is known.
    pub by: ProofBy,
}

/// What a call comes to.
pub struct CallReport {
    /// How it ended.
    pub outcome: Outcome,
    /// Its words and values.
    pub vault: Vault,
    /// What went to whom.
    pub ledger: Ledger,
    /// What went to vendors and came back, word for word.
    pub exchanges: Exchanges,
    /// Patient fields that reached the language model, by the ledger and by a look at what it was sent; empty unless the egress policy
    /// was broken.
    pub identifiers_to_model: FieldSet,
    /// Each disclosure that was proven.
    pub disclosed: Vec<Disclosed>,
    /// Whether audio of people was kept.
    pub people_recorded: bool,
    /// What was recorded; `None` where nothing was.
    pub recorded: Option<Recorded>,
    /// How long the stages of replies took.
    pub latency: Vec<Summary>,
    /// How long the call took, from dialling.
    pub length: Micros,
    /// Whether anybody objected to being recorded.
    pub objected: bool,
    /// What was heard of not being called, each kind once.
    pub opt_outs: BTreeSet<OptOutKind>,
}

/// What a running call asks of the carrier.
pub trait Leg: Send + Sync {
    /// Asks the carrier to end the leg, without waiting for it.
    fn hang_up(&self);

    /// Asks the carrier to press keys on the leg and to join it to a new media stream then; the running one ends. `admitted` is the gate's
    /// proof for these keys. What is received is whether the carrier took it.
    fn press(&self, admitted: Admitted, keys: Zeroizing<String>) -> oneshot::Receiver<bool>;
}
