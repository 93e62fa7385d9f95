//! The payer machine, driven without audio: whatever it plays ends after a second.

use super::*;
use crate::payer::words;
use callwright_prompts::{Pack, PhraseName};

/// A driver that plays everything and keeps what was said and noted.
struct Drive {
    engine: Engine,
    now_ms: u64,
    said: Vec<String>,
    notes: Vec<PayerEvent>,
    stopped: u32,
    hung_up: bool,
}

impl Drive {
    fn acme() -> Drive {
        Drive::of(Scenario::acme_medical().unwrap())
    }

    fn of(scenario: Scenario) -> Drive {
        let engine = Engine::new(Arc::new(scenario));
        let mut drive =
            Drive { engine, now_ms: 0, said: vec![], notes: vec![], stopped: 0, hung_up: false };
        drive.give(Event::Answered);
        drive
    }

    /// Takes an event in; gives whether something is now being played.
    fn give(&mut self, event: Event) -> bool {
        self.engine.handle(self.now_ms, event);
        let mut plays = false;
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Say { text, .. } => {
                    self.said.push(text);
                    plays = true;
                }
                Output::Music { .. } | Output::Silence { .. } => plays = true,
                Output::Stop => {
                    self.stopped += 1;
                    plays = false;
                }
                Output::Note(note) => self.notes.push(note),
                Output::HangUp => self.hung_up = true,
            }
        }
        plays
    }

    /// Plays what is being played, and what follows it, to the end.
    fn play(&mut self) {
        let mut plays = true;
        while plays && !self.hung_up {
            self.now_ms += 1_000;
            plays = self.give(Event::SpokenDone);
        }
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.chars() {
            self.now_ms += 100;
            self.give(Event::Key(key));
        }
        self.play();
    }

    /// Lets the next deadline pass.
    fn wait(&mut self) -> TimerName {
        let (at_ms, name) = self.engine.poll_timeout().expect("a deadline");
        self.now_ms = at_ms;
        if self.give(Event::Timeout) {
            self.play();
        }
        name
    }

    fn hear(&mut self, text: &str) -> String {
        self.hear_as(Heard::Words(words::split(text)))
    }

    fn hear_as(&mut self, heard: Heard) -> String {
        let before = self.said.len();
        self.give(Event::AgentSpeechStarted);
        self.now_ms += 2_000;
        self.give(Event::AgentSpeechEnded { heard });
        assert_eq!(self.wait(), TimerName::Reply);
        self.said.get(before..).unwrap_or_default().join(" | ")
    }

    fn with_person(mut self) -> Drive {
        self.play();
        self.keys("2");
        self.keys("1234567893#");
        self.keys("0");
        assert!(self.notes.contains(&PayerEvent::PersonConnected), "{:?}", self.notes);
        self
    }

    fn with_topics(self) -> Drive {
        let mut drive = self.with_person();
        drive.hear("i would like to verify medical benefits for a patient");
        drive.hear("the practice is riverside family medicine");
        let id = "the member i d is w as in whiskey four seven two nine one eight three five";
        drive.hear(id);
        drive.hear(id);
        let said = drive.hear("april twelfth nineteen eighty five");
        assert!(said.ends_with("what would you like to know?"), "{said}");
        drive
    }
}

#[test]
fn the_whole_call_goes_as_the_script_says() {
    let mut drive = Drive::acme().with_person();
    let greeting = "thank you for holding. my name is jessica. how can i help you today?";
    assert_eq!(drive.said.last().unwrap(), greeting);
    let said = drive.hear("i would like to verify medical benefits for a patient");
    assert_eq!(said, "sure. may i have the name of your practice please?");
    assert_eq!(drive.hear("riverside family medicine"), "can i have the member i d please?");
    let id = "the member i d is w as in whiskey four seven two nine one eight three five";
    let misheard = "i am sorry i did not get that. can you repeat the i d please?";
    assert_eq!(drive.hear(id), misheard);
    assert_eq!(drive.hear(id), "can i have the patient's date of birth?");
    drive.hear("april twelfth nineteen eighty five");
    for (question, answer) in [
        (
            "is the coverage active",
            "the policy is active effective january first twenty twenty six.",
        ),
        (
            "and what is the effective date",
            "the policy is active effective january first twenty twenty six.",
        ),
        ("what type of plan is it", "the plan is a p p o plan."),
        (
            "what is the individual deductible",
            "the individual deductible is one thousand five hundred dollars and four hundred has been met.",
        ),
        (
            "what is the out of pocket maximum",
            "the out of pocket maximum is six thousand dollars and two thousand two hundred has been met.",
        ),
        ("what is the specialist copay", "the specialist copay is forty dollars."),
        ("what is the coinsurance", "the coinsurance is twenty percent."),
        ("is prior authorization required", "no prior authorization is not required."),
        (
            "may i have a reference number for this call",
            "the reference number is seven four nine zero two five.",
        ),
        ("seven four nine zero two five is that correct", "yes that is correct."),
        ("could i have your name again", "my name is jessica."),
    ] {
        assert_eq!(drive.hear(question), answer, "{question}");
    }
    let said = drive.hear("thank you for your help goodbye");
    assert_eq!(said, "thank you for calling. have a great day.");
    assert_eq!(drive.wait(), TimerName::Closing);
    assert!(drive.hung_up && drive.engine.is_over());
}

#[test]
fn every_word_it_says_was_known_before() {
    let texts = Scenario::acme_medical().unwrap().texts();
    let mut drive = Drive::acme().with_topics();
    drive.hear("what is the reference number");
    drive.hear("one one one two two two is that correct");
    drive.hear("mumble");
    drive.wait();
    drive.hear("goodbye");
    for said in &drive.said {
        assert!(texts.contains(said), "{said}");
    }
}

#[test]
fn a_wrong_read_back_is_put_right() {
    let mut drive = Drive::acme().with_topics();
    drive.hear("what is the reference number");
    let said = drive.hear("one one one two two two is that correct");
    assert_eq!(said, "no, the reference number is seven four nine zero two five.");
    assert_eq!(drive.hear("seven four nine zero two five is that correct"), "yes that is correct.");
    let mut judged = Vec::new();
    for note in &drive.notes {
        if let PayerEvent::ReadBack { confirmed, .. } = note {
            judged.push(*confirmed);
        }
    }
    assert_eq!(judged, [false, true]);
}

#[test]
fn a_read_back_may_name_an_earlier_topic() {
    let mut drive = Drive::acme().with_topics();
    drive.hear("what is the individual deductible");
    drive.hear("what is the specialist copay");
    let said = drive.hear("the deductible is one thousand five hundred dollars is that correct");
    assert_eq!(said, "yes that is correct.");
}

#[test]
fn what_is_not_understood_is_asked_again_and_repeated_on_request() {
    let mut drive = Drive::acme().with_topics();
    let sorry = "i am sorry, can you repeat that please?";
    assert_eq!(drive.hear("the weather is fine"), sorry);
    assert_eq!(drive.hear(""), sorry);
    drive.hear("what is the specialist copay");
    assert_eq!(
        drive.hear("could you repeat that please"),
        "the specialist copay is forty dollars."
    );
}

#[test]
fn a_poor_answer_is_asked_for_again_until_patience_ends() {
    let mut drive = Drive::acme().with_person();
    drive.hear("i would like to verify benefits");
    drive.hear("riverside");
    let sorry = "i am sorry i did not get that. can you repeat the i d please?";
    assert_eq!(drive.hear("w four seven"), sorry);
    assert_eq!(drive.hear("w four seven"), sorry);
    assert_eq!(drive.hear("w four seven"), "can i have the patient's date of birth?");
}

#[test]
fn silence_brings_idle_prompts_and_then_the_end() {
    let mut drive = Drive::acme().with_person();
    let before_ms = drive.now_ms;
    assert_eq!(drive.wait(), TimerName::Idle);
    assert_eq!(drive.now_ms, before_ms + 10_000 + 1_000);
    assert_eq!(drive.said.last().unwrap(), "hello, are you there?");
    drive.wait();
    drive.wait();
    drive.wait();
    assert!(drive.hung_up);
    assert_eq!(drive.said.last().unwrap(), "thank you for calling. have a great day.");
}

#[test]
fn speech_stops_the_idle_clock_and_a_pause_does_not_end_a_turn() {
    let mut drive = Drive::acme().with_person();
    drive.give(Event::AgentSpeechStarted);
    assert_eq!(drive.engine.poll_timeout(), None);
    let disclosure = Heard::Words(words::split("this is an automated voice"));
    drive.give(Event::AgentSpeechEnded { heard: disclosure });
    assert!(matches!(drive.engine.poll_timeout(), Some((_, TimerName::Reply))));
    drive.now_ms += 500;
    drive.give(Event::AgentSpeechStarted);
    assert_eq!(drive.engine.poll_timeout(), None, "the caller goes on");
    let said = drive.said.len();
    let reason = Heard::Words(words::split("i would like to verify benefits"));
    drive.give(Event::AgentSpeechEnded { heard: reason });
    drive.wait();
    assert_eq!(drive.said.len(), said + 1, "both were one turn");
    let heard = "this is an automated voice i would like to verify benefits";
    let note = PayerEvent::Heard { step: "greeting".into(), words: heard.into() };
    assert!(drive.notes.contains(&note));
}

#[test]
fn words_under_a_request_do_not_answer_it() {
    let mut drive = Drive::acme().with_person();
    let reason = Heard::Words(words::split("i would like to verify benefits"));
    drive.give(Event::AgentSpeechStarted);
    drive.give(Event::AgentSpeechEnded { heard: reason.clone() });
    let (at_ms, _) = drive.engine.poll_timeout().unwrap();
    drive.now_ms = at_ms;
    assert!(drive.give(Event::Timeout), "the request is being said");
    drive.give(Event::AgentSpeechStarted);
    drive.give(Event::AgentSpeechEnded { heard: reason });
    drive.play();
    assert!(matches!(drive.engine.poll_timeout(), Some((_, TimerName::Idle))));
    assert_eq!(drive.hear("riverside"), "can i have the member i d please?");
}

#[test]
fn an_ear_without_words_takes_every_answer() {
    let mut drive = Drive::acme().with_person();
    for _ in 0..5 {
        drive.hear_as(Heard::Speech);
    }
    let topics = Scenario::acme_medical().unwrap().representative.unwrap().topics.len();
    for _ in 0..topics {
        drive.hear_as(Heard::Speech);
    }
    let told = drive.notes.iter().filter(|note| matches!(note, PayerEvent::Told { .. })).count();
    assert_eq!(told, topics);
    assert_eq!(drive.hear_as(Heard::Speech), "thank you for calling. have a great day.");
}

#[test]
fn a_key_cuts_the_prompt_and_a_wrong_one_brings_it_again() {
    let mut drive = Drive::acme();
    // The lead-in ends; the welcome is being said.
    drive.now_ms += 500;
    assert!(drive.give(Event::SpokenDone));
    drive.keys("7");
    assert_eq!(drive.stopped, 1);
    let welcome = drive.said[0].clone();
    assert_eq!(
        drive.said,
        [welcome.clone(), "i am sorry, that is not a valid entry.".into(), welcome]
    );
    drive.keys("2");
    assert!(drive.said.last().unwrap().starts_with("please enter"));
}

#[test]
fn a_number_must_be_the_right_one_and_end_with_its_key() {
    let mut drive = Drive::acme();
    drive.play();
    drive.keys("2");
    drive.keys("1234567890#");
    let refused = PayerEvent::KeysRefused { step: "npi".into(), keys: "1234567890#".into() };
    assert!(drive.notes.contains(&refused));
    drive.keys("1234567893");
    assert!(drive.said.last().unwrap().starts_with("please enter"), "no terminator yet");
    drive.keys("#");
    assert_eq!(drive.said.last().unwrap(), "to speak with a representative press zero.");
}

#[test]
fn no_key_brings_the_prompt_again_and_at_last_the_end() {
    let mut drive = Drive::acme();
    drive.play();
    for _ in 0..3 {
        assert_eq!(drive.wait(), TimerName::Key);
    }
    assert!(drive.hung_up);
    assert_eq!(drive.said.last().unwrap(), "we are sorry you are having trouble. goodbye.");
}

#[test]
fn a_choice_may_lead_astray() {
    let mut drive = Drive::acme();
    drive.play();
    drive.keys("1");
    assert_eq!(drive.said.last().unwrap(), "our claims department is closed. goodbye.");
    assert!(drive.hung_up);
}

#[test]
fn something_may_be_said_out_of_turn() {
    let text = include_str!("../../../fixtures/payers/acme-medical.toml").to_owned()
        + "\n[[representative.interjections]]\nid = \"robot\"\nbefore = \"date_of_birth\"\n\
           say = \"am i speaking with a real person?\"\nreply = \"okay.\"\n\
           [[representative.interjections]]\nid = \"refusal\"\nbefore = \"lookup\"\n\
           say = \"we do not speak with automated systems.\"\nthen_hang_up = true\n";
    let mut drive = Drive::of(Scenario::parse(&text).unwrap()).with_person();
    drive.hear("i would like to verify benefits");
    drive.hear("riverside");
    drive.hear("four seven two nine one");
    let robot = drive.hear("four seven two nine one");
    assert_eq!(robot, "am i speaking with a real person?");
    let said = drive.hear("i am an automated assistant");
    assert_eq!(said, "okay. | can i have the patient's date of birth?");
    drive.hear("april twelfth nineteen eighty five");
    assert_eq!(drive.said.last().unwrap(), "we do not speak with automated systems.");
    assert!(drive.hung_up);
}

#[test]
fn a_time_out_that_is_not_due_changes_nothing() {
    let mut drive = Drive::acme();
    drive.play();
    let deadline = drive.engine.poll_timeout();
    assert!(!drive.give(Event::Timeout));
    assert_eq!(drive.engine.poll_timeout(), deadline);
}

/// The topic under which the dental demo payer tells each field of the question set.
fn dental_topic_of(field: &str) -> &'static str {
    match field {
        "coverage_status" | "effective_date" | "benefit_year" => "coverage",
        "annual_maximum" | "annual_maximum_used" | "annual_maximum_remaining" => "maximum",
        "deductible_individual" | "deductible_met" | "deductible_on_preventive" => "deductible",
        "preventive_plan_pays"
        | "basic_plan_pays"
        | "major_plan_pays"
        | "orthodontics_plan_pays" => "classes",
        "cleaning_frequency" | "exam_frequency" | "bitewing_frequency" => "frequencies",
        "major_waiting_period" | "missing_tooth_clause" => "waiting",
        other => panic!("the dental payer knows nothing of {other}"),
    }
}

/// The topic under which the demo payer tells each field of the question set.
fn topic_of(field: &str) -> &'static str {
    match field {
        "coverage_status" | "effective_date" => "coverage",
        "plan_type" => "plan",
        "deductible_individual" | "deductible_met" => "deductible",
        "out_of_pocket_max" | "out_of_pocket_met" => "out_of_pocket",
        "specialist_copay" => "specialist",
        "coinsurance" => "coinsurance",
        "prior_authorization" => "authorization",
        other => panic!("the demo payer knows nothing of {other}"),
    }
}

#[test]
fn every_wording_of_every_question_finds_its_topic() {
    let pack = Pack::embedded().unwrap();
    let mut drive = Drive::acme().with_topics();
    for question in &pack.question_set("medical").unwrap().fields {
        for wording in &question.ask {
            drive.hear(wording);
            let topic = topic_of(&question.name).to_owned();
            assert_eq!(drive.notes.last(), Some(&PayerEvent::Told { topic }), "{wording}");
        }
    }
}

/// The dental payer's representative, asked for nothing yet.
fn dental_with_topics() -> Drive {
    let mut drive = Drive::of(Scenario::named("acme-dental").unwrap().unwrap());
    drive.play();
    drive.keys("1");
    drive.keys("234567891#");
    assert!(drive.notes.contains(&PayerEvent::PersonConnected), "{:?}", drive.notes);
    drive.hear("i would like to verify dental benefits for a patient");
    drive.hear("d as in delta five eight two zero four six");
    let birth = "september twenty third nineteen ninety one";
    let sorry = "i am sorry i did not get that. can you repeat the date of birth please?";
    assert_eq!(drive.hear(birth), sorry);
    let said = drive.hear(birth);
    assert!(said.ends_with("what would you like to know?"), "{said}");
    drive
}

#[test]
fn every_wording_of_every_dental_question_finds_its_topic() {
    let pack = Pack::embedded().unwrap();
    let mut drive = dental_with_topics();
    for question in &pack.question_set("dental").unwrap().fields {
        for wording in &question.ask {
            drive.hear(wording);
            let topic = dental_topic_of(&question.name).to_owned();
            assert_eq!(drive.notes.last(), Some(&PayerEvent::Told { topic }), "{wording}");
        }
    }
}

#[test]
fn a_share_may_be_read_back_in_the_plans_terms() {
    let mut drive = dental_with_topics();
    drive.hear("what percent does the plan pay for preventive basic and major services");
    let of = |share: &str| format!("the plan pays {share} percent for basic services correct");
    assert_eq!(drive.hear(&of("eighty")), "yes that is correct.");
    assert!(drive.hear(&of("thirty")).starts_with("no, preventive is covered"));
}

#[test]
fn what_asks_for_nothing_is_not_asked_to_be_repeated() {
    let pack = Pack::embedded().unwrap();
    let names = [
        PhraseName::Acknowledge,
        PhraseName::Thank,
        PhraseName::Waiting,
        PhraseName::AnswerHold,
        PhraseName::NothingElse,
        PhraseName::NoteNotAvailable,
    ];
    let mut drive = Drive::acme().with_topics();
    for phrase in names.iter().flat_map(|name| pack.phrases(*name)) {
        assert_eq!(drive.hear(&phrase.to_string()), "", "{phrase}");
    }
    drive.hear("what is the specialist copay");
    for name in [PhraseName::AskRepeat, PhraseName::Correct] {
        for phrase in pack.phrases(name) {
            let said = drive.hear(&phrase.to_string());
            assert_eq!(said, "the specialist copay is forty dollars.", "{phrase}");
        }
    }
}

#[test]
fn a_good_answer_is_taken_even_if_it_speaks_of_repeating() {
    let mut drive = Drive::acme().with_person();
    drive.hear("i would like to verify benefits");
    assert_eq!(
        drive.hear("yes i am still here"),
        "sure. may i have the name of your practice please?"
    );
    drive.hear("riverside family medicine");
    drive.hear("four seven two nine one");
    let said = drive.hear("let me repeat the i d four seven two nine one");
    assert_eq!(said, "can i have the patient's date of birth?");
}
