//! Telling others: the observer, the audit, the ledger and the latency table.

use callwright_compliance::egress::{Field, FieldSet, LedgerEntry, Recipient};
use callwright_compliance::vendor::Role;
use callwright_compliance::{Purpose, VendorId};
use callwright_core::{Input, Micros};
use callwright_vendors::What;

use super::driver::Driver;
use super::exchanges::body_len;
use super::timeline::{Happening, Moment};
use super::{Note, Stage};

impl Driver {
    /// What the carrier is told before anything is heard.
    pub(super) fn dialled(&mut self) {
        let fields = FieldSet::of(&[Field::DialledNumber, Field::CallTiming]);
        let recipient = self.carrier();
        self.egress(recipient, fields, 0);
    }

    pub(super) fn tell(&self, what: Happening) {
        // An observer that does not keep up misses moments; the call does not wait for it.
        drop(self.moments.try_send(Moment { at_ms: self.watch.at().as_ms(), what }));
    }

    pub(super) fn note(&mut self, note: Note) {
        if let Err(lost) = self.notes.try_send(note) {
            // What cannot be audited may not go on.
            let note = lost.into_inner();
            tracing::error!(call = self.plan.id, ?note, "an audit note was lost");
            self.input(Input::Kill);
        }
    }

    /// Writes down that fields went to somebody.
    pub(super) fn egress(&mut self, recipient: Recipient, fields: FieldSet, bytes: u64) {
        let at_ms = self.watch.at().as_ms();
        let purpose = self.plan.purpose;
        self.ledger.add(LedgerEntry { at_ms, recipient, purpose, fields, bytes });
    }

    /// Writes down that audio went to the far end, which it does through the carrier.
    pub(super) fn egress_to_far_end(&mut self, fields: FieldSet, bytes: u64) {
        self.egress(Recipient::FarEnd, fields, bytes);
        let recipient = self.carrier();
        self.egress(recipient, fields.union(FieldSet::of(&[Field::AgentWords])), bytes);
    }

    fn carrier(&self) -> Recipient {
        Recipient::Vendor { id: self.plan.carrier.clone(), role: Role::Carrier }
    }

    /// A vendor of this call, as a recipient.
    pub(super) fn vendor(&self, id: &str, role: Role) -> Recipient {
        match VendorId::new(id) {
            Ok(id) => Recipient::Vendor { id, role },
            // Ids of vendors are constants of this program; one that is no id is written down as the carrier's.
            Err(_) => Recipient::Vendor { id: self.plan.carrier.clone(), role },
        }
    }

    /// Writes down what the vendors were sent since this was done last.
    pub(super) fn write_ledger(&mut self) {
        self.look_at_exchanges();
        let sent: Vec<_> = self.ear.take_sent().filter(|(_, sent)| *sent > 0).collect();
        for (id, sent) in sent {
            let recipient = self.vendor(id, Role::SpeechToText);
            self.egress(recipient, FieldSet::of(&[Field::FarEndAudio]), sent);
        }
        if let Some(error) = self.ear.take_failure() {
            tracing::error!(call = self.plan.id, %error, "recogniser");
            self.input(Input::RecogniserFailed);
        }
    }

    /// What the model was sent is counted, and looked through for what may not be in it.
    fn look_at_exchanges(&mut self) {
        let model = self.plan.vendors.language_model.id();
        let (mut bytes, mut leaked) = (0, FieldSet::EMPTY);
        let identifiers = &self.identifiers;
        self.exchanges.collect(|exchange| {
            if let What::Request(body) = &exchange.what
                && exchange.vendor == model
            {
                bytes += body_len(&exchange.what) as u64;
                leaked = leaked.union(identifiers.found_in(body.expose(Purpose::Compare)));
            }
        });
        if bytes > 0 {
            let recipient = self.vendor(model, Role::LanguageModel);
            self.egress(recipient, FieldSet::of(&[Field::ModelTokens]).union(leaked), bytes);
        }
        if !leaked.is_empty() {
            tracing::error!(call = self.plan.id, "an identifier reached the language model");
            self.leaked = self.leaked.union(leaked);
        }
    }

    pub(super) fn measure(&mut self, stage: Stage, from: Option<Micros>, to: Micros) {
        if let Some(from) = from {
            let us = to.since(from).0;
            self.latency.add(stage, us);
            metrics::histogram!("callwright_reply_stage_seconds", "stage" => stage.name())
                .record(us as f64 / 1_000_000.0);
        }
    }
}
