//! The accounting of disclosures (45 CFR 164.528), from the ledger: date, recipient, what, what for, and whether the rule asks for it.
//!
//! Disclosures for payment are excluded (164.528(a)(1)(i)): the payer's, and those to business associates that help with it. Inside are
//! those that had no such ground: to somebody who was not the payer, and to a vendor without an agreement. The accounting knows of these
//! from the incidents of the call. It does not know the recipient's address; whoever prints it may.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::exposure::{Form, Sent};
use super::field::FieldSet;
use super::ledger::Recipient;
use crate::class::CallPurpose;
use crate::id::{ObjectId, RequestId, VendorId};
use crate::incident::IncidentEvent;

/// Whether the rule asks for a disclosure to be accounted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Excluded: to the payer, for payment (164.506(c), 164.528(a)(1)(i)).
    ExcludedPayment,
    /// Excluded: to a business associate, for payment (164.502(e), 164.528(a)(1)(i)).
    ExcludedAssociate,
    /// Inside: the recipient was not the payer.
    InsideWrongParty,
    /// Inside: the vendor had no agreement.
    InsideNoAgreement,
}

impl Standing {
    /// Whether the individual's accounting must list it.
    #[must_use]
    pub const fn is_inside(self) -> bool {
        matches!(self, Standing::InsideWrongParty | Standing::InsideNoAgreement)
    }
}

/// An incident of a call, as far as the accounting goes by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallIncident {
    /// The call.
    pub call: ObjectId,
    /// What happened.
    pub event: IncidentEvent,
    /// With which vendor.
    pub vendor: Option<VendorId>,
}

/// What one recipient received about one individual on one call. The law allows such a summary (164.528(b)(3)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disclosure {
    /// The individual, by the request.
    pub request: RequestId,
    /// The call.
    pub call: ObjectId,
    /// Who received it.
    pub recipient: Recipient,
    /// When it began.
    pub first: Timestamp,
    /// When the last piece went.
    pub last: Timestamp,
    /// How many pieces.
    pub pieces: u64,
    /// How many bytes.
    pub bytes: u64,
    /// What about the patient, by name.
    pub fields: FieldSet,
    /// What the call was for.
    pub purpose: CallPurpose,
    /// In which form.
    pub form: Form,
    /// Whether the rule asks for it.
    pub standing: Standing,
}

/// The accounting of ledger entries, oldest disclosure first.
pub fn account<'a>(
    sent: impl IntoIterator<Item = &'a Sent>,
    incidents: &BTreeSet<CallIncident>,
) -> Vec<Disclosure> {
    let mut found: BTreeMap<(&ObjectId, &Recipient, CallPurpose), Disclosure> = BTreeMap::new();
    for sent in sent {
        let Some(form) = sent.form() else {
            continue;
        };
        let fields = sent.fields.intersection(FieldSet::HEALTH.union(FieldSet::SEALED));
        let disclosure =
            found.entry((&sent.call, &sent.recipient, sent.purpose)).or_insert_with(|| {
                Disclosure {
                    request: sent.request.clone(),
                    call: sent.call.clone(),
                    recipient: sent.recipient.clone(),
                    first: sent.at,
                    last: sent.at,
                    pieces: 0,
                    bytes: 0,
                    fields,
                    purpose: sent.purpose,
                    form,
                    standing: standing(sent, incidents),
                }
            });
        disclosure.first = disclosure.first.min(sent.at);
        disclosure.last = disclosure.last.max(sent.at);
        disclosure.pieces = disclosure.pieces.saturating_add(1);
        disclosure.bytes = disclosure.bytes.saturating_add(sent.bytes);
        disclosure.fields = disclosure.fields.union(fields);
        disclosure.form = disclosure.form.max(form);
    }
    let mut found: Vec<Disclosure> = found.into_values().collect();
    found.sort_by(|a, b| (a.first, &a.call, &a.recipient).cmp(&(b.first, &b.call, &b.recipient)));
    found
}

fn standing(sent: &Sent, incidents: &BTreeSet<CallIncident>) -> Standing {
    let happened = |event: IncidentEvent, vendor: Option<&VendorId>| {
        let here = |incident: &CallIncident| incident.call == sent.call && incident.event == event;
        incidents.iter().any(|incident| {
            here(incident) && (incident.vendor.is_none() || incident.vendor.as_ref() == vendor)
        })
    };
    match &sent.recipient {
        Recipient::FarEnd if happened(IncidentEvent::PhiToWrongParty, None) => {
            Standing::InsideWrongParty
        }
        Recipient::FarEnd => Standing::ExcludedPayment,
        Recipient::Vendor { id, .. }
            if happened(IncidentEvent::VendorWithoutAgreement, Some(id)) =>
        {
            Standing::InsideNoAgreement
        }
        Recipient::Vendor { .. } => Standing::ExcludedAssociate,
    }
}
