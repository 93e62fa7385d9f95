//! What `main` makes once and passes on: there is no other way to reach any of it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use callwright_compliance::{ObjectId, PhoneNumber, Policy, VendorId};
use callwright_core::Limits;
use callwright_dialplan::payer::Directory;
use callwright_dialplan::twilio::Client;
use callwright_prompts::Pack;
use callwright_store::{Code, Store};

use crate::api::Registry;
use crate::call::Vendors;
use crate::call::clips::ClipShelf;
use crate::clock::Clock;

/// The carrier, and as what it is registered.
pub struct Carrier {
    /// Its client.
    pub client: Arc<Client>,
    /// Its row in the vendor register.
    pub id: VendorId,
    /// Which of our numbers calls.
    pub from: PhoneNumber,
    /// The most that a call of a minute costs, in US cents.
    pub cents_per_minute: u32,
}

impl Services {
    /// The vendors that the calls of this process use, the carrier among them, and the recogniser that hears until the notice. That one is
    /// among them for every practice, so that to stop it stops whatever call might use it.
    #[must_use]
    pub fn vendors_used(&self) -> BTreeSet<VendorId> {
        let vendors = &self.vendors;
        let own =
            [vendors.speech_to_text.id(), vendors.language_model.id(), vendors.text_to_speech.id()];
        // An id that is none is used by no call: `dialler` refuses it before it decides.
        let first = vendors.before_notice.as_ref().map(|vendor| vendor.id());
        let own = own.into_iter().chain(first).filter_map(|id| VendorId::new(id).ok());
        own.chain([self.carrier.id.clone()]).collect()
    }
}

/// How the files of a call are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKeeping {
    /// Sealed under the request's key. What a practice's calls get.
    Sealed,
    /// As they are: for calls about made-up patients, to look at.
    Open,
}

/// Everything that a call needs and that outlives it.
pub struct Services {
    /// The time.
    pub clock: Clock,
    /// This process's name in leases.
    pub node: Code,
    /// This process's name in the audit.
    pub node_id: ObjectId,
    /// Durable state.
    pub store: Store,
    /// The policy.
    pub policy: Policy,
    /// The payers.
    pub directory: Arc<Directory>,
    /// The words.
    pub pack: Arc<Pack>,
    /// The vendors.
    pub vendors: Vendors,
    /// The fixed clips.
    pub clips: ClipShelf,
    /// The carrier.
    pub carrier: Carrier,
    /// The calls that run here.
    pub registry: Arc<Registry>,
    /// Where the carrier reaches us.
    pub public_url: String,
    /// Where the files of calls go: a folder a call.
    pub calls_dir: PathBuf,
    /// How they are kept.
    pub keeping: FileKeeping,
    /// The core's delays and limits; the caps of a permit replace those they are about.
    pub limits: Limits,
}

#[cfg(test)]
mod tests {
    use callwright_store::KeyRing;

    use super::*;
    use crate::dialler::testing;

    #[tokio::test]
    async fn whoever_a_call_may_use_can_be_stopped() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let mut services = testing::services(store, folder.path());
        let used = |services: &Services| -> Vec<String> {
            services.vendors_used().iter().map(ToString::to_string).collect()
        };
        assert_eq!(used(&services), ["ear", "inner-ear", "mind", "phone", "voice"]);
        services.vendors.before_notice = None;
        assert_eq!(used(&services), ["ear", "mind", "phone", "voice"]);
    }
}
