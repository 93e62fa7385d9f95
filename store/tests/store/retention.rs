//! What is due goes at its time and not before, a legal hold wins, and what the law wants kept cannot be shortened (rule R1).

use callwright_compliance::audit::Action;
use callwright_compliance::retention::{
    Hold, Periods, RecordClass, RetentionPolicy, SIX_YEARS_DAYS,
};
use callwright_compliance::rule::RuleId;
use callwright_compliance::{Phi, RequestId};
use callwright_store::{
    CallEnd, CallId, DueSearch, Ending, Evidence, Found, HoldScope, Page, ResultField, StoreError,
};
use jiff::{SignedDuration, Timestamp};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::*;

pub(crate) const CALL_FILES: [RecordClass; 4] =
    [RecordClass::Disclosure, RecordClass::Audio, RecordClass::Words, RecordClass::Exchanges];

pub(crate) fn periods() -> Periods {
    Periods::new(&RetentionPolicy::recommended()).unwrap()
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count) * 24)
}

const MICROSECOND: SignedDuration = SignedDuration::from_micros(1);

/// A request that was called about once, recorded, and has one answer. It was over at `at(5)`.
pub(crate) async fn finished(house: &House) -> (RequestId, CallId) {
    let id = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    let sid = format!("CA{call}");
    tx.call_placed(&lease, &call, &sid.parse().unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    house.store.call_answered(&lease, &call, at(4)).await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &node(), at(5)).await.unwrap();
    let evidence = Evidence {
        field: code("deductible"),
        call: call.clone(),
        confidence: 0.75,
        utterance: 4,
        from_ms: 61_000,
        to_ms: 63_500,
        read_back: true,
        evidenced: true,
    };
    let answer = ResultField { value: Some(Phi::new(ANSWER.to_owned())), evidence };
    tx.put_result(&lease, &answer).await.unwrap();
    let end = CallEnd {
        outcome: code("complete"),
        cost_cents: Some(12),
        recording: Some(format!("{call}/recording.wav.sealed")),
        journal: Some(format!("{call}/journal.jsonl")),
    };
    tx.call_ended(&lease, &call, &end).await.unwrap();
    tx.finish(&lease, &Ending::Done, &code("complete")).await.unwrap();
    tx.commit().await.unwrap();
    (id, call)
}

fn search(class: RecordClass, periods: &Periods, now: Timestamp) -> DueSearch<'_> {
    DueSearch { class, periods, of: None, now }
}

/// The calls whose files of a class are due.
async fn due(house: &House, class: RecordClass, now: Timestamp) -> Vec<CallId> {
    let periods = periods();
    let search = search(class, &periods, now);
    let due = house.store.due_calls(&house.tenant, &search, &Page::first()).await.unwrap();
    assert!(due.iter().all(|due| due.class() == class));
    due.iter().map(|due| due.call().clone()).collect()
}

async fn due_requests(house: &House, now: Timestamp) -> usize {
    let periods = periods();
    let search = search(RecordClass::Result, &periods, now);
    house.store.due_requests(&house.tenant, &search, &Page::first()).await.unwrap().len()
}

/// Purges whatever is due of a class, as if files had been found, and counts.
async fn purge(house: &House, class: RecordClass, now: Timestamp) -> usize {
    let periods = periods();
    let search = search(class, &periods, now);
    let mut tx = house.store.begin(&house.tenant, &node(), now).await.unwrap();
    let mut count = 0;
    if class == RecordClass::Result {
        for due in tx.due_requests(&search, &Page::first()).await.unwrap() {
            tx.purge_request(due).await.unwrap();
            count += 1;
        }
    }
    for due in tx.due_calls(&search, &Page::first()).await.unwrap() {
        tx.files_purged(due, Found::Some).await.unwrap();
        count += 1;
    }
    if count > 0 {
        tx.commit().await.unwrap();
    }
    count
}

async fn hold(house: &House, scope: &HoldScope, now: Timestamp) -> callwright_store::HoldId {
    let mut tx = house.store.begin(&house.tenant, &person("officer-1"), now).await.unwrap();
    let id = tx.place_hold(scope, "case 14").await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn lift(house: &House, id: &callwright_store::HoldId, now: Timestamp) {
    let mut tx = house.store.begin(&house.tenant, &person("officer-1"), now).await.unwrap();
    tx.lift_hold(id, "case closed").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn each_class_is_purged_at_its_time_and_not_a_microsecond_before() {
    let house = House::build().await;
    let (request, call) = finished(&house).await;
    for class in CALL_FILES {
        let end = at(5) + days(class.recommended_days());
        assert_eq!(due(&house, class, end - MICROSECOND).await, [], "{class}");
        assert_eq!(due(&house, class, end).await, std::slice::from_ref(&call), "{class}");
    }
    let end = at(5) + days(RecordClass::Result.recommended_days());
    assert_eq!(due_requests(&house, end - MICROSECOND).await, 0);
    assert_eq!(due_requests(&house, end).await, 1);
    // In the order of a life: audio and exchanges, words, then the request, and what the law wanted kept.
    for class in [RecordClass::Exchanges, RecordClass::Audio, RecordClass::Words] {
        let end = at(5) + days(class.recommended_days());
        assert_eq!(purge(&house, class, end).await, 1, "{class}");
        assert_eq!(purge(&house, class, end).await, 0, "{class}: once");
    }
    assert_eq!(purge(&house, RecordClass::Result, end).await, 2, "the request, its result's files");
    let row = house.store.request(&house.tenant, &request).await.unwrap();
    assert_eq!(row.erased_at, Some(end));
    assert_eq!(purge(&house, RecordClass::Disclosure, end).await, 1);
}

#[tokio::test]
async fn a_purge_says_in_the_audit_what_went_and_of_which_class() {
    let house = House::build().await;
    let (request, call) = finished(&house).await;
    let end = at(5) + days(SIX_YEARS_DAYS);
    for class in CALL_FILES {
        purge(&house, class, end).await;
    }
    purge(&house, RecordClass::Result, end).await;
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    let purged: Vec<_> = entries.iter().filter(|entry| entry.action == Action::Purged).collect();
    let mut wanted: Vec<(String, callwright_compliance::FieldSet)> =
        CALL_FILES.iter().map(|class| (call.to_string(), class.fields())).collect();
    wanted.push((request.to_string(), RecordClass::Result.fields()));
    wanted.push((call.to_string(), RecordClass::Result.fields()));
    let said: Vec<_> =
        purged.iter().map(|e| (e.object.as_ref().unwrap().to_string(), e.fields)).collect();
    assert_eq!(said, wanted);
    assert!(purged.iter().all(|entry| entry.rule == Some(RuleId::R1)));
    assert!(house.store.verify_audit(&house.tenant, None).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_hold_wins_over_every_period_until_it_is_lifted() {
    let house = House::build().await;
    let (request, _) = finished(&house).await;
    let (_, other) = finished(&house).await;
    let late = at(5) + days(2 * SIX_YEARS_DAYS);
    let of_request = hold(&house, &HoldScope::Request(request.clone()), at(10)).await;
    for class in CALL_FILES {
        assert_eq!(due(&house, class, late).await, std::slice::from_ref(&other), "{class}");
        let periods = periods();
        let state =
            house.store.class_state(&house.tenant, &search(class, &periods, late)).await.unwrap();
        assert_eq!((state.held, state.oldest), (1, Some(at(5))), "{class}");
    }
    let of_all = hold(&house, &HoldScope::Tenant, at(11)).await;
    for class in CALL_FILES {
        assert_eq!(purge(&house, class, late).await, 0, "{class}");
    }
    assert_eq!(purge(&house, RecordClass::Result, late).await, 0);
    // Two holds: lifting one leaves the other.
    lift(&house, &of_all, at(12)).await;
    assert_eq!(due_requests(&house, late).await, 1);
    lift(&house, &of_request, at(13)).await;
    assert_eq!(due_requests(&house, late).await, 2);
    let holds = house.store.holds(&house.tenant).await.unwrap();
    assert_eq!(holds.len(), 2, "their history stays");
    assert!(holds.iter().all(|hold| hold.lifted.as_ref().unwrap().reason == "case closed"));
}

#[tokio::test]
async fn a_hold_blocks_erasure() {
    let house = House::build().await;
    let (request, _) = finished(&house).await;
    let id = hold(&house, &HoldScope::Request(request.clone()), at(10)).await;
    let admin = person("admin-1");
    let mut tx = house.store.begin(&house.tenant, &admin, at(11)).await.unwrap();
    assert_eq!(tx.hold_on(&request).await, Ok(Hold::Held));
    assert_eq!(tx.erase_request(&request).await, Err(StoreError::Held));
    assert_eq!(tx.commit().await, Err(StoreError::Unaudited), "a refused act keeps nothing");
    assert!(house.store.patient(&house.tenant, &request, to_render(&admin)).await.is_ok());
    lift(&house, &id, at(12)).await;
    let mut tx = house.store.begin(&house.tenant, &admin, at(13)).await.unwrap();
    tx.erase_request(&request).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn holds_are_of_their_tenant_and_lifted_once() {
    let house = House::build().await;
    let (request, _) = finished(&house).await;
    let id = hold(&house, &HoldScope::Request(request.clone()), at(10)).await;
    let (other, _) = practice(&house.store).await;
    let officer = person("officer-1");
    let mut tx = house.store.begin(&other, &officer, at(11)).await.unwrap();
    let none = StoreError::NotFound(callwright_store::Kind::Hold);
    assert_eq!(tx.lift_hold(&id, "mine").await, Err(none.clone()));
    drop(tx);
    let mut tx = house.store.begin(&other, &officer, at(11)).await.unwrap();
    let foreign = tx.place_hold(&HoldScope::Request(request), "mine").await;
    assert_eq!(foreign, Err(StoreError::NotFound(callwright_store::Kind::Request)));
    drop(tx);
    assert_eq!(house.store.holds(&other).await.unwrap(), []);
    lift(&house, &id, at(12)).await;
    let mut tx = house.store.begin(&house.tenant, &officer, at(13)).await.unwrap();
    assert_eq!(tx.lift_hold(&id, "again").await, Err(none));
}

#[tokio::test]
async fn words_go_when_the_result_is_accepted_and_nothing_else_does() {
    let house = House::build().await;
    let (request, call) = finished(&house).await;
    let staff = person("staff-1");
    let mut tx = house.store.begin(&house.tenant, &staff, at(60)).await.unwrap();
    tx.accept_result(&request).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(&house, RecordClass::Words, at(60) - MICROSECOND).await, []);
    assert_eq!(due(&house, RecordClass::Words, at(60)).await, [call]);
    for class in [RecordClass::Audio, RecordClass::Exchanges, RecordClass::Disclosure] {
        assert_eq!(due(&house, class, at(61)).await, [], "{class}");
    }
    let mut tx = house.store.begin(&house.tenant, &staff, at(61)).await.unwrap();
    let again = tx.accept_result(&request).await;
    assert_eq!(again, Err(StoreError::Duplicate(callwright_store::Kind::Acceptance)));
    drop(tx);
    let waiting = house.request().await;
    let mut tx = house.store.begin(&house.tenant, &staff, at(62)).await.unwrap();
    assert!(matches!(tx.accept_result(&waiting).await, Err(StoreError::Transition { .. })));
}

#[tokio::test]
async fn an_acceptance_releases_no_words_of_a_later_call() {
    let house = House::build().await;
    let (request, call) = finished(&house).await;
    // The call was over at 5. Rows as an older program may have left them: each before it, and then at its end.
    for (accepted, released) in [(at(5) - MICROSECOND, vec![]), (at(5), vec![call])] {
        let mut db = raw(&house).await;
        sqlx::raw_sql("DROP TRIGGER IF EXISTS acceptance_no_delete; DELETE FROM acceptance")
            .execute(&mut db)
            .await
            .unwrap();
        sqlx::query("INSERT INTO acceptance VALUES (?, ?, '{}', ?)")
            .bind(house.tenant.as_str())
            .bind(request.as_str())
            .bind(accepted.as_microsecond())
            .execute(&mut db)
            .await
            .unwrap();
        assert_eq!(due(&house, RecordClass::Words, at(60)).await, released, "{accepted}");
    }
}

#[tokio::test]
async fn what_waits_for_staff_is_not_accepted() {
    let house = House::build().await;
    let request = house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    tx.finish(&lease, &Ending::NeedsStaff, &code("no_answer")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = house.store.begin(&house.tenant, &person("staff-1"), at(4)).await.unwrap();
    assert!(matches!(tx.accept_result(&request).await, Err(StoreError::Transition { .. })));
}

#[tokio::test]
async fn an_erased_request_releases_its_files_but_not_its_evidence() {
    let house = House::build().await;
    let (request, call) = finished(&house).await;
    let mut tx = house.store.begin(&house.tenant, &person("admin-1"), at(9)).await.unwrap();
    tx.erase_request(&request).await.unwrap();
    tx.commit().await.unwrap();
    for class in
        [RecordClass::Audio, RecordClass::Words, RecordClass::Exchanges, RecordClass::Result]
    {
        assert_eq!(due(&house, class, at(9)).await, std::slice::from_ref(&call), "{class}");
    }
    let early = at(5) + days(SIX_YEARS_DAYS) - MICROSECOND;
    assert_eq!(due(&house, RecordClass::Disclosure, early).await, []);
}

#[tokio::test]
async fn what_waits_or_runs_is_not_due() {
    let house = House::build().await;
    let waits = house.request().await;
    let late = at(0) + days(2 * SIX_YEARS_DAYS);
    assert_eq!(due_requests(&house, late).await, 0);
    let (lease, _) = house.claim(at(2)).await;
    dial(&house.store, &lease, at(2)).await;
    assert_eq!(due(&house, RecordClass::Audio, late).await, []);
    assert_eq!(due_requests(&house, late).await, 0, "{waits}");
}

#[tokio::test]
async fn a_call_that_left_nothing_is_no_purge() {
    let house = House::build().await;
    house.request().await;
    let (lease, _) = house.claim(at(2)).await;
    let call = dial(&house.store, &lease, at(2)).await;
    let mut tx = house.store.begin(&house.tenant, &node(), at(3)).await.unwrap();
    let end = CallEnd {
        outcome: code("carrier_failed"),
        cost_cents: None,
        recording: None,
        journal: None,
    };
    tx.call_ended(&lease, &call, &end).await.unwrap();
    tx.finish(&lease, &Ending::NeedsStaff, &code("carrier_failed")).await.unwrap();
    tx.commit().await.unwrap();
    let late = at(3) + days(SIX_YEARS_DAYS);
    let periods = periods();
    for class in CALL_FILES {
        let mut tx = house.store.begin(&house.tenant, &node(), late).await.unwrap();
        for due in tx.due_calls(&search(class, &periods, late), &Page::first()).await.unwrap() {
            tx.files_purged(due, Found::None).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(due(&house, class, late).await, [], "{class}: it is not looked at again");
    }
    let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
    assert!(entries.iter().all(|entry| entry.action != Action::Purged));
}

#[tokio::test]
async fn the_schema_refuses_to_lose_audit_decisions_and_holds() {
    let house = House::build().await;
    let (request, _) = finished(&house).await;
    hold(&house, &HoldScope::Request(request), at(10)).await;
    let options = SqliteConnectOptions::new().filename(house.database());
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    for table in ["audit", "decision", "legal_hold"] {
        let count = format!("SELECT count(*) FROM {table}");
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut raw).await.unwrap();
        assert!(count > 0, "{table}");
        let delete = sqlx::AssertSqlSafe(format!("DELETE FROM {table}"));
        assert!(sqlx::query(delete).execute(&mut raw).await.is_err(), "{table}");
    }
}
