//! Consents, opt-outs and contacts: nothing is overwritten, one tenant's are not another's, and no number lies open (rules C1, C2, C4).

use callwright_compliance::audit::Action;
use callwright_compliance::consent::{ConsentAct, ConsentGiver, PriorExpress};
use callwright_compliance::contact::{
    NationalDnc, Preference, Reassigned, ReassignedAnswer, Residence,
};
use callwright_compliance::decide::Verdict;
use callwright_compliance::facts::{AiCallConsent, ConsentMethod, Reading, Source};
use callwright_compliance::opt_out::{OptOutCovers, OptOutKind, OptOutMeans};
use callwright_compliance::retention::RecordClass;
use callwright_compliance::{
    CallPurpose, Decision, DialRequest, Facts, ObjectId, PhoneNumber, Policy, Purpose, Reason,
    ReasonCode, RequestId, RuleId, TenantId, decide,
};
use callwright_store::{
    CallEnd, ConsentAbout, ContactNote, ContactPreference, Covering, DueSearch, Ending, Kind,
    NewConsent, NewOptOut, Page, RandomId, Store, StoreError,
};
use jiff::Timestamp;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

const PHONE: &str = "+16142007731";

fn phone() -> PhoneNumber {
    PhoneNumber::parse_e164(PHONE).unwrap()
}

fn said(act: ConsentAct, at: Timestamp, about: ConsentAbout<'_>) -> NewConsent<'_> {
    NewConsent {
        id: ObjectId::random().unwrap(),
        about,
        act,
        at,
        given_by: ConsentGiver::Patient,
        method: ConsentMethod::Verbal,
        evidence: ObjectId::new("note-1").unwrap(),
    }
}

async fn record(store: &Store, tenant: &TenantId, new: &NewConsent<'_>) -> Result<(), StoreError> {
    let mut tx = store.begin(tenant, &person("staff-1"), at(100)).await?;
    tx.record_consent(new).await?;
    tx.commit().await
}

fn heard<'a>(kind: OptOutKind, covers: Covering<'a>) -> NewOptOut<'a> {
    let id = ObjectId::random().unwrap();
    NewOptOut { id, kind, means: OptOutMeans::Voice, covers, at: at(90), call: None }
}

async fn opt_out(store: &Store, tenant: &TenantId, new: &NewOptOut<'_>) {
    let mut tx = store.begin(tenant, &node(), at(100)).await.unwrap();
    tx.record_opt_out(new).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lift(store: &Store, tenant: &TenantId, id: &ObjectId) -> Result<(), StoreError> {
    let mut tx = store.begin(tenant, &person("admin-1"), at(200)).await?;
    tx.lift_opt_out(id, " The caller rang back and asked for calls. ").await?;
    tx.commit().await
}

async fn raw(house: &House) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(house.database());
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A request whose practice says that the patient agreed, ten seconds in.
async fn granted(house: &House) -> RequestId {
    let id = RequestId::random().unwrap();
    let mut order = order(&house.provider);
    order.consent = AiCallConsent::Granted {
        at: at(-10),
        method: ConsentMethod::Signed,
        evidence: ObjectId::new("form-1").unwrap(),
    };
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(1)).await.unwrap();
    tx.add_request(&id, &order, &patient()).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn state(house: &House, request: &RequestId) -> AiCallConsent {
    house.store.consent_history(&house.tenant, request).await.unwrap().ai_call()
}

#[tokio::test]
async fn a_change_of_consent_after_queuing_is_a_new_event_and_holds() {
    let house = House::build().await;
    let id = granted(&house).await;
    assert!(matches!(state(&house, &id).await, AiCallConsent::Granted { .. }));
    let about = || ConsentAbout::Request(&id);
    let revoked = said(ConsentAct::Revoked, at(50), about());
    record(&house.store, &house.tenant, &revoked).await.unwrap();
    assert!(matches!(state(&house, &id).await, AiCallConsent::Refused { .. }));
    let again = said(ConsentAct::Granted, at(60), about());
    record(&house.store, &house.tenant, &again).await.unwrap();
    assert!(matches!(state(&house, &id).await, AiCallConsent::Granted { .. }));
    let history = house.store.consent_history(&house.tenant, &id).await.unwrap();
    let acts: Vec<ConsentAct> = history.events().iter().map(|event| event.act).collect();
    assert_eq!(acts, [ConsentAct::Granted, ConsentAct::Revoked, ConsentAct::Granted]);
    assert_eq!(history.events()[0].evidence.as_str(), "form-1", "what intake said is the first");
    let future = said(ConsentAct::Granted, at(101), about());
    let refused = record(&house.store, &house.tenant, &future).await;
    assert!(matches!(refused, Err(StoreError::Invalid { field: "at", .. })));
}

#[tokio::test]
async fn a_refusal_holds_for_the_person_and_a_grant_for_its_request() {
    let house = House::build().await;
    let (first, second) = (granted(&house).await, granted(&house).await);
    let revoked = said(ConsentAct::Revoked, at(50), ConsentAbout::Request(&first));
    record(&house.store, &house.tenant, &revoked).await.unwrap();
    assert!(matches!(state(&house, &second).await, AiCallConsent::Refused { .. }));
    let again = said(ConsentAct::Granted, at(60), ConsentAbout::Request(&first));
    record(&house.store, &house.tenant, &again).await.unwrap();
    assert!(matches!(state(&house, &first).await, AiCallConsent::Granted { .. }));
    assert!(matches!(state(&house, &second).await, AiCallConsent::Refused { .. }));

    // Another patient is not touched; a name that is spelt with other spaces, letters and signs is the same one, as the index has it.
    let mut other = patient();
    other.date_of_birth = callwright_compliance::Phi::new("1950-01-01".to_owned());
    let mut same = patient();
    same.name =
        callwright_compliance::Phi::new(format!("  {}.", NAME.to_uppercase().replace('-', " ")));
    same.date_of_birth = callwright_compliance::Phi::new(BORN.replace('-', "/"));
    let ids = [RequestId::random().unwrap(), RequestId::random().unwrap()];
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(2)).await.unwrap();
    tx.add_request(&ids[0], &order(&house.provider), &other).await.unwrap();
    tx.add_request(&ids[1], &order(&house.provider), &same).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(state(&house, &ids[0]).await, AiCallConsent::Absent);
    assert!(matches!(state(&house, &ids[1]).await, AiCallConsent::Refused { .. }));
}

#[tokio::test]
async fn after_an_erasure_no_row_ties_the_request_to_a_person() {
    let house = House::build().await;
    let id = granted(&house).await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    let end = CallEnd { outcome: code("lost"), cost_cents: None, recording: None, journal: None };
    tx.call_ended(&lease, &call, &end).await.unwrap();
    tx.finish(&lease, &Ending::Failed, &code("lost")).await.unwrap();
    tx.commit().await.unwrap();
    for act in [ConsentAct::Revoked, ConsentAct::Granted, ConsentAct::Refused] {
        let new = said(act, at(50), ConsentAbout::Request(&id));
        record(&house.store, &house.tenant, &new).await.unwrap();
    }
    let mut human = heard(OptOutKind::HumanOnly, Covering::PatientOf(&id));
    human.call = Some(&call);
    opt_out(&house.store, &house.tenant, &human).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(101)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    tx.commit().await.unwrap();

    let mut db = raw(&house).await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit' \
         AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_sqlx%' ESCAPE '\\'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let (mut of_request, mut of_person) = (0, 0);
    for table in tables {
        let columns: Vec<(String, String)> =
            sqlx::query_as("SELECT name, type FROM pragma_table_info(?)")
                .bind(&table)
                .fetch_all(&mut db)
                .await
                .unwrap();
        let any = |kind: &str, test: &str| {
            let of = columns.iter().filter(|(_, is)| is == kind);
            let tests: Vec<_> = of.map(|(name, _)| test.replace("{}", name)).collect();
            if tests.is_empty() { "0".to_owned() } else { tests.join(" OR ") }
        };
        let named = format!("instr(ifnull({{}}, ''), '{id}') OR instr(ifnull({{}}, ''), '{call}')");
        let (request, person) = (any("TEXT", &named), any("BLOB", "ifnull(length({}), 0) = 32"));
        let mut count = async |what: String| -> i64 {
            let statement = format!("SELECT count(*) FROM {table} WHERE {what}");
            sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut db).await.unwrap()
        };
        assert_eq!(count(format!("({request}) AND ({person})")).await, 0, "{table}");
        of_request += count(request).await;
        of_person += count(person).await;
    }
    assert!(of_request > 4 && of_person >= 3, "{of_request} {of_person}: there is what to tie");
    // Each withdrawal still holds for the person.
    let later = granted(&house).await;
    assert!(matches!(state(&house, &later).await, AiCallConsent::Refused { .. }));
}

#[tokio::test]
async fn the_oldest_of_each_register_is_when_it_was_said() {
    let house = House::build().await;
    granted(&house).await;
    let (number, periods) = (phone(), crate::retention::periods());
    let new = heard(OptOutKind::DoNotCall, Covering::Number(&number));
    opt_out(&house.store, &house.tenant, &new).await;
    for (class, oldest) in [(RecordClass::Consent, at(-10)), (RecordClass::OptOut, at(90))] {
        let search = DueSearch { class, periods: &periods, of: None, now: at(200) };
        let state = house.store.class_state(&house.tenant, &search).await.unwrap();
        assert_eq!(state.oldest, Some(oldest), "{class}");
    }
}

#[tokio::test]
async fn a_refusal_that_was_stated_with_a_refused_request_is_kept() {
    let house = House::build().await;
    let refused = AiCallConsent::Refused {
        at: at(40),
        method: ConsentMethod::Verbal,
        evidence: ObjectId::new("note-2").unwrap(),
    };
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(41)).await.unwrap();
    tx.keep_stated_refusal(&patient(), &AiCallConsent::Absent).await.unwrap();
    tx.keep_stated_refusal(&patient(), &refused).await.unwrap();
    tx.commit().await.unwrap();
    let id = granted(&house).await;
    assert!(matches!(state(&house, &id).await, AiCallConsent::Refused { .. }));
    // It survives the erasure of a request about the person.
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(110)).await.unwrap();
    tx.erase_request(&id).await.unwrap();
    tx.commit().await.unwrap();
    let next = granted(&house).await;
    assert!(matches!(state(&house, &next).await, AiCallConsent::Refused { .. }));
}

#[tokio::test]
async fn consent_to_be_called_is_found_by_its_number() {
    let house = House::build().await;
    let number = phone();
    let scope = [CallPurpose::DentalBenefits];
    let text = ObjectId::new("text-3").unwrap();
    let about = |scope| ConsentAbout::Number { number: &number, scope, text: text.clone() };
    let empty = said(ConsentAct::Granted, at(50), about(&[]));
    let refused = record(&house.store, &house.tenant, &empty).await;
    assert!(matches!(refused, Err(StoreError::Invalid { field: "scope", .. })));
    let grant = said(ConsentAct::Granted, at(50), about(&scope));
    record(&house.store, &house.tenant, &grant).await.unwrap();
    let contact = |house: &House, tenant: TenantId| {
        let (store, number) = (house.store.clone(), phone());
        async move {
            let nobody = RequestId::new("none").unwrap();
            store.contact(&tenant, &number, &nobody, at(100)).await.unwrap()
        }
    };
    let known = contact(&house, house.tenant.clone()).await.unwrap();
    let state = known.consents.prior_express(&known.digest, CallPurpose::DentalBenefits);
    assert!(matches!(state, PriorExpress::Granted(event) if event.id == grant.id));
    let (stranger, _) = practice(&house.store).await;
    assert_eq!(contact(&house, stranger.clone()).await, None);
    assert!(house.store.number_consents(&stranger, &number).await.unwrap().events().is_empty());
    let kept = house.store.number_consents(&house.tenant, &number).await.unwrap();
    assert_eq!(kept.events().len(), 1);
}

#[tokio::test]
async fn the_last_note_of_each_kind_holds() {
    let house = House::build().await;
    let number = phone();
    let checked = Reassigned::Checked {
        answer: ReassignedAnswer::No,
        since: "2026-09-01".parse().unwrap(),
        checked_at: at(5),
    };
    let home = Residence { region: "OH".to_owned(), zones: vec!["America/New_York".to_owned()] };
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(100)).await.unwrap();
    for note in [
        ContactNote::National(NationalDnc::Listed { checked_at: at(1) }),
        ContactNote::National(NationalDnc::NotListed { checked_at: at(2) }),
        ContactNote::Reassigned(checked),
        ContactNote::Preference(ContactPreference::NoCalls),
        ContactNote::Preference(ContactPreference::OnlyNumber(number.clone())),
        ContactNote::Residence(home.clone()),
    ] {
        tx.note_contact(&number, &note).await.unwrap();
    }
    tx.commit().await.unwrap();
    let nobody = RequestId::new("none").unwrap();
    let known = house.store.contact(&house.tenant, &number, &nobody, at(101)).await.unwrap();
    let known = known.unwrap();
    assert_eq!(known.national, NationalDnc::NotListed { checked_at: at(2) });
    assert_eq!((known.reassigned, &known.residence), (checked, &home));
    assert_eq!(known.preference, Preference::OnlyNumber(known.digest));
    assert_eq!((known.calls.day, known.calls.week), (0, 0));
}

#[tokio::test]
async fn an_opt_out_stands_until_it_is_lifted_with_a_reason_and_both_stay() {
    let house = House::build().await;
    let (store, tenant, number) = (&house.store, &house.tenant, number());
    let new = heard(OptOutKind::DoNotCall, Covering::Number(&number));
    assert!(store.opt_outs_for(tenant, &number, None).await.unwrap().is_empty());
    opt_out(store, tenant, &new).await;
    let standing = store.opt_outs_for(tenant, &number, None).await.unwrap();
    assert_eq!(standing.len(), 1);
    assert_eq!((&standing[0].id, standing[0].covers), (&new.id, OptOutCovers::Number));
    assert!(store.opt_outs_for(tenant, &phone(), None).await.unwrap().is_empty(), "another number");

    for reason in ["", "   ", "two\nlines"] {
        let mut tx = store.begin(tenant, &person("admin-1"), at(150)).await.unwrap();
        let refused = tx.lift_opt_out(&new.id, reason).await;
        assert!(matches!(refused, Err(StoreError::Invalid { field: "reason", .. })), "{reason:?}");
    }
    let mut tx = store.begin(tenant, &node(), at(150)).await.unwrap();
    let by_node = tx.lift_opt_out(&new.id, "because").await;
    assert!(matches!(by_node, Err(StoreError::Invalid { field: "actor", .. })));
    drop(tx);
    lift(store, tenant, &new.id).await.unwrap();
    assert!(store.opt_outs_for(tenant, &number, None).await.unwrap().is_empty());
    assert_eq!(lift(store, tenant, &new.id).await, Err(StoreError::NotFound(Kind::OptOut)));

    let history = store.opt_outs(tenant).await.unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].number.as_deref(), Some("+1 614 *** **34"));
    let lifted = history[0].lifted.as_ref().unwrap();
    assert_eq!((&lifted.by, lifted.at), (&person("admin-1"), at(200)));
    let mut tx = store.begin(tenant, &person("admin-2"), at(300)).await.unwrap();
    let reasons = tx.read_lift_reasons(Purpose::ShowToOperator).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reasons[&new.id], "The caller rang back and asked for calls.");
    let entries = store.audit_entries(tenant, &Page::first()).await.unwrap();
    let id = Some(&new.id);
    let about = entries.iter().filter(|entry| entry.object.as_ref() == id);
    let actions: Vec<Action> = about.map(|entry| entry.action).collect();
    assert_eq!(actions, [Action::OptOutRecorded, Action::OptOutLifted]);
}

#[tokio::test]
async fn the_next_decision_refuses_what_was_recorded_and_passes_what_was_lifted() {
    let house = House::build().await;
    let json = include_str!("../../../compliance/tests/data/facts.json");
    let good: Facts = serde_json::from_str(json).unwrap();
    let json = include_str!("../../../compliance/tests/data/request.json");
    let asked: DialRequest = serde_json::from_str(json).unwrap();
    let now: Timestamp = "2026-10-05T16:00:01Z".parse().unwrap();
    let tenant = &asked.tenant;
    let ann = person("ann");
    house.store.found_practice(tenant, "Riverside", &ann, now).await.unwrap();
    let decided = async || {
        let mut facts = good.clone();
        let standing = house.store.opt_outs_for(tenant, &asked.to, None).await.unwrap();
        facts.opt_outs = Reading::read(standing, Source::Store, now);
        match decide(&asked, &facts, &Policy::recommended(), now) {
            Decision::Permit(_) => vec![],
            Decision::Refuse(refusal) => refusal.reasons().to_vec(),
        }
    };
    assert_eq!(decided().await, []);
    for (kind, code) in [
        (OptOutKind::DoNotCall, ReasonCode::OptedOut),
        (OptOutKind::HumanOnly, ReasonCode::HumanOnly),
    ] {
        let new = NewOptOut { at: now, ..heard(kind, Covering::Number(&asked.to)) };
        let mut tx = house.store.begin(tenant, &node(), now).await.unwrap();
        tx.record_opt_out(&new).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(decided().await, [Reason { rule: RuleId::C2, code }]);
        let mut tx = house.store.begin(tenant, &ann, now).await.unwrap();
        tx.lift_opt_out(&new.id, "taken back").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(decided().await, []);
    }
    let history = house.store.opt_outs(tenant).await.unwrap();
    assert_eq!(history.iter().filter(|entry| entry.lifted.is_some()).count(), 2);
}

#[tokio::test]
async fn an_opt_out_is_its_tenants() {
    let house = House::build().await;
    let (stranger, _) = practice(&house.store).await;
    let number = number();
    let new = heard(OptOutKind::HumanOnly, Covering::Number(&number));
    opt_out(&house.store, &house.tenant, &new).await;
    assert!(house.store.opt_outs_for(&stranger, &number, None).await.unwrap().is_empty());
    assert!(house.store.opt_outs(&stranger).await.unwrap().is_empty());
    let foreign = lift(&house.store, &stranger, &new.id).await;
    assert_eq!(foreign, Err(StoreError::NotFound(Kind::OptOut)));
    let id = house.request().await;
    let theirs = heard(OptOutKind::DoNotCall, Covering::PatientOf(&id));
    let mut tx = house.store.begin(&stranger, &node(), at(100)).await.unwrap();
    assert_eq!(tx.record_opt_out(&theirs).await, Err(StoreError::NotFound(Kind::Request)));
    drop(tx);
    let mut tx = house.store.begin(&stranger, &person("staff-1"), at(100)).await.unwrap();
    let foreign = said(ConsentAct::Revoked, at(50), ConsentAbout::Request(&id));
    assert_eq!(tx.record_consent(&foreign).await, Err(StoreError::NotFound(Kind::Request)));
    drop(tx);
    let history = house.store.consent_history(&stranger, &id).await;
    assert_eq!(history.err(), Some(StoreError::NotFound(Kind::Request)));
    // The same number under another tenant has another digest.
    opt_out(&house.store, &stranger, &heard(OptOutKind::DoNotCall, Covering::Number(&number)))
        .await;
    let mut raw = raw(&house).await;
    let digests: i64 = sqlx::query_scalar("SELECT count(DISTINCT number) FROM opt_out")
        .fetch_one(&mut raw)
        .await
        .unwrap();
    assert_eq!(digests, 2);
}

#[tokio::test]
async fn a_patient_s_opt_out_holds_at_every_number() {
    let house = House::build().await;
    let (first, second) = (house.request().await, house.request().await);
    let new = heard(OptOutKind::DoNotCall, Covering::PatientOf(&first));
    opt_out(&house.store, &house.tenant, &new).await;
    let (store, tenant) = (&house.store, &house.tenant);
    for number in [phone(), number()] {
        let standing = store.opt_outs_for(tenant, &number, Some(&second)).await.unwrap();
        assert_eq!(standing.len(), 1);
        assert_eq!(standing[0].covers, OptOutCovers::Person);
        assert!(store.opt_outs_for(tenant, &number, None).await.unwrap().is_empty());
    }
    assert_eq!(store.opt_outs(tenant).await.unwrap()[0].number, None);
}

#[tokio::test]
async fn no_intent_is_written_to_a_number_that_was_opted_out_since_the_decision() {
    let house = House::build().await;
    house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let record = decision(&house.tenant, lease.request(), Verdict::Permitted);
    let mut tx = house.store.begin(&house.tenant, &node(), at(2)).await.unwrap();
    tx.record_decision(&record).await.unwrap();
    tx.commit().await.unwrap();
    let number = number();
    let new = NewOptOut { at: at(2), ..heard(OptOutKind::DoNotCall, Covering::Number(&number)) };
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    tx.record_opt_out(&new).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    let refused = tx.dial_intent(&lease, &intent(record.id, at(3))).await;
    assert_eq!(refused, Err(StoreError::OptedOut));
    drop(tx);
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(4)).await.unwrap();
    tx.lift_opt_out(&new.id, "written down by mistake").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &node(), at(5)).await.unwrap();
    tx.dial_intent(&lease, &intent(record.id, at(5))).await.unwrap();
}

#[tokio::test]
async fn register_rows_are_never_changed_removed_or_replaced() {
    let house = House::build().await;
    let id = granted(&house).await;
    let number = number();
    let new = heard(OptOutKind::DoNotCall, Covering::Number(&number));
    opt_out(&house.store, &house.tenant, &new).await;
    lift(&house.store, &house.tenant, &new.id).await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(210)).await.unwrap();
    let note = ContactNote::Preference(ContactPreference::NoneStated);
    tx.note_contact(&number, &note).await.unwrap();
    tx.commit().await.unwrap();
    let before = house.store.consent_history(&house.tenant, &id).await.unwrap();
    let mut raw = raw(&house).await;
    for statement in [
        "UPDATE consent_event SET act = 'granted'",
        "DELETE FROM consent_event",
        "INSERT OR REPLACE INTO consent_event SELECT * FROM consent_event",
        "UPDATE opt_out SET kind = 'human_only'",
        "DELETE FROM opt_out",
        "INSERT OR REPLACE INTO opt_out SELECT * FROM opt_out",
        "UPDATE opt_out_lift SET at = at + 1",
        "DELETE FROM opt_out_lift",
        "INSERT OR REPLACE INTO opt_out_lift SELECT * FROM opt_out_lift",
        "UPDATE contact_note SET content = '{}'",
        "DELETE FROM contact_note",
    ] {
        assert!(sqlx::raw_sql(statement).execute(&mut raw).await.is_err(), "{statement} passed");
    }
    assert_eq!(house.store.consent_history(&house.tenant, &id).await.unwrap(), before);
    assert_eq!(house.store.opt_outs(&house.tenant).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_number_or_reason_lies_open_and_a_new_tenant_key_keeps_what_is_found() {
    let house = House::build().await;
    let number = phone();
    let new = heard(OptOutKind::DoNotCall, Covering::Number(&number));
    opt_out(&house.store, &house.tenant, &new).await;
    let scope = [CallPurpose::DentalBenefits];
    let about = ConsentAbout::Number { number: &number, scope: &scope, text: new.id.clone() };
    record(&house.store, &house.tenant, &said(ConsentAct::Granted, at(50), about)).await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(300)).await.unwrap();
    tx.rotate_tenant_key().await.unwrap();
    tx.commit().await.unwrap();
    let standing = house.store.opt_outs_for(&house.tenant, &number, None).await.unwrap();
    assert_eq!(standing[0].id, new.id);
    lift(&house.store, &house.tenant, &new.id).await.unwrap();
    let kept = house.store.number_consents(&house.tenant, &number).await.unwrap();
    assert_eq!(kept.events().len(), 1);
    let disc = house.bytes();
    assert!(contains(&disc, new.id.as_str().as_bytes()), "the search finds what is there");
    for planted in [PHONE, "6142007731", "2007731", "rang back"] {
        assert!(!contains(&disc, planted.as_bytes()), "{planted} lies open on the disc");
    }
}

#[tokio::test]
async fn a_database_from_before_the_registers_keeps_what_intake_said() {
    let house = House::build().await;
    let id = granted(&house).await;
    house.request().await;
    house.store.close().await;
    // Back to the schema of before: the tables of the migration are taken out, and it runs again.
    let mut raw = raw(&house).await;
    let undo = "PRAGMA foreign_keys = OFF; DROP TABLE contact_note; DROP TABLE opt_out_lift; \
         DROP TABLE opt_out; DROP TABLE consent_event; DROP TABLE request_person; \
         DROP TABLE register_key; DELETE FROM _sqlx_migrations WHERE version = 2";
    sqlx::raw_sql(undo).execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let store = house.again().await;
    let history = store.consent_history(&house.tenant, &id).await.unwrap();
    assert_eq!(history.events().len(), 1);
    let AiCallConsent::Granted { at: when, method, evidence } = history.ai_call() else {
        panic!("the consent was lost: {history:?}")
    };
    assert_eq!((when, method), (at(-10), ConsentMethod::Signed));
    assert_eq!(evidence.as_str(), "form-1");
}
