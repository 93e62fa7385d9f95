//! `callwright setup test-number`, `prove` and `proven`: one's own number for test calls, proven by a keyed code (rule N3, class T).
//!
//! The carrier rings the number and wants the code keyed there that is shown here: its verified caller ids. No voice of ours speaks on that
//! call. It is decided on as every call is, and the leave is used up by asking.

use callwright_compliance::allowlist::{
    AllowlistEntry, Approval, LineType, Publication, PublicationKind,
};
use callwright_compliance::facts::{AiCallConsent, Reading, Source};
use callwright_compliance::request::VendorUse;
use callwright_compliance::vendor::Role;
use callwright_compliance::{
    CallClass, CallPurpose, DecisionId, DialRequest, Digest, FieldSet, ObjectId, PatientKind,
    PayerId, Proving, ProvingLeave, RequestId, TenantId, prove,
};
use callwright_dialplan::twilio::{Client, Session, VerifiedNumber};
use callwright_dialplan::{self as dialplan, ProveError, parse_human};
use callwright_store::{Kind, RandomId, Store, StoreError};
use clap::Args;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::output::Out;
use super::{CliError, Common, allow, end, named};
use crate::clock::Clock;
use crate::config::Config;
use crate::dialler::{self, DialError};

/// How far the carrier's clock may run behind ours; its times are whole seconds.
const CARRIER_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);

/// Put a telephone number of one's own onto the allowlist, for test calls
///
/// A second person approves the entry; then `setup prove` has the carrier ring the number, which wants a code keyed.
#[derive(Debug, Args)]
pub(in crate::cli) struct TestNumberArgs {
    #[command(flatten)]
    common: Common,
    /// The number, as (614) 200-0135: a landline of the practice, not a mobile telephone
    #[arg(long, value_name = "NUMBER")]
    number: String,
    /// The payer whose part is played on the test call, by its id in the directory
    #[arg(long, value_name = "ID")]
    payer: PayerId,
    /// What is at the other end: landline, fixed_voip, toll_free
    #[arg(long, value_name = "TYPE", value_parser = named::<LineType>)]
    line_type: LineType,
    /// After how many days the entry ends
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=90))]
    days: u16,
}

/// Which entry.
#[derive(Debug, Args)]
pub(in crate::cli) struct EntryArgs {
    #[command(flatten)]
    common: Common,
    /// The entry's id, as `setup test-number` printed it
    #[arg(long, value_name = "ID")]
    entry: ObjectId,
}

pub(super) async fn add(
    args: &TestNumberArgs,
    clock: Clock,
    out: &mut Out,
) -> Result<(), CliError> {
    let common = &args.common;
    let number = parse_human(&args.number).map_err(CliError::usage)?;
    allow::callable(&number, args.line_type, &common.config()?.policy)?;
    let now = clock.wall();
    // The number is the evidence: what proves it comes with the keyed code.
    let sha256 = Digest::of(number.e164().as_bytes());
    let entry = AllowlistEntry {
        id: ObjectId::random()?,
        tenant: common.practice.clone(),
        number,
        class: CallClass::Test,
        payer: args.payer.clone(),
        publication: Publication {
            kind: PublicationKind::OwnNumberProven,
            document: ObjectId::new("own-number").map_err(CliError::usage)?,
            sha256,
            seen_on: now.to_zoned(TimeZone::UTC).date(),
        },
        line: args.line_type,
        verifier: common.actor.person.clone(),
        added_by: common.actor.person.clone(),
        added_at: now,
        approval: Approval::Pending,
        expires_at: now + SignedDuration::from_hours(24 * i64::from(args.days)),
        proof: None,
    };
    let store = common.store().await?;
    end::not_listed_yet(&store, &entry).await?;
    let mut tx = store.begin(&common.practice, &common.actor.actor(), now).await?;
    tx.add_allowlist_entry(&entry).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!(
        "entry {}; it waits for another person's approval, then for `setup prove`",
        entry.id
    ))?)
}

/// Decides, writes the decision down, and has the carrier ring the number.
pub(super) async fn ask(args: &EntryArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let config = common.config()?;
    let (client, _) = config.client()?;
    let store = config.open_store().await?;
    let session = session(&client, &config, &store, &common.practice, clock.wall()).await?;
    let leave = leave(args, &config, &store, clock.wall()).await;
    store.close().await;
    let code = dialplan::prove(leave?, &session, clock.wall()).await?;
    out.line(format_args!("the telephone rings now: key {} on it", code.digits()))?;
    Ok(out.line(format_args!("then: callwright setup proven --entry {} …", args.entry))?)
}

/// A session with the carrier, under the practice's register (rule V1).
async fn session(
    client: &Client,
    config: &Config,
    store: &Store,
    practice: &TenantId,
    now: Timestamp,
) -> Result<Session, CliError> {
    let register = store.register(practice).await?;
    let (vendor, role) = (config.carrier.vendor.clone(), Role::Carrier);
    let permit = register.egress(role, &vendor, now, &config.policy);
    let permit = permit.map_err(|refusal| DialError::Egress { vendor, role, refusal })?;
    Ok(client.open(permit).map_err(ProveError::Carrier)?)
}

async fn leave(
    args: &EntryArgs,
    config: &Config,
    store: &Store,
    now: Timestamp,
) -> Result<ProvingLeave, CliError> {
    let common = &args.common;
    let tenant = &common.practice;
    let entry = store.allowlist_entry(tenant, &args.entry).await?;
    let request = dial_request(config, &entry)?;
    let identity = match store.providers(tenant).await?.first() {
        Some((id, _)) => store.provider(tenant, id).await.map(dialler::identity_of),
        None => Err(StoreError::NotFound(Kind::Provider)),
    };
    let asked = dialler::Asked {
        tenant,
        request: &request.request,
        class: CallClass::Test,
        number: &entry.number,
        identity,
        // A test call may be placed at any hour, and is about nobody.
        hours: Reading::read(None, Source::Directory, now),
        consent: Reading::read(AiCallConsent::Absent, Source::Store, now),
    };
    let facts = dialler::read_facts(store, asked, now).await;
    let proving = prove(&request, &facts, &config.policy, now);
    let mut tx = store.begin(tenant, &common.actor.actor(), now).await?;
    tx.record_decision(proving.record()).await?;
    match proving {
        Proving::Leave(leave) => {
            let carrier = &config.carrier.vendor;
            tx.ask_for_proof(&entry.id, leave.record().id, carrier).await?;
            tx.commit().await?;
            Ok(leave)
        }
        Proving::Refuse(refusal) => {
            tx.commit().await?;
            Err(DialError::Refused(Box::new(refusal.record().clone())).into())
        }
    }
}

/// The question that policy is asked: a test call of the carrier's alone, about nobody. The entry's id stands for the request, so that the
/// leave is for this entry.
fn dial_request(config: &Config, entry: &AllowlistEntry) -> Result<DialRequest, CliError> {
    let minutes = config.policy.caps.test.total_s.div_ceil(60);
    let carrier = config.carrier.vendor.clone();
    Ok(DialRequest {
        decision: DecisionId::random()?,
        tenant: entry.tenant.clone(),
        request: RequestId::new(entry.id.as_str()).map_err(CliError::usage)?,
        class: CallClass::Test,
        purpose: CallPurpose::MedicalBenefits,
        patient: PatientKind::Synthetic,
        to: entry.number.clone(),
        payer: entry.payer.clone(),
        needs: FieldSet::EMPTY,
        vendors: vec![VendorUse { role: Role::Carrier, vendor: carrier }],
        cost_cents_max: u64::from(minutes) * u64::from(config.carrier.cents_per_minute),
    })
}

/// Asks the carrier whether the code was keyed, and writes the proof down.
pub(super) async fn keyed(args: &EntryArgs, clock: Clock, out: &mut Out) -> Result<(), CliError> {
    let common = &args.common;
    let config = common.config()?;
    let (client, _) = config.client()?;
    let store = config.open_store().await?;
    let entry = store.allowlist_entry(&common.practice, &args.entry).await?;
    let asked = store.proof_asked(&common.practice, &args.entry).await?;
    let now = clock.wall();
    let session = session(&client, &config, &store, &common.practice, now).await?;
    let verified = session.verified(&entry.number, now).await.map_err(ProveError::Carrier)?;
    // A code that was keyed before this asking says nothing about who is there today.
    let lately = |verified: &VerifiedNumber| {
        asked.as_ref().is_none_or(|asked| verified.created >= asked.asked_at - CARRIER_CLOCK_SKEW)
    };
    let Some(verified) = verified.filter(lately) else {
        store.close().await;
        return Err(CliError::usage(
            "the carrier saw no code keyed at this number: `callwright setup prove` has it ring again",
        ));
    };
    let mut tx = store.begin(&common.practice, &common.actor.actor(), clock.wall()).await?;
    tx.prove_number(&entry.id, &verified.sid, verified.created).await?;
    tx.commit().await?;
    store.close().await;
    Ok(out.line(format_args!("entry {} proven", args.entry))?)
}
