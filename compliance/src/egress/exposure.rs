//! Exposure: which individuals, which fields, to whom, when, sealed or in the clear, as the ledgers of calls say (45 CFR 164.410(c)).
//!
//! It counts requests, not people: one patient may have several, so the count is an upper bound. It says what was sent, not what was
//! looked at or kept. Values are never in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::field::{Field, FieldSet};
use super::ledger::Recipient;
use crate::class::CallPurpose;
use crate::id::{ObjectId, RequestId};

/// A ledger entry as it is kept: whose, of which call, and at what time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// Whose: the request, which stands for one individual.
    pub request: RequestId,
    /// On which call.
    pub call: ObjectId,
    /// When its first byte went.
    pub at: Timestamp,
    /// Who received it.
    pub recipient: Recipient,
    /// What the call was for.
    pub purpose: CallPurpose,
    /// Which fields, by name.
    pub fields: FieldSet,
    /// How many bytes.
    pub bytes: u64,
}

/// In which form something left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Encrypted under a key that stayed here: not "unsecured" (45 CFR 164.402).
    Sealed,
    /// Readable by whoever received it, though encrypted on the way.
    Clear,
}

impl Sent {
    /// In which form it left; `None` where it holds nothing about the patient.
    #[must_use]
    pub const fn form(&self) -> Option<Form> {
        if !self.fields.intersection(FieldSet::HEALTH).is_empty() {
            Some(Form::Clear)
        } else if self.fields.contains(Field::Ciphertext) {
            Some(Form::Sealed)
        } else {
            None
        }
    }
}

/// What one recipient received about one individual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposed {
    /// Which fields about the patient, by name.
    pub fields: FieldSet,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
    /// How many bytes, with what went in the same pieces.
    pub bytes: u64,
    /// In the clear, if any of it was.
    pub form: Form,
}

/// Who was exposed to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    individuals: BTreeMap<RequestId, BTreeMap<Recipient, Exposed>>,
}

impl Exposure {
    /// Nobody.
    #[must_use]
    pub fn new() -> Exposure {
        Exposure::default()
    }

    /// Adds a ledger entry. One that holds nothing about the patient adds nothing.
    pub fn add(&mut self, sent: &Sent) {
        let Some(form) = sent.form() else {
            return;
        };
        let fields = sent.fields.intersection(FieldSet::HEALTH.union(FieldSet::SEALED));
        let new = Exposed { fields, first: sent.at, last: sent.at, bytes: 0, form };
        let to = self.individuals.entry(sent.request.clone()).or_default();
        let exposed = to.entry(sent.recipient.clone()).or_insert(new);
        exposed.fields = exposed.fields.union(fields);
        exposed.first = exposed.first.min(sent.at);
        exposed.last = exposed.last.max(sent.at);
        exposed.bytes = exposed.bytes.saturating_add(sent.bytes);
        exposed.form = exposed.form.max(form);
    }

    /// Each individual, with what each recipient received.
    #[must_use]
    pub const fn individuals(&self) -> &BTreeMap<RequestId, BTreeMap<Recipient, Exposed>> {
        &self.individuals
    }

    /// The individuals of whom something left in the clear: those whom a breach would concern, at most.
    pub fn in_clear(&self) -> impl Iterator<Item = &RequestId> {
        let clear = |to: &BTreeMap<Recipient, Exposed>| to.values().any(|e| e.form == Form::Clear);
        self.individuals.iter().filter_map(move |(id, to)| clear(to).then_some(id))
    }
}

impl FromIterator<Sent> for Exposure {
    fn from_iter<I: IntoIterator<Item = Sent>>(sent: I) -> Exposure {
        let mut exposure = Exposure::new();
        sent.into_iter().for_each(|sent| exposure.add(&sent));
        exposure
    }
}
