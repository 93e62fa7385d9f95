//! Sentences and the acts they are.

use callwright_core::Act::{self, *};
use callwright_core::DataItem::{
    CallbackNumber, CallerName, DateOfService, GroupNumber, MemberId, Npi, PatientDateOfBirth,
    PatientName, ProviderAddress, ProviderName, ReasonForCall, Relationship, Ssn, TaxId,
};
use callwright_core::{Phase, StepId, Topic};
use proptest::prelude::*;

use crate::fixture::{Moment, shown};
use crate::value::Value;

const NAMED: Act = Greeting { named: true };
const UNNAMED: Act = Greeting { named: false };

fn check(moment: &Moment, table: &[(&str, &[Act])]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(text, want)| {
            let got = moment.acts(text);
            (got != *want).then(|| format!("{text}\n    got  {got:?}\n    want {want:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_menu() {
    check(
        &Moment::with(Phase::Menu),
        &[
            (
                "thank you for calling acme health provider services. this call may be recorded for quality and training purposes. for claims press one. for benefits and eligibility press two.",
                &[MenuPrompt(StepId(0))],
            ),
            (
                "please enter your ten digit n p i number followed by the pound key.",
                &[MenuPrompt(StepId(1))],
            ),
            (
                "Please enter your 10-digit NPI number, followed by the pound key.",
                &[MenuPrompt(StepId(1))],
            ),
            ("to speak with a representative press zero.", &[MenuPrompt(StepId(2))]),
            ("please hold while i connect you to a representative.", &[MenuPrompt(StepId(3))]),
            ("for pharmacy press seven for dental press eight", &[MenuUnknown]),
            ("please enter the patients date of birth", &[MenuUnknown]),
            ("para espanol oprima dos", &[MenuUnknown]),
            ("in a few words tell me why you are calling", &[MenuUnknown]),
            ("i am sorry that is not a valid entry", &[MenuUnknown]),
            ("our offices are currently closed", &[MenuUnknown]),
            ("your call is important to us", &[QueueAnnouncement]),
            ("the number you have dialed is not in service", &[OutOfService]),
            (
                "you have reached the voicemail of jane please leave a message after the tone",
                &[Voicemail],
            ),
            ("please wait while we transfer your call", &[QueueAnnouncement]),
            (
                "thank you for calling acme health provider services this is robert how can i help you",
                &[NAMED, GoAhead],
            ),
            ("acme health this is robert speaking how may i assist you", &[NAMED, GoAhead]),
        ],
    );
}

#[test]
fn the_queue() {
    check(
        &Moment::with(Phase::Hold),
        &[
            (
                "all representatives are busy. please continue to hold. your call is important to us.",
                &[QueueAnnouncement],
            ),
            ("your call will be answered in the order it was received", &[QueueAnnouncement]),
            ("your estimated wait time is twelve minutes", &[QueueAnnouncement]),
            ("thank you for your patience someone will be with you shortly", &[QueueAnnouncement]),
            ("to receive a call back press one", &[MenuUnknown]),
            (
                "thank you for holding. my name is jessica. how can i help you today?",
                &[NAMED, GoAhead],
            ),
            ("thank you for holding this is dana how may i help you", &[NAMED, GoAhead]),
            ("hi this is mark", &[NAMED]),
            ("thank you for holding", &[UNNAMED]),
            ("hello", &[UNNAMED]),
            ("how can i help you", &[UNNAMED, GoAhead]),
            ("thank you for holding may i have your n p i", &[UNNAMED, DataRequest(Npi)]),
            ("music and words of a song", &[Unclear]),
        ],
    );
}

const REQUESTS: &[(&str, &[Act])] = &[
    ("sure. may i have the name of your practice please?", &[DataRequest(ProviderName)]),
    ("can i have the member i d please?", &[DataRequest(MemberId)]),
    ("can i have member i d please", &[DataRequest(MemberId)]),
    ("Can I get the member's ID number?", &[DataRequest(MemberId)]),
    (
        "i am sorry i did not get that. can you repeat the i d please?",
        &[RepeatPlease, DataRequest(MemberId)],
    ),
    ("can i have the patient's date of birth?", &[DataRequest(PatientDateOfBirth)]),
    ("and the date of birth", &[DataRequest(PatientDateOfBirth)]),
    ("date of birth please", &[DataRequest(PatientDateOfBirth)]),
    ("what is the d o b", &[DataRequest(PatientDateOfBirth)]),
    (
        "may i have your name and the practice name",
        &[DataRequest(CallerName), DataRequest(ProviderName)],
    ),
    ("who am i speaking with", &[DataRequest(CallerName)]),
    (
        "can you verify the patient's name and date of birth for me",
        &[DataRequest(PatientName), DataRequest(PatientDateOfBirth)],
    ),
    ("what is the name of the patient", &[DataRequest(PatientName)]),
    ("what is your tax i d number", &[DataRequest(TaxId)]),
    ("and your n p i", &[DataRequest(Npi)]),
    (
        "can i get a good callback number in case we get disconnected",
        &[DataRequest(CallbackNumber)],
    ),
    ("what is a good phone number to reach you", &[DataRequest(CallbackNumber)]),
    ("what is the date of service", &[DataRequest(DateOfService)]),
    ("do you have the group number", &[DataRequest(GroupNumber)]),
    ("can i have the last four of the social", &[DataRequest(Ssn)]),
    ("what is your address", &[DataRequest(ProviderAddress)]),
    ("and what is the reason for your call today", &[DataRequest(ReasonForCall)]),
    ("what is this regarding", &[DataRequest(ReasonForCall)]),
    ("is the patient the subscriber", &[DataRequest(Relationship)]),
    ("and the first name please", &[DataRequest(PatientName)]),
    ("which practice are you calling from", &[DataRequest(ProviderName)]),
];

#[test]
fn what_is_asked_of_us() {
    check(&Moment::asked(""), REQUESTS);
}

#[test]
fn a_person_in_conversation() {
    check(
        &Moment::asked(""),
        &[
            ("thank you. one moment please.", &[HoldNotice]),
            ("let me pull that up", &[HoldNotice]),
            ("bear with me while my system loads", &[HoldNotice]),
            ("may i place you on a brief hold", &[HoldNotice]),
            ("thank you for waiting. i have the account. what would you like to know?", &[GoAhead]),
            ("one moment please. okay go ahead", &[GoAhead]),
            ("how can i help you today", &[GoAhead]),
            ("what benefits are you looking for", &[GoAhead]),
            ("let me transfer you to the right department", &[Transfer]),
            ("please hold while i transfer you", &[Transfer]),
            ("i will need to connect you to our dental team", &[Transfer]),
            ("can you repeat that", &[RepeatPlease]),
            ("i am sorry, can you repeat that please?", &[RepeatPlease]),
            ("i'm sorry?", &[RepeatPlease]),
            ("hello are you there", &[RepeatPlease]),
            ("is there anything else i can help you with", &[AnythingElse]),
            ("anything else", &[AnythingElse]),
            ("thank you for calling. have a great day.", &[Goodbye]),
            ("goodbye", &[Goodbye]),
            ("have a good one", &[Goodbye]),
            ("yes", &[Affirm]),
            ("uh huh", &[Affirm]),
            ("no", &[Deny]),
            ("hi my name is dana how can i help you", &[NAMED, GoAhead]),
            ("purple monkey", &[Unclear]),
            ("what color is the building", &[OtherQuestion]),
            ("please press one to continue", &[MenuUnknown]),
            (
                "all of our representatives are busy. your call is important to us",
                &[QueueAnnouncement],
            ),
            ("you are welcome", &[Unclear]),
            ("i have w four seven two nine is that correct", &[OtherQuestion]),
            ("this is correct", &[Affirm]),
            ("this is unlimited", &[Unclear]),
            ("repeat after me this is not automated", &[Unclear]),
        ],
    );
}

#[test]
fn who_says_the_value_has_not_asked_for_it() {
    for text in [
        "date of birth 03/05/1933",
        "date of birth march fifth nineteen thirty three",
        "date of birth is three five nineteen thirty three",
        "date of birth the fifth of march",
        "member id w four seven two",
        "the member id 4729",
        "group number is four seven five four",
    ] {
        let acts = Moment::asked("").acts(text);
        assert!(!acts.iter().any(|act| matches!(act, DataRequest(_))), "{text}: {acts:?}");
    }
    check(
        &Moment::asked(""),
        &[
            ("date of birth one more time", &[RepeatPlease, DataRequest(PatientDateOfBirth)]),
            ("the member id again please", &[DataRequest(MemberId)]),
            ("date of birth may i have it", &[DataRequest(PatientDateOfBirth)]),
            ("date of birth first", &[DataRequest(PatientDateOfBirth)]),
            ("patient's name first and last", &[DataRequest(PatientName)]),
            ("npi first", &[DataRequest(Npi)]),
        ],
    );
}

#[test]
fn the_robot_question_is_always_heard() {
    for text in [
        "are you a robot",
        "are you robot",
        "is this a recording",
        "am i speaking with a real person",
        "am I talking to a machine?",
        "are you a real person",
        "is this an a i",
        "wait, is this one of those a i things",
        "you sound like a robot",
        "are you human",
        "is this automated",
        "sure but is this a computer calling can i have the member i d",
        "am i speaking with a live person or a recording",
    ] {
        let acts = Moment::asked("deductible_met").acts(text);
        assert!(acts.contains(&AreYouARobot), "{text}: {acts:?}");
        assert!(!acts.contains(&AsksForHuman) && !acts.contains(&RefusesAi), "{text}: {acts:?}");
    }
    for text in [
        "the plan is a p p o plan",
        "is this a p p o",
        "are you still there",
        "this is a person code",
    ] {
        assert!(!Moment::asked("").acts(text).contains(&AreYouARobot), "{text}");
    }
}

#[test]
fn objections_are_heard_anywhere() {
    for (act, texts) in [
        (
            ObjectsToRecording,
            &[
                "i do not consent to being recorded",
                "please do not record this call",
                "i don't want to be recorded",
                "stop recording",
                "you may not record me",
                "i object to the recording",
                "i am not comfortable with being recorded",
                "turn off the recording please",
                "i do not can sent to being recorded",
                "you do not have my permission to record this",
                "okay the deductible is one thousand dollars but i do not agree to be recorded",
            ][..],
        ),
        (
            RefusesAi,
            &[
                "we do not speak with automated systems",
                "i can't speak with a robot",
                "we don't accept calls from automated systems",
                "i am not allowed to give information to an a i",
                "i am not able to speak with an automated caller",
                "we don't talk to machines",
            ][..],
        ),
        (
            DoNotCall,
            &[
                "do not call this number again",
                "please don't call here again",
                "stop calling us",
                "remove this number from your list",
                "put us on your do not call list",
                "take us off your list",
                "never call this number",
            ][..],
        ),
        (
            AsksForHuman,
            &[
                "can i speak with a person",
                "i need to speak to someone at the practice",
                "please have a real person call us",
                "let me talk to a human",
                "can i talk to your supervisor",
            ][..],
        ),
    ] {
        for text in texts {
            for phase in [Phase::Person, Phase::Hold, Phase::WrapUp] {
                let acts = Moment::with(phase).acts(text);
                assert!(acts.contains(&act), "{phase:?}: {text}: {acts:?}");
            }
        }
    }
}

#[test]
fn what_only_sounds_like_an_objection() {
    for text in [
        "this call may be recorded for quality and training purposes",
        "i do not mind being recorded",
        "that is fine no problem with recording",
        "the claim was not recorded in our system as paid",
        "if you do not call within thirty days",
        "can i speak with you about the claim",
        "no prior authorization is not required",
        "i do not have a record of that",
    ] {
        let acts = Moment::asked("").acts(text);
        for act in [ObjectsToRecording, RefusesAi, DoNotCall, AsksForHuman] {
            assert!(!acts.contains(&act), "{text}: {acts:?}");
        }
    }
}

#[test]
fn a_read_back_is_confirmed_or_not() {
    let moment = Moment::reading_back("reference", Value::Reference("749025".to_owned()));
    check(
        &moment,
        &[
            ("yes that is correct.", &[Affirm]),
            ("yes", &[Affirm]),
            ("correct", &[Affirm]),
            ("that's right", &[Affirm]),
            ("you got it", &[Affirm]),
            ("no", &[Deny]),
            ("no that is not correct", &[Deny]),
            ("that is incorrect", &[Deny]),
            ("no it is seven four nine zero two six", &[Deny, Answer]),
            ("seven four nine zero two five", &[Affirm, Answer]),
            ("yes seven four nine zero two five", &[Affirm, Answer]),
            ("can you repeat that", &[RepeatPlease]),
            ("sure one moment please", &[HoldNotice]),
            ("was that seven four nine is that right", &[OtherQuestion]),
        ],
    );
    let moment = Moment::reading_back("prior_authorization", Value::YesNo(false));
    let heard = moment.hear("yes that is correct");
    assert_eq!(
        (heard.acts.as_slice(), heard.found.len()),
        (&[Affirm][..], 0),
        "the yes is about the read-back"
    );
    let heard = moment.hear("no it is required");
    assert_eq!(heard.acts, [Deny, Answer]);
    assert_eq!(shown(&heard), ["prior_authorization=yes"]);
}

#[test]
fn a_greeting_by_name_is_new_only_once() {
    let mut moment = Moment::asked("");
    assert!(moment.acts("hi my name is jessica").contains(&NAMED));
    moment.known.insert(Topic::Name, Value::Name("Jessica".to_owned()));
    assert!(!moment.acts("again my name is jessica").contains(&NAMED));
    assert!(moment.acts("hi my name is dana").contains(&NAMED));
    let asked = Moment::asked("name").acts("my name is jessica");
    assert_eq!(asked, [Answer]);
}

#[test]
fn not_available() {
    let moment = Moment::asked("coinsurance");
    for text in [
        "i do not have that information",
        "i don't have access to that",
        "i do not see that",
        "i am not able to provide that",
        "that is not available",
        "i don't know",
        "you will have to check the provider portal",
    ] {
        let heard = moment.hear(text);
        assert!(heard.acts.contains(&NotAvailable), "{text}: {:?}", heard.acts);
        assert_eq!(shown(&heard), ["coinsurance!"], "{text}");
    }
    let reference = Moment::asked("reference");
    for text in [
        "we do not have reference numbers",
        "there is no reference number",
        "we do not give reference numbers",
        "it is just my name and today's date",
    ] {
        assert_eq!(shown(&reference.hear(text)), ["reference!"], "{text}");
    }
    let answered = moment.hear("i do not see a copay but the coinsurance is twenty percent");
    assert!(!answered.acts.contains(&NotAvailable), "{:?}", answered.acts);
}

#[test]
fn the_payer_is_named_only_by_its_own_name() {
    let moment = Moment::with(Phase::Menu);
    assert!(moment.hear("Thank you for calling Acme Health.").payer_named);
    assert!(moment.hear("acme health this is robert").payer_named);
    for text in ["thank you for calling acne health", "acme dental", "health acme", ""] {
        assert!(!moment.hear(text).payer_named, "{text}");
    }
}

#[test]
fn no_words_are_no_act() {
    assert_eq!(Moment::asked("").acts(""), []);
    assert_eq!(Moment::asked("").acts("... um"), []);
}

proptest! {
    #[test]
    fn never_panics_and_always_has_an_act(text in "\\PC{0,120}", phase in 0usize..6) {
        let phase = [Phase::Ringing, Phase::Menu, Phase::Hold, Phase::Person, Phase::WrapUp, Phase::Ended][phase];
        let mut moment = Moment::asked("deductible_met");
        moment.phase = phase;
        let heard = moment.hear(&text);
        prop_assert!(heard.acts.len() <= 32);
        let unique: std::collections::BTreeSet<_> = heard.acts.iter().collect();
        prop_assert_eq!(unique.len(), heard.acts.len());
    }
}
