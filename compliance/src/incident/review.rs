//! Looking at a call that ended, for the events that are incidents. Each check stands beside the guard that was to prevent the event, and
//! asks for the outcome and not for the guard.
//!
//! What it does not find: what nothing of the call shows, such as a representative who was not one. People report that.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::IncidentEvent;
use crate::class::CallClass;
use crate::egress::{FieldSet, Ledger, Recipient};
use crate::hours::{Opening, PayerHours};
use crate::id::VendorId;
use crate::policy::Policy;
use crate::vendor::Register;

/// What is known of a call that ended.
pub struct CallFacts<'a> {
    /// Whom it went to.
    pub class: CallClass,
    /// The number, in E.164 form, as it was dialled.
    pub number: &'a str,
    /// When it was dialled.
    pub dialled_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// The payer's hours.
    pub hours: &'a PayerHours,
    /// When the number had asked not to be called any more, where it had.
    pub opted_out_at: Option<Timestamp>,
    /// What left.
    pub ledger: &'a Ledger,
    /// The practice's register when the call was over.
    pub register: &'a Register,
    /// The policy that the register is read under.
    pub policy: &'a Policy,
    /// Whether the far end turned out not to be the payer.
    pub wrong_party: bool,
    /// Whether audio of people was kept.
    pub people_recorded: bool,
    /// Whether a disclosure was proven.
    pub announced: bool,
}

/// An event that a call had in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What happened.
    pub event: IncidentEvent,
    /// With which vendor, where it is about one.
    pub vendor: Option<VendorId>,
}

impl Finding {
    /// An event that is about no vendor.
    #[must_use]
    pub const fn of(event: IncidentEvent) -> Finding {
        Finding { event, vendor: None }
    }
}

/// The events that a call had in it, each once.
#[must_use]
pub fn review(call: &CallFacts<'_>) -> BTreeSet<Finding> {
    let mut found = vendors_without_leave(call);
    let given = call.ledger.totals().get(&Recipient::FarEnd).map(|total| total.fields);
    let patient = given.unwrap_or_default().intersection(FieldSet::PATIENT);
    let events = [
        (call.wrong_party && !patient.is_empty(), IncidentEvent::PhiToWrongParty),
        (is_outside_window(call), IncidentEvent::CallOutsideWindow),
        (call.people_recorded && !call.announced, IncidentEvent::RecordedWithoutAnnouncement),
        (
            call.opted_out_at.is_some_and(|at| at <= call.dialled_at),
            IncidentEvent::CalledAfterOptOut,
        ),
        (is_emergency(call.number), IncidentEvent::EmergencyDialled),
    ];
    let happened = events.into_iter().filter_map(|(happened, event)| happened.then_some(event));
    found.extend(happened.map(Finding::of));
    found
}

/// A call of class T may be placed at any hour (rule H2).
fn is_outside_window(call: &CallFacts<'_>) -> bool {
    match call.class {
        CallClass::Test => false,
        CallClass::Payer | CallClass::Patient => {
            !matches!(call.hours.opening(call.dialled_at), Opening::Open)
        }
    }
}

/// Vendors that received something, and that the register gives no leave to when the call is over.
fn vendors_without_leave(call: &CallFacts<'_>) -> BTreeSet<Finding> {
    let mut found = BTreeSet::new();
    for recipient in call.ledger.totals().keys() {
        if let Recipient::Vendor { id, role } = recipient
            && call.register.egress(*role, id, call.ended_at, call.policy).is_err()
        {
            let vendor = Some(id.clone());
            found.insert(Finding { event: IncidentEvent::VendorWithoutAgreement, vendor });
        }
    }
    found
}

/// Whether the digits call for help: the short codes, alone, after a country code, or as a whole number's area code or exchange.
///
/// `PhoneNumber` cannot hold such a number; this looks at what was dialled.
#[must_use]
pub fn is_emergency(number: &str) -> bool {
    const CODES: [&str; 6] = ["911", "112", "933", "988", "999", "000"];
    let digits = number.strip_prefix('+').unwrap_or(number);
    let national = digits.strip_prefix('1').filter(|rest| rest.len() != 2).unwrap_or(digits);
    let is_code = |digits: &str| CODES.contains(&digits);
    if is_code(digits) || is_code(national) {
        return true;
    }
    let part = |from: usize| national.get(from..from + 3);
    national.len() == 10 && (part(0).is_some_and(is_code) || part(3) == Some("911"))
}

/// Words by which somebody claims to be a person, or denies being a machine. Matched as whole words.
const CLAIMS: [&str; 22] = [
    "i am a human",
    "i am human",
    "i am a person",
    "i am a real person",
    "i am a live person",
    "i am an actual person",
    "i am real",
    "i am a man",
    "i am a woman",
    "im a human",
    "im human",
    "im a person",
    "im a real person",
    "im a live person",
    "im real",
    "not a robot",
    "not a bot",
    "not a machine",
    "not a computer",
    "not an ai",
    "not automated",
    "not a recording",
];

/// Whether words that the agent is about to speak claim that it is a person (rule D3).
///
/// A second look beside the guard over a model's words: it knows other phrases, and sees whatever is spoken, whoever worded it.
#[must_use]
pub fn claims_to_be_human(words: &str) -> bool {
    let mut plain = String::from(" ");
    for c in words.chars() {
        match c {
            '\'' | '\u{2019}' => {}
            c if c.is_alphanumeric() => plain.extend(c.to_lowercase()),
            _ if plain.ends_with(' ') => {}
            _ => plain.push(' '),
        }
    }
    plain.push(' ');
    CLAIMS.iter().any(|claim| plain.contains(&format!(" {claim} ")))
}
