//! What a call comes to, once it is over: what may not be kept goes, the recording is closed, the rest is handed over.

use callwright_compliance::egress::{FieldSet, Recipient};
use callwright_compliance::vendor::Role;
use callwright_core::Outcome;
use callwright_media::recorder::Recorder;

use super::CallReport;
use super::driver::Driver;

impl Driver {
    pub(super) async fn report(mut self) -> CallReport {
        if let Some(stream) = self.stream.take() {
            stream.close().await;
        }
        self.write_ledger();
        if let Some(from) = self.waiting_from {
            self.vault.forget_from(from);
        }
        if let Some(at) = self.silent_from {
            self.exchanges.forget_from(at);
        }
        let people = |recorder: &Recorder| recorder.people_permit().is_some();
        let people_recorded = self.recorder.as_ref().is_some_and(people);
        let recorded = self.recorder.take().and_then(|recorder| {
            recorder
                .finish()
                .inspect_err(|error| tracing::error!(call = self.plan.id, %error, "recording"))
                .ok()
        });
        let model = Role::LanguageModel;
        let reached =
            self.ledger.totals().iter().filter_map(|(recipient, total)| match recipient {
                Recipient::Vendor { role, .. } if *role == model => Some(total.fields),
                Recipient::Vendor { .. } | Recipient::FarEnd => None,
            });
        let to_model = reached.fold(FieldSet::EMPTY, FieldSet::union);
        CallReport {
            // `run` leaves its loop only with an outcome.
            outcome: self.outcome.unwrap_or(Outcome::Failed(callwright_core::Ending::MediaLost)),
            identifiers_to_model: to_model.intersection(FieldSet::PATIENT).union(self.leaked),
            vault: self.vault,
            ledger: self.ledger,
            exchanges: self.exchanges,
            disclosed: self.disclosed,
            people_recorded,
            recorded,
            latency: self.latency.summary(),
            length: self.watch.at(),
            objected: self.objected,
            opt_outs: self.opt_outs.into_heard(),
        }
    }
}
