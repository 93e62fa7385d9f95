//! Wrong requests about planted people, as a person would paste them, given to the real program: what it prints, on standard output and on
//! standard error, for people and as JSON, with its log in detail, repeats nothing of them.
//!
//! The commands run as processes, in a folder that `callwright setup` has filled. No call comes about. What the intake takes and refuses,
//! and why, is its own test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../tests/tests/canary/forms.rs"]
mod forms;

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use callwright::clock::Clock;
use forms::found_in;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What takes the place of the example's vendors: hosted ones at an address where nobody is, for nothing is to be opened on this machine.
const VENDORS: &str = r#"
[speech_to_text]
vendor = "deepgram"
key_env = "CANARY_SECRET"
base_url = "http://127.0.0.1:9/v1"

[language_model]
vendor = "local"

[text_to_speech]
vendor = "elevenlabs"
key_env = "CANARY_SECRET"
voice = "abc"
base_url = "http://127.0.0.1:9/v1"
"#;

/// A folder with an installation.
struct Place {
    folder: TempDir,
    provider: String,
    turn: Cell<usize>,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Place { folder, provider: String::new(), turn: Cell::new(0) };
        place.write("callwright.toml", &configuration());
        place.write("tax", "12-3456789\n");
        place.write("page", "call us");
        let today = Clock.wall().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
        place.good("setup key CONFIG");
        place.good("setup practice CONFIG --as ann --practice oak --name Oak");
        let added = place.good(
            "setup provider CONFIG --as ann --practice oak --name Oak --npi 1234567893 \
             --tax-id-file FOLDER/tax --callback +16142000134 --street River --city Columbus \
             --state OH --zip 43004",
        );
        let is_id = |word: &&str| word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let id = added.split(|c: char| !c.is_alphanumeric()).find(is_id);
        place.provider = id.expect("its id is printed").to_owned();
        for (role, id) in [
            ("speech_to_text", "deepgram"),
            ("language_model", "rules"),
            ("text_to_speech", "elevenlabs"),
            ("carrier", "twilio"),
        ] {
            place.good(&format!(
                "setup vendor CONFIG --as ann --practice oak --role {role} --id {id} --network 127.0.0.0/8"
            ));
        }
        let printed = place.good(&format!(
            "setup allow CONFIG --as ann --practice oak --payer acme-health --purpose medical_benefits \
             --document FOLDER/page --published payer_website --seen-on {today} --line-type toll_free"
        ));
        let entry = printed.split([' ', ';']).nth(1).unwrap();
        place.good(&format!("setup approve CONFIG --practice oak --entry {entry} --as ben"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn run<'w>(&self, words: impl IntoIterator<Item = &'w str>) -> Output {
        let config = self.path("callwright.toml").display().to_string();
        let folder = self.folder.path().display().to_string();
        let words = words.into_iter().flat_map(|word| match word {
            "CONFIG" => vec!["--config".to_owned(), config.clone()],
            word => vec![word.replace("FOLDER", &folder)],
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_callwright"));
        command.args(words).env("CANARY_SECRET", "s3cret").current_dir(self.folder.path());
        command.output().unwrap()
    }

    /// Runs a command that works; gives what it printed.
    fn good(&self, command: &str) -> String {
        let done = self.run(command.split(' ').filter(|word| !word.is_empty()));
        assert!(done.status.success(), "{command}: {}", told(&done));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a command and asserts that it repeats nothing of the planted people. Gives its exit code and everything that it printed.
    fn clean(&self, words: &[&str]) -> (Option<i32>, String) {
        let done = self.run(words.iter().copied());
        let told = told(&done);
        assert_eq!(found_in(&told), [""; 0], "{words:?}: {told}");
        assert!(!told.contains("a defect of the program"), "{words:?}: {told}");
        (done.status.code(), told)
    }

    /// The same of a command that cannot do what it was asked for; in turn for people and as JSON.
    fn refused(&self, words: &[&str]) {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        let json = (turn % 2 == 1).then_some("--json");
        let words: Vec<&str> = words.iter().copied().chain(json).collect();
        let (code, told) = self.clean(&words);
        assert!(matches!(code, Some(1..=3)), "{words:?}: {code:?}: {told}");
        assert!(!told.trim().is_empty(), "{words:?}: it does not say why");
    }

    /// Has a request without a mistake taken in; gives its id.
    fn queued(&self) -> String {
        self.write("request.json", &self.request().to_string());
        let words = ["call", "request.json", "CONFIG", "--as", "ann", "--queue", "--json"];
        let (code, told) = self.clean(&words);
        assert_eq!(code, Some(0), "{told}");
        let (_, id) = told.split_once("\"request\": \"").unwrap();
        id.get(..32).unwrap().to_owned()
    }

    /// A request without a mistake.
    fn request(&self) -> Value {
        json!({
            "practice": "oak", "provider": self.provider,
            "payer": "acme-health", "purpose": "medical_benefits", "question_set": "medical",
            "patient": {
                "name": "Zebulon Quackenbush", "date_of_birth": "1949-07-23",
                "member_id": "XQ9081726354", "group_number": "8163529074",
                "date_of_service": "2026-11-02", "relationship": "self",
            },
            "ai_call_consent": {
                "state": "granted", "at": "2026-01-02T15:00:00Z", "method": "signed", "evidence": "form-17",
            },
            "patient_kind": "synthetic", "class": "payer", "priority": 5,
            "not_before": null, "due": null,
        })
    }
}

fn told(done: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

/// The documented example, with other vendors, any port, and the log in detail.
fn configuration() -> String {
    let example = include_str!("../../deploy/callwright.toml");
    let (before, rest) = example.split_once("[speech_to_text]").unwrap();
    let (_, after) = rest.split_once("[speech]").unwrap();
    format!("{before}{VENDORS}\n[speech]{after}")
        .replace("TWILIO_AUTH_TOKEN", "CANARY_SECRET")
        .replace(
            "# base_url = \"https://api.twilio.com/2010-04-01\"",
            "base_url = \"http://127.0.0.1:9/2010-04-01\"",
        )
        .replace("127.0.0.1:8080", "127.0.0.1:0")
        .replace("level = \"info\"", "level = \"debug\"")
        .replace("\"on_premises_only\"\n", "\"any_recogniser\"\n")
}

/// What people paste: of the wrong kind, in the wrong form, or somebody else's field.
fn pasted() -> Vec<Value> {
    vec![
        json!("Zebulon Quackenbush"),
        json!("Quackenbush, Zebulon\tXQ9081726354\n07/23/1949"),
        json!("July 23, 1949"),
        json!("07/23/1949"),
        json!("9081726354!"),
        json!(9_081_726_354_u64),
        json!(["Zebulon", "Quackenbush"]),
        json!({ "Zebulon Quackenbush": "1949-07-23", "quackenbush": { "zebulon": 8_163_529_074_u64 } }),
        json!("Zebulon-Quackenbush_1949-07-23"),
    ]
}

/// A request's fields, from the outside in: what stands in an object is looked at only where that is one.
const FIELDS: [&[&str]; 2] = [
    &[
        "/practice",
        "/provider",
        "/payer",
        "/purpose",
        "/question_set",
        "/patient",
        "/ai_call_consent",
        "/patient_kind",
        "/class",
        "/priority",
        "/not_before",
        "/due",
    ],
    &[
        "/patient/name",
        "/patient/date_of_birth",
        "/patient/member_id",
        "/patient/group_number",
        "/patient/date_of_service",
        "/patient/relationship",
        "/ai_call_consent/state",
        "/ai_call_consent/at",
        "/ai_call_consent/method",
    ],
];

/// Whether a field is complained about that holds a value, whatever a person meant by it.
fn is_wrong_in(field: &str, value: &Value) -> bool {
    // An object is looked into, and lacks what it should have.
    let (Some(text), false) = (value.as_str(), value.is_object()) else {
        return !(value.is_object() && matches!(field, "/patient" | "/ai_call_consent"));
    };
    match field {
        "/patient/name" => text.contains('\n'),
        "/patient/member_id" | "/patient/group_number" => text.contains([',', '/', '!', '_']),
        // It is one, and nobody's.
        "/practice" => text.contains([' ', ',', '/', '!']),
        _ => true,
    }
}

/// The ways to give a request: into the queue or to be called about at once, for people or as JSON.
const WAYS: [&[&str]; 4] = [&["--queue"], &[], &["--queue", "--json"], &["--json"]];

#[test]
fn a_value_that_is_pasted_into_all_fields_is_refused_in_each_and_not_repeated() {
    let place = Place::new();
    let mut turn = 0;
    for value in pasted() {
        for fields in FIELDS {
            let mut request = place.request();
            for field in fields {
                *request.pointer_mut(field).unwrap() = value.clone();
            }
            place.write("request.json", &request.to_string());
            let words = ["call", "request.json", "CONFIG", "--as", "ann"];
            let (code, told) = place.clean(&[&words[..], WAYS[turn % 4]].concat());
            turn += 1;
            assert_eq!(code, Some(2), "{value}: {told}");
            for field in fields.iter().filter(|field| is_wrong_in(field, &value)) {
                let named =
                    told.contains(&format!("{field}:")) || told.contains(&format!("\"{field}\""));
                assert!(named, "{field} = {value}: {told}");
            }
        }
    }
    // The id of a practice that there is not.
    for way in WAYS {
        let mut request = place.request();
        request["practice"] = json!("Zebulon-Quackenbush_1949-07-23");
        place.write("request.json", &request.to_string());
        let (code, told) =
            place.clean(&[&["call", "request.json", "CONFIG", "--as", "ann"], way].concat());
        assert!(matches!(code, Some(1..=3)), "{told}");
    }
}

#[test]
fn a_text_that_is_no_request_is_refused_without_repeating_it() {
    let place = Place::new();
    let good = serde_json::to_string_pretty(&place.request()).unwrap();
    let at = |mark: &str| good.find(mark).unwrap() + mark.len();
    let cut = |end: usize| good.get(..end).unwrap().to_owned();
    let mut unknown = place.request();
    unknown["quackenbush"] = json!({ "zebulon": "1949-07-23" });
    unknown["Zebulon Quackenbush"] = json!(1);
    unknown["patient"]["zebulon"] = json!("XQ9081726354");
    unknown["patient"]["9081726354"] = json!(true);
    unknown["ai_call_consent"]["zebulon_quackenbush"] = json!(null);
    let texts = [
        ("cut in the name", cut(at("\"Zebulon Quack"))),
        ("cut after a value", cut(at("\"XQ9081726354\""))),
        ("cut in a date", cut(at("1949-07"))),
        ("with more behind it", format!("{good}\nZebulon Quackenbush, 1949-07-23")),
        ("twice", format!("{good}{good}")),
        ("a list", format!("[{good}]")),
        ("a name", "Zebulon Quackenbush".to_owned()),
        ("a name in quotes", "\"Zebulon Quackenbush\"".to_owned()),
        ("a number", "9081726354".to_owned()),
        ("a row of a table", "Quackenbush;Zebulon;07/23/1949;XQ9081726354\n".to_owned()),
        ("without quotes", good.replace("\"Zebulon Quackenbush\"", "Zebulon Quackenbush")),
        ("a bare date", good.replace("\"1949-07-23\"", "1949-07-23")),
        ("a bad escape", good.replace("Zebulon ", "Zebulon\\q")),
        ("a line in it", good.replace("Zebulon ", "Zebulon\n")),
        ("another mark in front", format!("\u{feff}{good}")),
        ("unknown fields", unknown.to_string()),
        ("too long", format!("{good}{}", "Zebulon Quackenbush ".repeat(4_000))),
    ];
    for (turn, (what, text)) in texts.into_iter().enumerate() {
        place.write("zebulon-quackenbush.json", &text);
        let words = ["call", "zebulon-quackenbush.json", "CONFIG", "--as", "ann"];
        let (code, told) = place.clean(&[&words[..], WAYS[turn % 4]].concat());
        assert_eq!(code, Some(2), "{what}: {told}");
        assert!(told.contains("the request"), "{what}: {told}");
    }
    fs::write(place.path("bytes"), b"{\"patient\": \"Zebulon Quackenbush \xff\xfe\"}").unwrap();
    place.refused(&["call", "bytes", "CONFIG", "--as", "ann", "--queue"]);
    place.refused(&["call", "quackenbush-1949-07-23.json", "CONFIG", "--as", "ann", "--queue"]);
}

/// What follows the words of a command.
const AS_ANN: &[&str] = &["--practice", "oak", "CONFIG", "--as", "ann"];
const EXPORT: &[&str] = &["person", "export", "--out", "FOLDER/zebulon-quackenbush"];
const ERASE: &[&str] = &["person", "erase"];
const IDENTIFIERS: &str = r#"{ "name": "Zebulon Quackenbush", "date_of_birth": "1949-07-23", "member_id": "XQ9081726354" }"#;

#[test]
fn wrong_identifiers_of_a_person_are_not_repeated() {
    let place = Place::new();
    place.queued();
    let who = IDENTIFIERS;
    let wrong = [
        who.replace("1949-07-23", "07/23/1949"),
        who.replace("\"1949-07-23\"", "1949"),
        who.replace("\"1949-07-23\"", "[\"1949-07-23\"]"),
        who.replace("\"name\"", "\"Zebulon Quackenbush\""),
        who.replace("\"name\"", "\"quackenbush\""),
        who.replace("Zebulon", "Zebulon\n"),
        who.replace("Quackenbush", "Quackenbushs"),
        who.get(..30).unwrap().to_owned(),
        format!("{who}{who}"),
        "Zebulon Quackenbush".to_owned(),
        "[\"Zebulon Quackenbush\"]".to_owned(),
    ];
    for text in wrong {
        place.write("quackenbush.json", &text);
        for command in [EXPORT, ERASE] {
            place.refused(&[command, &["--identifiers", "quackenbush.json"], AS_ANN].concat());
        }
    }
    for command in [EXPORT, ERASE] {
        place.refused(&[command, &["--identifiers", "zebulon.json"], AS_ANN].concat());
        for id in ["Zebulon Quackenbush", "Zebulon-Quackenbush", "XQ9081726354", "1949-07-23"] {
            place.refused(&[command, &[id], AS_ANN].concat());
        }
        place.refused(&[command, &["Zebulon", "Quackenbush"], AS_ANN].concat());
    }
}

#[test]
fn what_is_wrong_about_consent_or_a_number_is_not_repeated() {
    let place = Place::new();
    let id = place.queued();
    for act in ["Zebulon Quackenbush", "revoked"] {
        for (id, option, value) in [
            (id.as_str(), "--evidence", "Zebulon Quackenbush"),
            (&id, "--at", "July 23, 1949"),
            (&id, "--at", "1949-07-23"),
            (&id, "--given-by", "Zebulon Quackenbush"),
            (&id, "--method", "Zebulon Quackenbush"),
            (&id, "--practice", "Zebulon-Quackenbush"),
            (&id, "--text", "Zebulon-Quackenbush"),
            (&id, "--number", "9081726354"),
            ("Zebulon-Quackenbush", "--practice", "oak"),
            ("XQ9081726354", "--practice", "oak"),
        ] {
            let mut words =
                vec!["consent", "record", id, "--act", act, option, value, "CONFIG", "--as", "ann"];
            for (more, good) in [("--evidence", "note-31"), ("--method", "verbal")] {
                words.extend((option != more).then_some([more, good]).into_iter().flatten());
            }
            place.refused(&words);
        }
    }
    for id in ["Zebulon Quackenbush", "Zebulon-Quackenbush", "XQ9081726354"] {
        place.refused(&["consent", "history", id, "CONFIG"]);
    }
    for to in ["Zebulon Quackenbush", "1949-07-23", "July 23, 1949", "XQ9081726354"] {
        for class in ["payer", "patient", "Quackenbush"] {
            place.refused(&["policy", "explain", "--to", to, "--class", class, "CONFIG"]);
        }
        place.refused(&["policy", "explain", "--to", to, "--class", "payer", "--at", to]);
    }
}

#[test]
fn a_good_request_and_the_rights_of_its_person_repeat_nothing_either() {
    let place = Place::new();
    let id = place.queued();
    place.write("quackenbush.json", IDENTIFIERS);
    let named = ["--identifiers", "quackenbush.json"];
    let (code, told) = place.clean(&[EXPORT, &named, AS_ANN].concat());
    assert_eq!(code, Some(0), "{told}");
    let document = fs::read_to_string(place.path("zebulon-quackenbush/person.json")).unwrap();
    assert!(!found_in(&document).is_empty(), "nothing was at stake");
    // The folder is there by now.
    place.refused(&[EXPORT, &named, AS_ANN].concat());
    let (code, told) = place.clean(&["consent", "history", &id, "CONFIG", "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = place.clean(&[ERASE, &named, AS_ANN, &["--json"]].concat());
    assert_eq!(code, Some(0), "{told}");
}
