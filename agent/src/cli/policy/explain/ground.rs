//! What an explanation stands on: policy, facts and request, from the configuration and the store as far as they are there.
//!
//! What is not there is named, and its fact stays unreadable, which refuses. Nothing is made: no database, no key, no folder.

use std::path::Path;

use callwright_compliance::facts::{
    AiCallConsent, CallerIdentity, ConsentMethod, Facts, Reading, Source,
};
use callwright_compliance::request::VendorUse;
use callwright_compliance::vendor::Role;
use callwright_compliance::{
    CallClass, CallPurpose, DecisionId, DialRequest, FieldSet, ObjectId, PatientKind, PayerId,
    PhoneNumber, Policy, RequestId, TenantId, VendorId,
};
use callwright_dialplan::payer::{Directory, Line};
use callwright_store::{KeyRing, Kind, Store, StoreError};
use jiff::Timestamp;

use super::super::report::Missing;
use super::{CliError, ExplainArgs};
use crate::config::{CENTS_PER_MINUTE, Config};
use crate::dialler;

/// The name of the request that is explained. It is stored nowhere.
const REQUEST: &str = "explained";
/// What stands for a payer or practice that is not known. No entry has it.
const UNKNOWN: &str = "not-known";

/// What an explanation stands on.
pub(super) struct Ground {
    pub(super) policy: Policy,
    pub(super) facts: Facts,
    pub(super) practice: Option<TenantId>,
    pub(super) payer: Option<PayerId>,
    pub(super) missing: Vec<Missing>,
    pub(super) assumed: Vec<String>,
    line: Option<Line>,
    vendors: Vec<VendorUse>,
    /// The recogniser that is there to hear until the notice.
    before_notice: Option<&'static str>,
    cents_per_minute: u32,
}

impl Ground {
    /// Nothing is known, and what would be recommended is asked.
    fn nothing() -> Ground {
        Ground {
            policy: Policy::recommended(),
            facts: Facts {
                allowlist: Reading::Unreadable,
                identity: Reading::Unreadable,
                hours: Reading::Unreadable,
                vendors: Reading::Unreadable,
                switch: Reading::Unreadable,
                consent: Reading::Unreadable,
                opt_outs: Reading::Unreadable,
                contact: Reading::Unreadable,
                usage: Reading::Unreadable,
            },
            practice: None,
            payer: None,
            missing: Vec::new(),
            assumed: Vec::new(),
            line: None,
            vendors: Vec::new(),
            before_notice: None,
            cents_per_minute: CENTS_PER_MINUTE,
        }
    }

    /// The question that is asked.
    pub(super) fn request(
        &self,
        args: &ExplainArgs,
        number: PhoneNumber,
    ) -> Result<DialRequest, CliError> {
        let purposes = self.line.as_ref().and_then(|line| line.purposes.first());
        let minutes = self.policy.caps.of(args.class).total_s.div_ceil(60);
        let patient = match args.class {
            CallClass::Test => PatientKind::Synthetic,
            CallClass::Payer | CallClass::Patient => PatientKind::Real,
        };
        Ok(DialRequest {
            decision: DecisionId(0),
            tenant: self
                .practice
                .clone()
                .map_or_else(|| TenantId::new(UNKNOWN), Ok)
                .map_err(CliError::usage)?,
            request: RequestId::new(REQUEST).map_err(CliError::usage)?,
            class: args.class,
            purpose: args.purpose.or(purposes.copied()).unwrap_or(CallPurpose::MedicalBenefits),
            patient,
            to: number,
            payer: self
                .payer
                .clone()
                .map_or_else(|| PayerId::new(UNKNOWN), Ok)
                .map_err(CliError::usage)?,
            needs: self.line.as_ref().map_or(FieldSet::EMPTY, |line| line.needs),
            vendors: self.vendors_used(),
            cost_cents_max: u64::from(minutes) * u64::from(self.cents_per_minute),
        })
    }

    /// The vendors of the call, and who hears until the notice, as the call itself would have it.
    fn vendors_used(&self) -> Vec<VendorUse> {
        let role = Role::SpeechToText;
        let own = self.vendors.iter().find(|used| used.role == role);
        let first = match (&self.facts.vendors, own) {
            // Where there should be one and is none, the decision finds it missing.
            (Reading::Read(register), Some(own)) => dialler::first_recogniser(
                &self.policy,
                &register.value,
                own.vendor.as_str(),
                self.before_notice,
            )
            .ok()
            .flatten(),
            (Reading::Read(_), None) | (Reading::Unreadable, _) => None,
        };
        let first = first.and_then(|id| VendorId::new(id).ok());
        let first = first.map(|vendor| VendorUse { role, vendor });
        self.vendors.iter().cloned().chain(first).collect()
    }

    fn lacks(&mut self, what: impl Into<String>, mend: impl Into<String>) {
        self.missing.push(Missing::new(what, mend));
    }
}

/// The configuration, or `None` where there is no such file.
///
/// # Errors
/// Every mistake of a file that is there.
pub(super) fn config(path: &Path) -> Result<Option<Config>, CliError> {
    match Config::load(path) {
        Ok(config) => Ok(Some(config)),
        Err(errors) if errors.is_no_file() => Ok(None),
        Err(errors) => Err(errors.into()),
    }
}

/// Finds what there is.
///
/// # Errors
/// The mistakes of the configuration file.
pub(super) async fn find(
    args: &ExplainArgs,
    number: &PhoneNumber,
    at: Timestamp,
) -> Result<Ground, CliError> {
    let mut ground = Ground::nothing();
    ground.practice.clone_from(&args.practice);
    ground.payer.clone_from(&args.payer);
    let found = match &args.config {
        None => {
            ground.lacks(
                "no configuration was given, so no fact is known; the recommended policy is asked",
                "give --config with your configuration file; deploy/callwright.toml is an example",
            );
            None
        }
        Some(path) => config(path)?.or_else(|| {
            let what = format!("there is no configuration file {}", path.display());
            ground.lacks(what, "begin with a copy of deploy/callwright.toml");
            None
        }),
    };
    let Some(config) = found else {
        return Ok(ground);
    };
    ground.policy = config.policy.clone();
    ground.cents_per_minute = config.carrier.cents_per_minute;
    ground.vendors = vendors(&config);
    ground.before_notice = config.vendors.before_notice(config.policy.recording.before_notice);
    let directory = directory(&config, &mut ground);
    if let Some(directory) = &directory {
        line(args, number, directory, &mut ground);
        let hours = ground.line.as_ref().map(|line| line.hours.clone());
        ground.facts.hours = Reading::read(hours, Source::Directory, at);
    }
    if let Some(store) = store(&config, &mut ground).await {
        let read = stored(args, number, &store, &mut ground, at).await;
        store.close().await;
        if let Err(error) = read {
            ground.lacks(format!("the store: {error}"), "mend that, and ask again");
        }
    }
    Ok(ground)
}

/// The vendors that a whole call would use, as the configuration names them.
fn vendors(config: &Config) -> Vec<VendorUse> {
    let carrier = VendorUse { role: Role::Carrier, vendor: config.carrier.vendor.clone() };
    let own =
        config.vendors.ids().into_iter().filter_map(|(role, id)| {
            VendorId::new(id).ok().map(|vendor| VendorUse { role, vendor })
        });
    std::iter::once(carrier).chain(own).collect()
}

fn directory(config: &Config, ground: &mut Ground) -> Option<Directory> {
    match config.directory() {
        Ok(directory) => Some(directory),
        Err(error) => {
            ground.lacks(error.to_string(), "mend the payers' files");
            None
        }
    }
}

/// The payer's line with this number. Only lines of the directory are called as class payer.
fn line(args: &ExplainArgs, number: &PhoneNumber, directory: &Directory, ground: &mut Ground) {
    let by_number = directory.line_of(number);
    let of_payer =
        by_number.filter(|(payer, _)| args.payer.as_ref().is_none_or(|id| *id == payer.id));
    if let Some((payer, line)) = of_payer {
        ground.payer = Some(payer.id.clone());
        ground.line = Some(line.clone());
        if let Some(purpose) = args.purpose.filter(|purpose| !line.purposes.contains(purpose)) {
            let what = format!("the line does not answer questions about {}", named(purpose));
            ground.lacks(what, "ask with another --purpose, or add it to the payer's file");
        }
    } else if args.class == CallClass::Payer {
        ground.lacks(
            "the payer directory has no line with this number for the payer; only its lines are called",
            "add the line to the payer's file, in the folder of [payers]",
        );
    }
}

const fn named(purpose: CallPurpose) -> &'static str {
    match purpose {
        CallPurpose::MedicalBenefits => "medical_benefits",
        CallPurpose::DentalBenefits => "dental_benefits",
    }
}

/// The store, only where both its files are there.
async fn store(config: &Config, ground: &mut Ground) -> Option<Store> {
    let files = &config.store;
    let keys = match KeyRing::open(&files.key_file) {
        Ok(keys) => Some(keys),
        Err(error) => {
            ground.lacks(
                format!("the key file: {error}"),
                "`callwright setup key` makes one for a new database",
            );
            None
        }
    };
    if !files.database.is_file() {
        ground.lacks(
            format!("the store: there is no {}, so no allowlist", files.database.display()),
            "`callwright setup practice` makes it with its first practice",
        );
        return None;
    }
    match Store::open(&files.database, keys?).await {
        Ok(store) => Some(store),
        Err(error) => {
            ground.lacks(format!("the store: {error}"), "mend that, and ask again");
            None
        }
    }
}

/// The practice, and the facts about it.
async fn stored(
    args: &ExplainArgs,
    number: &PhoneNumber,
    store: &Store,
    ground: &mut Ground,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut practices = store.practices().await?;
    if let Some(wanted) = &args.practice {
        practices.retain(|practice| practice.tenant == *wanted);
    }
    let tenant = match practices.as_slice() {
        [practice] => practice.tenant.clone(),
        [] => {
            ground.lacks("the store has no such practice", "`callwright setup practice` adds one");
            return Ok(());
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|practice| practice.tenant.as_str()).collect();
            ground.lacks(
                "several practices are in the store",
                format!("give --practice: {}", ids.join(", ")),
            );
            return Ok(());
        }
    };
    ground.practice = Some(tenant.clone());
    if ground.payer.is_none() {
        let entries = store.allowlist_for(&tenant, number).await?;
        let of_class = entries.into_iter().find(|entry| entry.class == args.class);
        ground.payer = of_class.map(|entry| entry.payer);
    }
    let request = RequestId::new(REQUEST).map_err(|_| StoreError::NotFound(Kind::Request))?;
    let asked = dialler::Asked {
        tenant: &tenant,
        request: &request,
        class: args.class,
        number,
        identity: identity(store, &tenant, ground).await,
        hours: ground.facts.hours.clone(),
        consent: Reading::read(agreed(at)?, Source::Store, at),
    };
    ground.facts = dialler::read_facts(store, asked, at).await;
    ground.assumed.push(match args.class {
        CallClass::Test => "the patient is made up: a test call is about nobody (C4)".to_owned(),
        CallClass::Payer | CallClass::Patient => {
            "the patient agreed to calls by an AI voice: each request says so of its own (C4)"
                .to_owned()
        }
    });
    if args.at.is_some() {
        let told = "list, register, switch and counts are as they are now; the time is the one asked about";
        ground.assumed.push(told.to_owned());
    }
    Ok(())
}

/// As whom the practice calls: its first provider stands for the others.
async fn identity(
    store: &Store,
    tenant: &TenantId,
    ground: &mut Ground,
) -> Result<CallerIdentity, StoreError> {
    let providers = store.providers(tenant).await?;
    let Some((id, _)) = providers.first() else {
        ground.lacks("the practice has no provider", "`callwright setup provider` adds one");
        return Err(StoreError::NotFound(Kind::Provider));
    };
    Ok(dialler::identity_of(store.provider(tenant, id).await?))
}

/// What is taken for granted of a patient that nobody named.
fn agreed(at: Timestamp) -> Result<AiCallConsent, StoreError> {
    let evidence = ObjectId::new("assumed").map_err(|_| StoreError::NotFound(Kind::Request))?;
    Ok(AiCallConsent::Granted { at, method: ConsentMethod::Signed, evidence })
}
