//! The clocks over years and months, the course of an incident, and the events that a call may have in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::class::{CallClass, CallPurpose};
use crate::egress::{Field, FieldSet, Ledger, LedgerEntry, Recipient};
use crate::hours::{DAY_MINUTES, Day, PayerHours, Window};
use crate::id::{ObjectId, PayerId, VendorId};
use crate::policy::Policy;
use crate::vendor::{Location, Region, Register, Role, Row};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn document(id: &str) -> ObjectId {
    ObjectId::new(id).unwrap()
}

fn counted(by_state: &[(&str, u32)], elsewhere: u32) -> Affected {
    let by_state = by_state.iter().map(|(state, count)| (state.parse().unwrap(), *count)).collect();
    Affected::Counted(Counted { by_state, elsewhere })
}

fn due(discovered: &str, terms: &Terms, affected: &Affected, duty: Duty) -> Option<String> {
    let all = deadlines(time(discovered), terms, affected);
    all.into_iter().find(|deadline| deadline.duty == duty).map(|deadline| deadline.by.to_string())
}

#[test]
fn names_are_those_of_serde_and_differ() {
    let mut seen = BTreeSet::new();
    for event in IncidentEvent::ALL {
        assert_eq!(serde_json::to_string(event).unwrap(), format!("\"{event}\""));
        assert!(seen.insert(event.name()));
    }
    for duty in ["practice", "individuals", "hhs", "media", "authority", "state:OH"] {
        assert_eq!(duty.parse::<Duty>().unwrap().to_string(), duty);
    }
    for bad in ["", "state:", "state:oh", "state:OHI", "Practice"] {
        assert!(bad.parse::<Duty>().is_err(), "{bad}");
    }
}

#[test]
fn sixty_days_go_over_the_end_of_february() {
    let (terms, unknown) = (Terms::default(), Affected::Unknown);
    // 2028 is a leap year, 2027 is not.
    for (discovered, by) in [
        ("2027-01-10T12:00:00Z", "2027-03-11T12:00:00Z"),
        ("2028-01-10T12:00:00Z", "2028-03-10T12:00:00Z"),
        ("2026-12-01T00:00:00Z", "2027-01-30T00:00:00Z"),
    ] {
        assert_eq!(due(discovered, &terms, &unknown, Duty::Individuals).as_deref(), Some(by));
        assert_eq!(due(discovered, &terms, &unknown, Duty::Hhs).as_deref(), Some(by));
        assert_eq!(due(discovered, &terms, &unknown, Duty::Media).as_deref(), Some(by));
    }
}

#[test]
fn fewer_than_five_hundred_are_reported_sixty_days_after_the_year() {
    let (terms, few) = (Terms::default(), counted(&[("OH", 499)], 0));
    for (discovered, by) in [
        ("2026-03-02T12:00:00Z", "2027-03-01T23:59:59Z"),
        // The sixtieth day of a leap year is in February.
        ("2027-03-02T12:00:00Z", "2028-02-29T23:59:59Z"),
        ("2099-06-01T00:00:00Z", "2100-03-01T23:59:59Z"),
        // Still the old year somewhere in the country: the earlier deadline.
        ("2027-01-01T09:59:59Z", "2027-03-01T23:59:59Z"),
        ("2027-01-01T10:00:00Z", "2028-02-29T23:59:59Z"),
    ] {
        assert_eq!(due(discovered, &terms, &few, Duty::Hhs).as_deref(), Some(by), "{discovered}");
    }
    let at_once = due("2026-03-02T12:00:00Z", &terms, &counted(&[("OH", 499)], 1), Duty::Hhs);
    assert_eq!(at_once.as_deref(), Some("2026-05-01T12:00:00Z"));
}

#[test]
fn media_are_told_where_more_than_five_hundred_may_live_in_one_state() {
    let media = |affected: &Affected| {
        due("2026-03-02T12:00:00Z", &Terms::default(), affected, Duty::Media).is_some()
    };
    assert!(!media(&counted(&[("OH", 500), ("KY", 500)], 0)));
    assert!(media(&counted(&[("OH", 501)], 0)));
    assert!(media(&counted(&[("OH", 400)], 101)), "those of unknown State may all be Ohio's");
    assert!(media(&Affected::Unknown));
}

#[test]
fn terms_are_the_practices_own() {
    let clock = StateClock { hours: 720, document: document("memo-7") };
    let clocks = BTreeMap::from([("TX".parse().unwrap(), clock)]);
    let terms = Terms::new(72, true, clocks).unwrap();
    let discovered = "2026-12-31T23:00:00Z";
    let state = Duty::State("TX".parse().unwrap());
    let by = |duty, affected: &Affected| due(discovered, &terms, affected, duty);
    let unknown = Affected::Unknown;
    assert_eq!(by(Duty::Practice, &unknown).as_deref(), Some("2027-01-03T23:00:00Z"));
    assert_eq!(by(Duty::Authority, &unknown).as_deref(), Some("2027-01-03T23:00:00Z"));
    assert_eq!(by(state, &unknown).as_deref(), Some("2027-01-30T23:00:00Z"));
    assert_eq!(by(state, &counted(&[("OH", 3)], 0)), None);
    assert!(by(state, &counted(&[("OH", 3)], 1)).is_some());
    assert_eq!(due(discovered, &Terms::default(), &unknown, Duty::Authority), None);
    let day = due(discovered, &Terms::default(), &unknown, Duty::Practice);
    assert_eq!(day.as_deref(), Some("2027-01-01T23:00:00Z"));
    for bad in [0, 1441] {
        assert_eq!(Terms::new(bad, false, BTreeMap::new()), Err(clock::BadTerms));
    }
    let kept = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<Terms>(&kept).unwrap(), terms);
    assert!(serde_json::from_str::<Terms>(&kept.replace("72", "0")).is_err());
}

proptest! {
    #[test]
    fn no_count_gives_an_earlier_deadline_than_not_knowing(
        second in 1_700_000_000_i64..4_000_000_000,
        ohio in 0_u32..1_200,
        elsewhere in 0_u32..1_200,
    ) {
        let discovered = Timestamp::from_second(second).unwrap();
        let terms = Terms::default();
        let unknown = deadlines(discovered, &terms, &Affected::Unknown);
        for deadline in deadlines(discovered, &terms, &counted(&[("OH", ohio)], elsewhere)) {
            let strict = unknown.iter().find(|d| d.duty == deadline.duty).unwrap();
            prop_assert!(strict.by <= deadline.by);
            prop_assert!(deadline.by > discovered);
        }
        prop_assert!(unknown.is_sorted_by_key(|d| d.by));
    }
}

fn assessment(conclusion: Conclusion, worst: Rating, affected: Affected) -> Step {
    Step::Assess(Assessment {
        nature: worst,
        recipient: Rating::Low,
        acquired: Rating::Low,
        remaining: Rating::Low,
        affected,
        conclusion,
        document: document("sheet"),
    })
}

fn steps() -> [Step; 5] {
    [
        Step::Contain { document: document("note") },
        assessment(Conclusion::Breach, Rating::High, counted(&[("OH", 2)], 0)),
        assessment(Conclusion::LowProbability, Rating::Medium, Affected::Unknown),
        Step::Notify { notices: notices(&["practice", "individuals", "hhs"]) },
        Step::Close { document: document("lesson") },
    ]
}

fn notices(duties: &[&str]) -> Vec<Notice> {
    let notice = |duty: &&str| Notice {
        duty: duty.parse().unwrap(),
        at: time("2026-03-03T00:00:00Z"),
        proof: document("letter"),
    };
    duties.iter().map(notice).collect()
}

const NOW: &str = "2026-03-04T00:00:00Z";

fn opened() -> Course {
    Course::open(time("2026-03-02T12:00:00Z"), Terms::default())
}

fn taken(steps: &[Step]) -> Result<Course, StepRefused> {
    let mut course = opened();
    for step in steps {
        course.take(step, time(NOW))?;
    }
    Ok(course)
}

#[test]
fn a_breach_goes_through_every_state() {
    let [contain, breach, _, notify, close] = steps();
    let way = [contain, breach, notify, close];
    let states: Vec<_> = (0..=4).map(|n| taken(&way[..n]).unwrap().state()).collect();
    use IncidentState::{Assessed, Closed, Contained, Notified, Open};
    assert_eq!(states, [Open, Contained, Assessed, Notified, Closed]);
    assert_eq!(taken(&way[..1]).unwrap().owed().len(), 4, "not assessed: the strictest, media too");
    assert_eq!(taken(&way[..2]).unwrap().owed().len(), 3);
    assert!(taken(&way[..3]).unwrap().owed().is_empty());
    assert!(taken(&[way.as_slice(), &way[1..2]].concat()).is_err(), "closed stays closed");
}

#[test]
fn a_breach_is_the_presumption() {
    let [contain, breach, low, _, close] = steps();
    let after = |step: &Step| taken(&[contain.clone(), step.clone(), close.clone()]);
    assert_eq!(after(&breach), Err(StepRefused::BreachUntold));
    let against = assessment(Conclusion::LowProbability, Rating::High, Affected::Unknown);
    assert_eq!(after(&against), Err(StepRefused::HighFactor));
    for nobody in [Affected::Unknown, counted(&[], 0)] {
        let breach = assessment(Conclusion::Breach, Rating::High, nobody);
        assert_eq!(after(&breach), Err(StepRefused::NobodyCounted));
    }
    let owed: Vec<_> = taken(&[contain, low]).unwrap().owed().iter().map(|d| d.duty).collect();
    assert_eq!(owed, [Duty::Practice]);
}

#[test]
fn nothing_is_closed_before_the_practice_was_told() {
    let [contain, breach, low, _, close] = steps();
    let none = assessment(Conclusion::NoPhi, Rating::Low, Affected::Unknown);
    let secured = assessment(Conclusion::Secured, Rating::High, Affected::Unknown);
    let told = Step::Notify { notices: notices(&["practice"]) };
    let after = |steps: &[&Step]| taken(&steps.iter().copied().cloned().collect::<Vec<_>>());
    for no_breach in [&low, &none, &secured] {
        let untold = Err(StepRefused::NotTold(vec![Duty::Practice]));
        assert_eq!(after(&[&contain, no_breach, &close]), untold);
        let course = after(&[&contain, no_breach, &told, &close]).unwrap();
        assert_eq!(course.state(), IncidentState::Closed);
        // Assessed anew after everybody was told, it owes nothing more.
        let course = after(&[&contain, no_breach, &told, no_breach, &close]).unwrap();
        assert_eq!(course.state(), IncidentState::Closed);
    }
    let grown = after(&[&contain, &none, &told, &breach, &close]);
    assert_eq!(grown, Err(StepRefused::BreachUntold));
}

#[test]
fn what_was_acquired_or_remains_at_risk_was_neither_secured_nor_no_health_information() {
    let [contain, ..] = steps();
    for conclusion in [Conclusion::Secured, Conclusion::NoPhi] {
        let rated = |acquired, remaining| {
            let step = Step::Assess(Assessment {
                nature: Rating::High,
                recipient: Rating::High,
                acquired,
                remaining,
                affected: Affected::Unknown,
                conclusion,
                document: document("sheet"),
            });
            taken(&[contain.clone(), step]).map(|course| course.state())
        };
        let (high, medium) = (Rating::High, Rating::Medium);
        assert_eq!(rated(medium, medium), Ok(IncidentState::Assessed));
        assert_eq!(rated(high, Rating::Low), Err(StepRefused::HighOutcome));
        assert_eq!(rated(Rating::Low, high), Err(StepRefused::HighOutcome));
    }
}

#[test]
fn everybody_must_be_told_with_proof_and_not_in_the_future() {
    let [contain, breach, ..] = steps();
    let notify = |notices| taken(&[contain.clone(), breach.clone(), Step::Notify { notices }]);
    let missing = vec![Duty::Hhs];
    assert_eq!(notify(notices(&["practice", "individuals"])), Err(StepRefused::NotTold(missing)));
    for at in ["2026-03-02T11:59:59Z", "2026-03-04T00:00:01Z"] {
        let mut given = notices(&["practice", "individuals", "hhs"]);
        given[1].at = time(at);
        assert_eq!(notify(given), Err(StepRefused::NoticeTime(Duty::Individuals)));
    }
}

#[test]
fn a_second_assessment_may_find_more_people() {
    let [contain, breach, _, notify, _] = steps();
    let more = assessment(Conclusion::Breach, Rating::High, counted(&[("OH", 900)], 0));
    let course = taken(&[contain, breach, notify, more]).unwrap();
    assert_eq!(course.state(), IncidentState::Assessed);
    let owed: Vec<_> = course.owed().iter().map(|d| d.duty).collect();
    assert_eq!(owed, [Duty::Media], "the others were told already");
}

proptest! {
    #[test]
    fn a_refused_step_changes_nothing_and_no_step_leads_back(order in proptest::collection::vec(0_usize..5, 0..12)) {
        let mut course = opened();
        for at in order {
            let before = course.clone();
            match course.take(&steps()[at], time(NOW)) {
                Err(_) => prop_assert_eq!(&course, &before),
                Ok(()) => {
                    let back = course.state() < before.state();
                    let anew = before.state() == IncidentState::Notified && course.state() == IncidentState::Assessed;
                    prop_assert!(!back || anew);
                    prop_assert!(before.notices().iter().all(|n| course.notices().contains(n)));
                    prop_assert!(before.state() != IncidentState::Closed);
                }
            }
        }
    }
}

fn vendor(role: Role, id: &str) -> Recipient {
    Recipient::Vendor { id: VendorId::new(id).unwrap(), role }
}

fn ledger(entries: &[(Recipient, &[Field])]) -> Ledger {
    let mut ledger = Ledger::new();
    for (recipient, fields) in entries {
        ledger.add(LedgerEntry {
            at_ms: 5,
            recipient: recipient.clone(),
            purpose: CallPurpose::MedicalBenefits,
            fields: FieldSet::of(fields),
            bytes: 9,
        });
    }
    ledger
}

/// A call on which nothing happened; each test changes one thing.
struct Call {
    ledger: Ledger,
    hours: PayerHours,
    register: Register,
    policy: Policy,
}

impl Call {
    fn good() -> Call {
        let open = |day| Window { day, open_minute: 0, close_minute: DAY_MINUTES };
        let weekly = Day::ALL.into_iter().take(5).map(open).collect();
        let payer = PayerId::new("acme-health").unwrap();
        let network = "127.0.0.0/8".parse().unwrap();
        let row = |role, id: &str| Row {
            id: VendorId::new(id).unwrap(),
            role,
            region: Region::UnitedStates,
            location: Location::OnPremises { network },
        };
        let zone = "America/New_York".to_owned();
        Call {
            ledger: ledger(&[
                (Recipient::FarEnd, &[Field::MemberId]),
                (vendor(Role::SpeechToText, "ear"), &[Field::FarEndAudio]),
                (vendor(Role::Carrier, "phone"), &[Field::MemberId]),
            ]),
            hours: PayerHours { payer, zone, weekly, closed_on: Vec::new() },
            register: Register {
                rows: vec![row(Role::SpeechToText, "ear"), row(Role::Carrier, "phone")],
            },
            policy: Policy::recommended(),
        }
    }

    fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            class: CallClass::Payer,
            number: "+16142000134",
            // A Monday.
            dialled_at: time("2026-03-02T15:00:00Z"),
            ended_at: time("2026-03-02T15:20:00Z"),
            hours: &self.hours,
            opted_out_at: None,
            ledger: &self.ledger,
            register: &self.register,
            policy: &self.policy,
            wrong_party: false,
            people_recorded: true,
            announced: true,
        }
    }
}

#[track_caller]
fn only(call: &CallFacts<'_>, event: IncidentEvent) {
    assert_eq!(review(call), BTreeSet::from([Finding::of(event)]));
}

#[test]
fn a_good_call_has_no_incident() {
    assert_eq!(review(&Call::good().facts()), BTreeSet::new());
}

#[test]
fn each_event_of_a_call_is_found_by_itself() {
    let call = Call::good();
    only(&CallFacts { wrong_party: true, ..call.facts() }, IncidentEvent::PhiToWrongParty);
    let sunday = time("2026-03-01T15:00:00Z");
    only(&CallFacts { dialled_at: sunday, ..call.facts() }, IncidentEvent::CallOutsideWindow);
    let unannounced = CallFacts { announced: false, ..call.facts() };
    only(&unannounced, IncidentEvent::RecordedWithoutAnnouncement);
    let out = Some(time("2026-03-02T15:00:00Z"));
    only(&CallFacts { opted_out_at: out, ..call.facts() }, IncidentEvent::CalledAfterOptOut);
    only(&CallFacts { number: "911", ..call.facts() }, IncidentEvent::EmergencyDialled);
}

#[test]
fn what_is_near_an_event_is_none() {
    let mut call = Call::good();
    let later = Some(time("2026-03-02T15:00:01Z"));
    assert!(review(&CallFacts { opted_out_at: later, ..call.facts() }).is_empty());
    let silent = CallFacts { people_recorded: false, announced: false, ..call.facts() };
    assert!(review(&silent).is_empty());
    let sunday = time("2026-03-01T15:00:00Z");
    let test = CallFacts { class: CallClass::Test, dialled_at: sunday, ..call.facts() };
    assert!(review(&test).is_empty());
    // A wrong number that was told nothing about the patient.
    call.ledger = ledger(&[(Recipient::FarEnd, &[Field::ProviderName, Field::Npi])]);
    assert!(review(&CallFacts { wrong_party: true, ..call.facts() }).is_empty());
}

#[test]
fn each_vendor_without_leave_is_an_incident_of_its_own() {
    let mut call = Call::good();
    call.register.rows.clear();
    let found = review(&call.facts());
    let vendors: Vec<_> =
        found.iter().map(|f| (f.event, f.vendor.as_ref().unwrap().as_str())).collect();
    let event = IncidentEvent::VendorWithoutAgreement;
    assert_eq!(vendors, [(event, "ear"), (event, "phone")]);
    let unknown_hours = PayerHours { zone: String::new(), ..call.hours.clone() };
    let call = Call { hours: unknown_hours, ..Call::good() };
    only(&call.facts(), IncidentEvent::CallOutsideWindow);
}

#[test]
fn numbers_that_call_for_help_are_known() {
    for number in ["911", "+1911", "112", "988", "933", "+19112000134", "+16149110134", "999"] {
        assert!(review::is_emergency(number), "{number}");
    }
    for number in ["+16142000134", "+18005550911", "+16142009119", "411", ""] {
        assert!(!review::is_emergency(number), "{number}");
    }
}

#[test]
fn claims_to_be_a_person_are_known_and_the_truth_is_not_one() {
    for words in [
        "I'm a real person.",
        "Oh, I am human!",
        "No, I’m not a robot",
        "this is not an AI; I am calling for {provider_name}",
        "I am a person",
    ] {
        assert!(claims_to_be_human(words), "{words}");
    }
    for words in [
        "Yes, I am an automated AI assistant.",
        "I am a personal assistant for the practice",
        "May I have the deductible?",
        "This is not a problem.",
        "I can have a person call you back.",
        "",
    ] {
        assert!(!claims_to_be_human(words), "{words}");
    }
}

#[test]
fn a_clock_never_runs_out_of_the_calendar() {
    let last = Timestamp::MAX - SignedDuration::from_hours(1);
    let few = counted(&[("OH", 1)], 0);
    assert!(deadlines(last, &Terms::default(), &few).iter().all(|d| d.by == Timestamp::MAX));
}
