//! What a practice would have set up before its first call, made up for the demo: practice, provider, vendors, allowlist, request.

use callwright_compliance::allowlist::{
    AllowlistEntry, Approval, LineType, Publication, PublicationKind,
};
use callwright_compliance::audit::Actor;
use callwright_compliance::facts::{AiCallConsent, ConsentMethod};
use callwright_compliance::vendor::{Location as VendorLocation, Region, Role, Row};
use callwright_compliance::{
    CallClass, CallPurpose, Digest, ObjectId, PatientKind, PersonId, Phi, PhoneNumber, RequestId,
    TenantId, VendorId,
};
use callwright_sim::Scenario;
use callwright_store::{
    Code, Location, LocationId, Order, Patient, Priority, Provider, ProviderId, RandomId,
};
use jiff::{SignedDuration, Timestamp};

use super::{DemoError, claim, program};
use crate::dialler::Claimed;
use crate::services::Services;

/// The simulated carrier's row in the vendor register.
pub const CARRIER: &str = "simulated-carrier";
/// The number that the practice calls from.
pub const CALLER: &str = "+16142000134";

fn person(id: &str) -> Result<PersonId, DemoError> {
    PersonId::new(id).map_err(program)
}

/// Sets up a practice with one request, and claims it.
///
/// # Errors
/// [`DemoError::Store`]; [`DemoError::Program`] where the scenario names a line that is not in the payer directory, or an id or number
/// that is none.
pub async fn request(services: &Services, scenario: &Scenario) -> Result<Claimed, DemoError> {
    let now = services.clock.wall();
    let tenant = TenantId::random()?;
    let owner = Actor::Person(person("owner")?);
    services.store.found_practice(&tenant, &scenario.provider.name, &owner, now).await?;
    let provider = provider(scenario)?;
    let mut tx = services.store.begin(&tenant, &owner, now).await?;
    tx.add_location(&provider.0).await?;
    tx.add_provider(&provider.1).await?;
    for row in vendors(services)? {
        tx.put_vendor(&row).await?;
    }
    tx.commit().await?;
    allow(services, scenario, &tenant, now).await?;

    let id = RequestId::random()?;
    let order = order(services, scenario, provider.1.id.clone(), now)?;
    let mut tx = services.store.begin(&tenant, &owner, now).await?;
    tx.add_request(&id, &order, &patient(scenario)).await?;
    tx.commit().await?;
    claim(services).await
}

fn provider(scenario: &Scenario) -> Result<(Location, Provider), DemoError> {
    let location = Location {
        id: LocationId::random()?,
        name: "Main office".to_owned(),
        street: "12 River Street".to_owned(),
        city: "Columbus".to_owned(),
        state: "OH".to_owned(),
        zip: "43004".to_owned(),
    };
    let made_up = &scenario.provider;
    let provider = Provider {
        id: ProviderId::random()?,
        location: location.id.clone(),
        registered_name: made_up.name.clone(),
        npi: made_up.npi.parse()?,
        tax_id: made_up.tax_id.parse()?,
        callback: PhoneNumber::parse_e164(&made_up.callback).map_err(program)?,
    };
    Ok((location, provider))
}

/// The vendors of the demo, all on this machine.
fn vendors(services: &Services) -> Result<Vec<Row>, DemoError> {
    let own = &services.vendors;
    let loopback = || "127.0.0.0/8".parse().map_err(program);
    let roles = [
        (Role::Carrier, CARRIER),
        (Role::SpeechToText, own.speech_to_text.id()),
        (Role::LanguageModel, own.language_model.id()),
        (Role::TextToSpeech, own.text_to_speech.id()),
    ];
    let row = |(role, id): (Role, &str)| {
        Ok(Row {
            id: VendorId::new(id).map_err(program)?,
            role,
            region: Region::UnitedStates,
            location: VendorLocation::OnPremises { network: loopback()? },
        })
    };
    roles.into_iter().map(row).collect()
}

/// The payer's line goes onto the allowlist: one person adds it, another approves it.
async fn allow(
    services: &Services,
    scenario: &Scenario,
    tenant: &TenantId,
    now: Timestamp,
) -> Result<(), DemoError> {
    let number = PhoneNumber::parse_e164(&scenario.line).map_err(program)?;
    let (payer, _) = services
        .directory
        .line_of(&number)
        .ok_or_else(|| program("the scenario's line is not in the payer directory"))?;
    let adder = person("front-desk")?;
    let id = ObjectId::random()?;
    let entry = AllowlistEntry {
        id: id.clone(),
        tenant: tenant.clone(),
        number,
        class: CallClass::Payer,
        payer: payer.id.clone(),
        publication: Publication {
            kind: PublicationKind::PayerWebsite,
            document: ObjectId::random()?,
            sha256: Digest::of(scenario.line.as_bytes()),
            seen_on: now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        },
        line: LineType::TollFree,
        verifier: adder.clone(),
        added_by: adder.clone(),
        added_at: now,
        approval: Approval::Pending,
        expires_at: now + SignedDuration::from_hours(24 * 90),
        proof: None,
    };
    let mut tx = services.store.begin(tenant, &Actor::Person(adder), now).await?;
    tx.add_allowlist_entry(&entry).await?;
    tx.commit().await?;
    let approver = Actor::Person(person("owner")?);
    let mut tx = services.store.begin(tenant, &approver, services.clock.wall()).await?;
    tx.approve_allowlist_entry(&id).await?;
    Ok(tx.commit().await?)
}

/// What a call with these questions is for.
fn purpose(question_set: &str) -> Result<CallPurpose, DemoError> {
    match question_set {
        "dental" => Ok(CallPurpose::DentalBenefits),
        "medical" => Ok(CallPurpose::MedicalBenefits),
        other => Err(DemoError::NoQuestions { name: other.to_owned() }),
    }
}

fn order(
    services: &Services,
    scenario: &Scenario,
    provider: ProviderId,
    now: Timestamp,
) -> Result<Order, DemoError> {
    let number = PhoneNumber::parse_e164(&scenario.line).map_err(program)?;
    let (payer, _) = services
        .directory
        .line_of(&number)
        .ok_or_else(|| program("the scenario's line is not in the payer directory"))?;
    Ok(Order {
        provider,
        payer: payer.id.clone(),
        class: CallClass::Payer,
        purpose: purpose(&scenario.question_set)?,
        patient_kind: PatientKind::Synthetic,
        question_set: Code::new(&scenario.question_set)?,
        consent: AiCallConsent::Granted {
            at: now,
            method: ConsentMethod::Signed,
            evidence: ObjectId::random()?,
        },
        priority: Priority::NORMAL,
        not_before: now,
        due: None,
    })
}

fn patient(scenario: &Scenario) -> Patient {
    let made_up = &scenario.patient;
    let phi = |text: &str| Phi::new(text.to_owned());
    Patient {
        name: phi(&format!("{} {}", made_up.first_name, made_up.last_name)),
        date_of_birth: phi(&made_up.date_of_birth),
        member_id: phi(&made_up.member_id),
        group_number: None,
        relationship: phi("self"),
        date_of_service: None,
    }
}
