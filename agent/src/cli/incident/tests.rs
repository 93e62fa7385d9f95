//! Incidents from the command line: opened, followed to their end, and the exposure and the accounting that follow from them.

use serde_json::{Value, json};

use super::super::Place;
use super::{CliError, Exit};
use crate::dialler::testing;

/// A practice with one call that is over, and the ids of its request and its call.
async fn place() -> (Place, String, String) {
    let place = Place::new();
    let store = testing::store_at(&place).await;
    let (_, lease) = testing::claimed(&store, "oak", testing::NOW).await;
    let call = testing::dial(&store, &lease, testing::NOW).await;
    testing::end(&store, &lease, &call, testing::NOW).await;
    store.close().await;
    (place, lease.request().to_string(), call.to_string())
}

async fn json_of(place: &Place, command: &str) -> Value {
    serde_json::from_str(&place.good(command).await).unwrap()
}

async fn open(place: &Place, what: &str) -> (String, Value) {
    let command = format!("incident open CONFIG --as ann --practice oak --json {what}");
    let opened = json_of(place, &command).await;
    (opened["incident"].as_str().unwrap().to_owned(), opened)
}

async fn error(place: &Place, command: &str) -> String {
    let (exit, text) = place.run(command).await;
    let error: CliError = exit.unwrap_err();
    assert_eq!((error.exit(), text.as_str()), (Exit::Usage, ""), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_breach_is_followed_to_its_end() {
    let (place, request, call) = place().await;
    let (id, opened) = open(&place, &format!("--event phi_to_wrong_party --call {call}")).await;
    assert_eq!((&opened["new"], &opened["requests"]), (&json!(true), &json!([request])));
    let duties: Vec<_> = opened["owed"].as_array().unwrap().iter().map(|d| &d["duty"]).collect();
    assert_eq!(duties, ["practice", "individuals", "hhs", "media"]);
    let (again, opened) = open(&place, &format!("--event phi_to_wrong_party --call {call}")).await;
    assert_eq!((again, &opened["new"]), (id.clone(), &json!(false)));

    let step = |rest: &str| format!("incident advance {id} CONFIG --as ann --document d-1 {rest}");
    let early = error(&place, &step("--to closed")).await;
    assert!(early.contains("contain it first"), "{early}");
    place.good(&step("--to contained")).await;
    let bare = error(&place, &step("--to assessed --notice hhs=p-1 --nature low")).await;
    for missing in ["--recipient", "--acquired", "--remaining", "--conclusion", "--notice"] {
        assert!(bare.contains(missing), "{bare}");
    }
    let factors = "--nature high --recipient medium --acquired medium --remaining low";
    let against =
        error(&place, &step(&format!("--to assessed {factors} --conclusion low_probability")))
            .await;
    assert!(against.contains("rated high"), "{against}");
    place
        .good(&step(&format!("--to assessed {factors} --conclusion breach --affected OH=1")))
        .await;
    let untold = error(&place, &step("--to notified --notice practice=mail-1")).await;
    assert!(untold.contains("individuals, hhs"), "{untold}");
    let told = "--notice practice=mail-1 --notice individuals=letter-2 --notice hhs=portal-3";
    place.good(&step(&format!("--to notified {told}"))).await;
    place.good(&step("--to closed")).await;

    let shown = json_of(&place, &format!("incident show {id} CONFIG --json")).await;
    let states: Vec<_> = shown["steps"].as_array().unwrap().iter().map(|s| &s["state"]).collect();
    assert_eq!(states, ["contained", "assessed", "notified", "closed"]);
    assert_eq!((&shown["owed"], &shown["rule"]), (&json!([]), &json!("V3")));
    assert_eq!(place.good("incident list CONFIG").await, "no incident is open\n");
    assert!(place.good("incident list CONFIG --closed").await.contains(&id));
    assert!(
        place
            .good(&format!("incident show {id} CONFIG"))
            .await
            .contains("notified: practice (mail-1)")
    );
}

#[tokio::test]
async fn a_deadline_that_passed_is_told_by_the_exit_code() {
    let (place, ..) = place().await;
    let long_ago = "--event reported --discovered 2026-01-01T00:00:00Z --document notice-1";
    let (id, _) = open(&place, long_ago).await;
    let (exit, text) = place.run("incident list CONFIG").await;
    assert_eq!(exit.unwrap(), Exit::NotGood);
    assert!(text.contains(&id) && text.contains("LATE: tell practice by 2026-01-02"), "{text}");
    let future = "incident open CONFIG --as ann --practice oak --event reported --discovered 2999-01-01T00:00:00Z";
    assert!(error(&place, future).await.contains("not after now"));
}

#[tokio::test]
async fn terms_are_set_and_bad_ones_refused() {
    let (place, ..) = place().await;
    let terms = "incident terms CONFIG --as ann --practice oak";
    assert!(error(&place, &format!("{terms} --contract-hours 0")).await.contains("1 to 1440"));
    let twice = "--state-clock TX=9:m-1 --state-clock TX=8:m-2";
    assert!(error(&place, &format!("{terms} {twice}")).await.contains("two clocks"));
    place.good(&format!("{terms} --contract-hours 72 --gdpr --state-clock TX=1440:memo-7")).await;
    let (_, opened) = open(&place, "--event reported").await;
    let duties: Vec<_> = opened["owed"].as_array().unwrap().iter().map(|d| &d["duty"]).collect();
    assert_eq!(duties[..2], ["practice", "authority"]);
    assert!(duties.contains(&&json!("state:TX")));
}

#[tokio::test]
async fn an_exposure_is_what_the_ledger_says_and_names_are_asked_for() {
    let (place, request, call) = place().await;
    let (id, _) = open(&place, &format!("--event phi_to_wrong_party --call {call}")).await;
    let command = format!("incident exposure {id} CONFIG --as ann --json");
    let exposure = json_of(&place, &command).await;
    let one = &exposure["individuals"][0];
    assert_eq!((&one["request"], &one["name"]), (&json!(request), &Value::Null));
    assert_eq!((&one["state_of_care"], &one["payer"]), (&json!("OH"), &json!("acme-health")));
    let to = one["to"].as_array().unwrap();
    assert_eq!(to.len(), 2);
    assert_eq!((&to[0]["recipient"], &to[0]["fields"]), (&json!("far_end"), &json!(["member_id"])));
    assert_eq!((&to[1]["fields"], &to[1]["form"]), (&json!(["far_end_audio"]), &json!("clear")));
    assert_eq!(exposure["in_clear_by_state_of_care"], json!({ "OH": 1 }));
    assert_eq!(exposure["more_than_500_in_a_state"], json!(false));
    assert_eq!(exposure["calls_without_ledger"], json!([]));
    let narrow = json_of(&place, &format!("{command} --vendor ear")).await;
    assert_eq!(narrow["individuals"][0]["to"].as_array().unwrap().len(), 1);
    let text = place.good(&format!("incident exposure {id} CONFIG --as ann")).await;
    assert!(!text.contains("Zzyzx") && text.contains("in the clear: 1"), "{text}");

    let before = place.good("audit verify FOLDER").await;
    let named = json_of(&place, &format!("{command} --show-phi")).await;
    assert_eq!(named["individuals"][0]["name"], json!("Wilhelmina Zzyzx"));
    let entries = |text: &str| text.split(' ').nth(2).unwrap().parse::<u32>().unwrap();
    let after = place.good("audit verify FOLDER").await;
    assert_eq!(entries(&after), entries(&before) + 1, "one name was read");
}

#[tokio::test]
async fn a_call_whose_ledger_was_lost_is_said() {
    let place = Place::new();
    let store = testing::store_at(&place).await;
    let (_, request, call) = testing::running(&store, "oak", testing::NOW).await;
    store.close().await;
    let (id, _) = open(&place, &format!("--event reported --request {request}")).await;
    let exposure = json_of(&place, &format!("incident exposure {id} CONFIG --as ann --json")).await;
    assert_eq!(exposure["calls_without_ledger"][0]["call"], json!(call));
    let accounting =
        json_of(&place, &format!("disclosures CONFIG --as ann --request {request} --json")).await;
    assert_eq!(accounting["disclosures"], json!([]));
    assert_eq!(accounting["calls_without_ledger"][0]["ended"], json!(false));
}

#[tokio::test]
async fn the_accounting_lists_what_had_no_ground() {
    let (place, request, call) = place().await;
    let command = format!("disclosures CONFIG --as ann --request {request} --json");
    let standings = |accounting: &Value| -> Vec<(String, bool)> {
        let each = accounting["disclosures"].as_array().unwrap().iter();
        each.map(|d| (d["standing"].as_str().unwrap().to_owned(), d["must_be_listed"] == true))
            .collect()
    };
    let accounting = json_of(&place, &command).await;
    let excluded =
        [("excluded_payment".to_owned(), false), ("excluded_associate".to_owned(), false)];
    assert_eq!(standings(&accounting), excluded);
    let first = &accounting["disclosures"][0];
    assert_eq!(first["date"], json!("2025-06-16T14:01:00Z"));
    assert_eq!(
        (&first["description"], &first["address"]),
        (&json!("member id"), &json!("+16142000134"))
    );
    assert_eq!(first["purpose"], json!("payment: verification of medical benefits by telephone"));
    assert!(
        place
            .good("disclosures CONFIG --as ann --practice oak --inside")
            .await
            .contains("no disclosure")
    );

    open(&place, &format!("--event phi_to_wrong_party --call {call}")).await;
    open(&place, &format!("--event vendor_without_agreement --call {call} --vendor ear")).await;
    let inside = json_of(&place, &format!("{command} --inside")).await;
    let listed =
        [("inside_wrong_party".to_owned(), true), ("inside_no_agreement".to_owned(), true)];
    assert_eq!(standings(&inside), listed);
    let text = place.good("disclosures CONFIG --as ann --practice oak").await;
    assert_eq!(text.lines().filter(|line| line.contains("  INSIDE  ")).count(), 2, "{text}");
    let late = format!("{command} --from 2027-02-01T00:00:00Z");
    assert_eq!(standings(&json_of(&place, &late).await), []);
    let foreign = "disclosures CONFIG --as ann --practice elm";
    assert_eq!(place.run(foreign).await.0.unwrap_err().exit(), Exit::Usage);
}

#[tokio::test]
async fn what_blocks_an_erasure_is_listed_until_the_incident_is_closed() {
    let (place, request, _) = place().await;
    let (one, _) = open(&place, &format!("--event reported --request {request}")).await;
    let (all, _) = open(&place, "--event audit_broken").await;
    let refused =
        place.run(&format!("person erase {request} CONFIG --as ann")).await.0.unwrap_err();
    assert!(refused.to_string().contains("`callwright hold list` says which"), "{refused}");
    let text = place.good("hold list CONFIG").await;
    for wanted in [
        format!("incident {one} on request {request} of oak until it is closed"),
        format!("incident {all} on everything of oak until it is closed"),
    ] {
        assert!(text.contains(&wanted), "{text}");
    }
    let list = json_of(&place, "hold list CONFIG --json --practice oak").await;
    let mut found: Vec<_> =
        list.as_array().unwrap().iter().map(|held| (&held["incident"], &held["request"])).collect();
    found.sort_by_key(|(_, request)| request.is_null());
    assert_eq!(found, [(&json!(one), &json!(request)), (&json!(all), &Value::Null)]);

    let (low, none) = ("--nature low --recipient low --acquired low --remaining low", "no_phi");
    for id in [&one, &all] {
        let step =
            |to: &str| format!("incident advance {id} CONFIG --as ann --document d-1 --to {to}");
        place.good(&step("contained")).await;
        place.good(&step(&format!("assessed {low} --conclusion {none}"))).await;
        place.good(&step("notified --notice practice=letter-1")).await;
        place.good(&step("closed")).await;
    }
    assert_eq!(place.good("hold list CONFIG").await, "no hold stands\n");
}

#[tokio::test]
async fn a_time_that_ends_before_it_begins_is_no_scope() {
    let (place, ..) = place().await;
    let range = |from: &str, to: &str| {
        format!(
            "incident open CONFIG --as ann --practice oak --event reported --from {from}-01-01T00:00:00Z --to {to}-01-01T00:00:00Z"
        )
    };
    for (from, to) in [("2026", "2025"), ("2026", "2026")] {
        let why = error(&place, &range(from, to)).await;
        assert!(why.contains("from") && why.contains("before"), "{why}");
    }
    assert!(place.good("incident list CONFIG").await.contains("no incident"));
    place.good(&range("2025", "2026")).await;
}
