//! One attempt at a request, from the decision to the end of the leg.

use std::path::PathBuf;
use std::sync::Arc;

use callwright_compliance::audit::Actor;
use callwright_compliance::decide::Verdict;
use callwright_compliance::facts::{Facts, Reading};
use callwright_compliance::permit::PERMIT_LIFE;
use callwright_compliance::request::VendorUse;
use callwright_compliance::vendor::Role;
use callwright_compliance::{
    Decision, DecisionId, DialPermit, DialRequest, PhoneNumber, Purpose, VendorId, decide,
};
use callwright_core::FieldId;
use callwright_dialplan::originate::CallPlan as LegPlan;
use callwright_dialplan::payer::{Line, PayerEntry};
use callwright_dialplan::twilio::{CarrierError, ClientConfig, Session};
use callwright_dialplan::{OriginateError, originate};
use callwright_prompts::QuestionSet;
use callwright_store::{
    Access, CallId, NewIntent, Patient, Provider, RandomId, Request, ResultField,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::files::CallFolder;
use super::keep::Register;
use super::leg::CarrierLeg;
use super::line::line_of;
use super::result::{self, CallResult};
use super::{Claimed, DialError, account, facts, keep, leave, opt_outs, plan};
use crate::api::Api;
use crate::call::timeline::Moment;
use crate::call::{CallReport, ClipBook, Driver, LINES_MAX, Note, Sessions};
use crate::services::Services;

/// What came of one attempt.
pub struct Attempt {
    /// The call.
    pub call: CallId,
    /// Its folder.
    pub folder: PathBuf,
    /// Its result, as it was written to `result.json`.
    pub result: CallResult,
    /// What became of it in this process.
    pub report: CallReport,
}

/// How long a lease is held before it must be renewed: four heartbeats.
pub const LEASE: SignedDuration = SignedDuration::from_secs(120);

/// Everything about an attempt that is known before it is decided on.
pub(super) struct Case {
    pub(super) claimed: Claimed,
    pub(super) provider: Provider,
    pub(super) patient: Patient,
    pub(super) payer: PayerEntry,
    pub(super) line: Line,
    pub(super) questions: Arc<QuestionSet>,
    /// What earlier calls about this request won.
    pub(super) earlier: Vec<ResultField>,
    pub(super) actor: Actor,
}

impl Case {
    /// The questions that earlier calls answered.
    pub(super) fn answered_before(&self) -> Vec<FieldId> {
        let answered = self.earlier.iter().filter(|field| field.value.is_some());
        let place = |field: &ResultField| self.questions.by_name(field.evidence.field.as_str());
        let id = |(at, _)| u16::try_from(at).ok().map(FieldId);
        answered.filter_map(|field| place(field).and_then(id)).collect()
    }
}

/// Makes one attempt at a claimed request.
///
/// `moments` is told what happens on the call.
///
/// # Errors
/// [`DialError`]. The request is then back in the queue or with staff, never lost.
pub async fn attempt(
    services: &Services,
    claimed: Claimed,
    moments: mpsc::Sender<Moment>,
) -> Result<Attempt, DialError> {
    let actor = Actor::Node(services.node_id.clone());
    let mut case = match open_case(services, &claimed, actor.clone()).await {
        Ok(case) => case(claimed),
        Err(error) => return Err(keep::give_back(services, claimed, &actor, error).await),
    };
    let (mut permit, clips) = loop {
        let permit = match decide_on(services, &case).await {
            Ok(Decision::Permit(permit)) => permit,
            Ok(Decision::Refuse(refusal)) => {
                let record = refusal.record().clone();
                keep::refused(services, case, &record).await?;
                return Err(DialError::Refused(Box::new(record)));
            }
            Err(error) => return Err(keep::give_back(services, case.claimed, &actor, error).await),
        };
        match plan::clips_made(services, &case, &permit) {
            Ok(Some(clips)) => break (permit, clips),
            Ok(None) => {}
            Err(error) => return Err(keep::give_back(services, case.claimed, &actor, error).await),
        }
        // A voice may take longer than a permit lasts: once the clips are there, it is decided anew.
        if let Err(error) = plan::make_clips(services, &case, &permit).await {
            return Err(keep::give_back(services, case.claimed, &actor, error).await);
        }
    };
    // A call is large. On the heap, it does not weigh on the stack of whoever waits for it.
    let prepared = Box::pin(prepare(services, &mut case, (&mut permit, clips), moments));
    let ready = match prepared.await {
        Ok(ready) => ready,
        Err(error) => return Err(keep::give_back(services, case.claimed, &actor, error).await),
    };
    let _stay = services.registry.stay(ready.call.as_str());
    Box::pin(place(services, case, permit, ready)).await
}

async fn open_case(
    services: &Services,
    claimed: &Claimed,
    actor: Actor,
) -> Result<impl FnOnce(Claimed) -> Case + use<>, DialError> {
    let request = &claimed.request;
    let order = &request.order;
    let (payer, line) = line_of(services, &request.tenant, order).await?;
    let set = services.pack.question_set(order.question_set.as_str());
    let questions = Arc::new(set.ok_or(DialError::NoQuestions)?.clone());
    let provider = services.store.provider(&request.tenant, &order.provider).await?;
    let now = services.clock.wall();
    let access = Access { actor: &actor, purpose: Purpose::Speak, now };
    let patient = services.store.patient(&request.tenant, &request.id, access).await?;
    let earlier = if request.attempts == 0 {
        Vec::new()
    } else {
        let access = Access { actor: &actor, purpose: Purpose::RenderResult, now };
        services.store.results(&request.tenant, &request.id, access).await?
    };
    Ok(move |claimed| Case { claimed, provider, patient, payer, line, questions, earlier, actor })
}

fn vendor_uses(services: &Services, facts: &Facts) -> Result<Vec<VendorUse>, DialError> {
    let vendors = &services.vendors;
    let own = [
        (Role::SpeechToText, vendors.speech_to_text.id()),
        (Role::LanguageModel, vendors.language_model.id()),
        (Role::TextToSpeech, vendors.text_to_speech.id()),
    ];
    // Where there should be one and is none, the decision finds it missing.
    let first = match &facts.vendors {
        Reading::Read(register) => leave::hears_first(services, &register.value).ok().flatten(),
        Reading::Unreadable => None,
    };
    let mut uses = vec![VendorUse { role: Role::Carrier, vendor: services.carrier.id.clone() }];
    for (role, id) in own.into_iter().chain(first.map(|id| (Role::SpeechToText, id))) {
        uses.push(VendorUse { role, vendor: VendorId::new(id).map_err(|_| DialError::Id)? });
    }
    Ok(uses)
}

/// The question that policy is asked about calling a line for a request: at enqueueing and, anew, at dial time.
pub(crate) fn dial_request(
    services: &Services,
    request: &Request,
    line: &Line,
    facts: &Facts,
) -> Result<DialRequest, DialError> {
    let cap_s = services.policy.caps.of(request.order.class).total_s;
    Ok(DialRequest {
        decision: DecisionId::random()?,
        tenant: request.tenant.clone(),
        request: request.id.clone(),
        class: request.order.class,
        purpose: request.order.purpose,
        patient: request.order.patient_kind,
        to: line.number.clone(),
        payer: request.order.payer.clone(),
        needs: line.needs,
        vendors: vendor_uses(services, facts)?,
        cost_cents_max: u64::from(cost_cents(services, cap_s)),
    })
}

/// The most that a call of so many seconds costs, in US cents.
fn cost_cents(services: &Services, seconds: u32) -> u32 {
    services.carrier.cents_per_minute.saturating_mul(seconds.div_ceil(60))
}

/// Gathers facts, decides, and writes the decision down before anything follows from it.
async fn decide_on(services: &Services, case: &Case) -> Result<Decision, DialError> {
    let request = &case.claimed.request;
    let consent = facts::consent(services, request).await;
    let facts = facts::gather(services, request, consent, &case.line).await;
    let dial = dial_request(services, request, &case.line, &facts)?;
    let now = services.clock.wall();
    let decision = decide(&dial, &facts, &services.policy, now);
    let record = decision.record();
    let mut tx = services.store.begin(&request.tenant, &case.actor, now).await?;
    tx.record_decision(record).await?;
    tx.commit().await?;
    let permitted = record.verdict == Verdict::Permitted;
    tracing::info!(request = %request.id, decision = %record.id, permitted, "decided");
    Ok(decision)
}

/// A call that is ready to be placed: nothing of it can fail any more but the carrier.
struct Ready {
    call: CallId,
    folder: CallFolder,
    began_at: Timestamp,
    answer_until: Timestamp,
    leg: Arc<CarrierLeg>,
    leg_plan: LegPlan,
    session: Arc<Session>,
    driver: Driver,
    notes: mpsc::Receiver<Note>,
}

/// Opens everything that the call needs. The decision permits it; nothing was dialled yet.
async fn prepare(
    services: &Services,
    case: &mut Case,
    (permit, clips): (&mut DialPermit, ClipBook),
    moments: mpsc::Sender<Moment>,
) -> Result<Ready, DialError> {
    let call = CallId::random()?;
    let folder = CallFolder::make(services.calls_dir.join(call.as_str()))?;
    let began_at = services.clock.wall();
    let ring = ClientConfig::REQUEST_TIMEOUT + permit.caps().ring;
    // From the permit's end to the carrier's last chance to ask what to do.
    let ring = SignedDuration::try_from(ring).unwrap_or(PERMIT_LIFE);
    let answer_until = began_at + PERMIT_LIFE + ring;
    let leg = Arc::new(CarrierLeg::new(services, &call));
    let leg_plan = LegPlan::new(
        services.carrier.from.clone(),
        Api::twiml_url(&services.public_url, call.as_str()),
        Api::status_url(&services.public_url, call.as_str()),
    )?;
    let watch = services.clock.stopwatch();
    let leaves = leave::leaves(services, &case.claimed.request, watch).await?;
    let sessions = Sessions::open(&services.vendors, leaves)?;
    let session = leave::carrier_of_call(services, &case.claimed.request).await?;
    let about = plan::About { call: &call, folder: folder.path(), began_at };
    let plan = plan::call_plan(services, case, permit, &about, clips, sessions)?;
    let lines = services.registry.enter(call.as_str(), answer_until);
    let request = &case.claimed.request;
    services.registry.about(call.as_str(), request.tenant.clone(), request.id.clone());
    let (notes, noted) = mpsc::channel(LINES_MAX);
    let driver = Driver::new(plan, lines, leg.clone(), watch, moments, notes);
    let notes = noted;
    Ok(Ready { call, folder, began_at, answer_until, leg, leg_plan, session, driver, notes })
}

/// Writes the intent, asks the carrier, and runs the call to its end.
async fn place(
    services: &Services,
    mut case: Case,
    permit: DialPermit,
    ready: Ready,
) -> Result<Attempt, DialError> {
    let intent = NewIntent {
        call: ready.call.clone(),
        decision: permit.decision_id(),
        number: permit.number().clone(),
        cost_cents_max: cost_cents(services, permit.caps().carrier_limit_s()),
        expires: ready.answer_until,
        vendors: services.vendors_used(),
        limits: services.policy.limits,
    };
    if let Err(error) = announce(services, &mut case, &intent).await {
        // Nothing was dialled.
        return Err(keep::give_back(services, case.claimed, &case.actor, error).await);
    }
    let session = Arc::clone(&ready.session);
    let placed = match originate(permit, &ready.leg_plan, &session, services.clock.wall()).await {
        Ok(placed) => placed,
        Err(error) => {
            // Nothing of the call runs: what it had opened is let go before the carrier is asked.
            let (call, since) = (ready.call.clone(), ready.began_at);
            drop(ready);
            return Err(not_placed(services, case, &session, (&call, since), error).await);
        }
    };
    services.registry.placed(ready.call.as_str(), placed.call_sid.clone());
    ready.leg.set(Arc::clone(&session), placed.call_sid.clone());
    let (call, sid) = (&ready.call, &placed.call_sid);
    if let Err(error) = keep::placed(services, &case.claimed, &case.actor, call, sid).await {
        // A leg that cannot be accounted for may not run. Its request is adopted when the lease has run out.
        if let Err(error) = session.complete(sid).await {
            tracing::error!(%call, %error, "a leg could not be ended");
        }
        return Err(error);
    }
    Box::pin(run(services, case, ready)).await
}

/// Writes the intent, under a lease that outlasts it: who adopts this request after us counts on the intent's being over by then.
async fn announce(
    services: &Services,
    case: &mut Case,
    intent: &NewIntent,
) -> Result<(), DialError> {
    let now = services.clock.wall();
    services.store.heartbeat(&mut case.claimed.lease, now, LEASE).await?;
    keep::intent(services, &case.claimed, &case.actor, intent).await
}

/// The carrier did not take the call, or its answer was lost. In the second case a leg may exist, and is looked for and ended first.
async fn not_placed(
    services: &Services,
    case: Case,
    session: &Session,
    (call, since): (&CallId, Timestamp),
    error: OriginateError,
) -> DialError {
    // From here on the carrier is told to hang up, should it ask what to do with the call.
    services.registry.leave(call.as_str());
    let unsure = error.may_have_placed();
    if unsure && let Err(lost) = end_strays(services, session, &case.line.number, since).await {
        // The call stays open in the store, and counts, until whoever adopts the request has accounted for it.
        tracing::error!(%call, %lost, "the carrier could not be asked about a call");
        return error.into();
    }
    // What a leg cost that may have been, is not known: its upper bound goes on counting.
    let cost_cents = if unsure { None } else { Some(0) };
    match keep::not_placed(services, case.claimed, &case.actor, call, cost_cents).await {
        Ok(()) => error.into(),
        Err(other) => other,
    }
}

/// Ends the legs to a number that the carrier created since `since` and that no call here runs on.
async fn end_strays(
    services: &Services,
    session: &Session,
    number: &PhoneNumber,
    since: Timestamp,
) -> Result<(), CarrierError> {
    // The carrier's clock may run a little behind ours, and its times are whole seconds.
    let since = since - SignedDuration::from_secs(5);
    for leg in session.latest_to(number, services.clock.wall()).await? {
        let ours = leg.created.is_none_or(|created| created >= since);
        if ours && !leg.status.is_over() && !services.registry.has_leg(&leg.sid) {
            session.complete(&leg.sid).await?;
        }
    }
    Ok(())
}

/// Runs the call, keeps its lease, and writes down what came of it.
async fn run(services: &Services, mut case: Case, ready: Ready) -> Result<Attempt, DialError> {
    let Ready { call, folder, began_at, driver, notes, .. } = ready;
    let folder = folder.keep();
    let called = opt_outs::Line {
        tenant: case.claimed.request.tenant.clone(),
        actor: case.actor.clone(),
        number: case.line.number.clone(),
        call: call.clone(),
    };
    let running = Box::pin(driver.run());
    let (report, settled) =
        account::run_with(services, &mut case.claimed, called, running, notes).await;
    let about = result::About {
        request: &case.claimed.request,
        call: &call,
        began_at,
        questions: &case.questions,
        earlier: &case.earlier,
    };
    let result = CallResult::new(&about, &report);
    let files = keep::Files {
        line: &case.line,
        began_at,
        folder: &folder,
        report: &report,
        result: &result,
        register: if settled.is_ok() { Register::Written } else { Register::Refused },
    };
    // What was won is kept all the same.
    keep::ended(services, case.claimed, &case.actor, &call, &files).await?;
    settled?;
    Ok(Attempt { call, folder, result, report })
}
