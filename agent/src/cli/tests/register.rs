//! The vendor register from the command line: what may be registered, what `check` says of it, and what is refused without it.

use std::net::TcpListener;

use callwright_compliance::vendor::Role;
use callwright_compliance::vendor::known::KNOWN;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::*;

fn today() -> Date {
    Clock.wall().to_zoned(TimeZone::UTC).date()
}

impl Place {
    /// Registers a hosted vendor whose agreement was signed and expires so many days from today.
    fn hosted(&self, vendor: &str, signed: i32, expires: i32) -> String {
        fs::write(self.path("baa"), "signed by both").unwrap();
        let (signed, expires) = (today() + signed.days(), today() + expires.days());
        format!(
            "setup vendor CONFIG --as ann --practice oak {vendor} --agreement FOLDER/baa \
             --signed {signed} --expires {expires}"
        )
    }

    /// Why a command is refused as a usage error.
    async fn mistake(&self, command: &str) -> String {
        let (exit, _) = self.run(command).await;
        let error = exit.expect_err(command);
        assert_eq!(error.exit(), Exit::Usage, "{command}: {error}");
        error.to_string()
    }

    /// What `check` finds.
    async fn findings(&self) -> Vec<Value> {
        let (_, text) = self.run("check CONFIG --json").await;
        serde_json::from_str(&text).unwrap()
    }

    /// What `check` finds on a subject: state and text.
    async fn found(&self, subject: &str) -> Vec<(String, String)> {
        on(&self.findings().await, subject)
    }
}

/// The findings on a subject of the practice: state and text.
fn on(findings: &[Value], subject: &str) -> Vec<(String, String)> {
    let of = |finding: &&Value| finding["subject"] == format!("practice oak: {subject}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings.iter().filter(of).map(|f| (text(&f["state"]), text(&f["found"]))).collect()
}

const CARRIER: &str = "--role carrier --id twilio";

#[tokio::test]
async fn a_known_vendor_is_registered_with_its_flags_and_nothing_else() {
    let place = Place::new();
    place.set_up().await;
    let good = place.hosted(CARRIER, -10, 300);
    let told = place.mistake(&good).await;
    assert!(told.contains("--flag authenticated_media"), "{told}");
    let told =
        place.mistake(&format!("{good} --flag authenticated_media --flag customer_key")).await;
    assert!(told.contains("customer_key"), "{told}");
    let told = place.mistake(&place.hosted("--role storage --id twilio", -10, 300)).await;
    assert!(told.contains("known as carrier"), "{told}");
    let told = place.mistake(&place.hosted(CARRIER, 10, 5)).await;
    assert!(told.contains("--expires"), "{told}");
    place.good(&format!("{good} --flag authenticated_media")).await;
    let found = place.found("vendor for carrier").await;
    assert_eq!(found[0].0, "good", "{found:?}");
    let signed = today() - 10.days();
    for part in ["hosted", "in the US", &format!("signed {signed}"), "authenticated_media"] {
        assert!(found[0].1.contains(part), "{part}: {found:?}");
    }
    // An agreement is a document: an empty file is none.
    fs::write(place.path("baa"), "").unwrap();
    let command = good.replace("setup vendor", "setup vendor --flag authenticated_media");
    assert!(place.mistake(&command).await.contains("empty"));
}

#[tokio::test]
async fn a_verification_falls_due_ends_and_is_renewed() {
    let place = Place::new();
    place.set_up().await;
    let flag = "--flag authenticated_media";
    let verify = format!("setup verify-vendor CONFIG --as ben --practice oak {CARRIER} --on");
    assert!(place.mistake(&format!("{verify} {}", today())).await.contains("on premises"));

    place.good(&format!("{} {flag}", place.hosted(CARRIER, -340, 1_000))).await;
    let found = place.found("vendor for carrier").await;
    let states: Vec<_> = found.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["good", "due"], "{found:?}");
    assert!(found[1].1.contains("yearly verification"), "{found:?}");

    place.good(&format!("{} {flag}", place.hosted(CARRIER, -366, 1_000))).await;
    let found = place.found("vendor for carrier").await;
    assert_eq!((found.len(), found[0].0.as_str()), (1, "missing"), "{found:?}");
    assert!(found[0].1.contains("verification"), "{found:?}");

    place.good(&format!("{verify} {}", today())).await;
    let found = place.found("vendor for carrier").await;
    assert_eq!((found.len(), found[0].0.as_str()), (1, "good"), "{found:?}");
    let earlier = format!("{verify} {}", today() - 1.days());
    assert!(place.mistake(&earlier).await.contains("later verification"));
}

#[tokio::test]
async fn check_prints_the_whole_register() {
    let place = Place::new();
    place.set_up().await;
    let ear = "--role speech_to_text --id deepgram --flag no_training --flag no_retention";
    place.good(&place.hosted(ear, -700, -300)).await;
    let findings = place.findings().await;
    for role in ["speech_to_text", "language_model", "text_to_speech", "carrier"] {
        let found = on(&findings, &format!("vendor for {role}"));
        assert_eq!(found[0].0, "good");
        assert!(found[0].1.contains("on premises, 127.0.0.0/8"), "{found:?}");
    }
    for role in ["keys", "storage", "crm", "webhook", "traces", "backup"] {
        assert_eq!(on(&findings, &format!("vendor for {role}"))[0].0, "note", "{role}");
    }
    let unused = on(&findings, "registered as speech_to_text, not used");
    assert_eq!((unused.len(), unused[0].0.as_str()), (1, "note"));
    assert!(unused[0].1.contains("deepgram") && unused[0].1.contains("no leave"), "{unused:?}");
    // Everything else that is known is there, and gives no leave: deepgram and twilio have rows.
    let mut unsigned = 0;
    for role in Role::ALL {
        let found = on(&findings, &format!("unsigned as {role}"));
        unsigned += found.len();
        assert!(found.iter().all(|(state, text)| state == "note" && text.contains("gets nothing")));
    }
    assert_eq!(unsigned, KNOWN.len() - 2);
}

#[tokio::test]
async fn known_vendors_are_listed_unsigned_with_what_they_need() {
    let place = Place::new();
    let text = place.good("setup vendors").await;
    let json: Vec<Value> = serde_json::from_str(&place.good("setup vendors --json").await).unwrap();
    assert_eq!(json.len(), KNOWN.len());
    for (known, entry) in KNOWN.iter().zip(&json) {
        assert!(text.contains(&format!("{} as {}: {}", known.id(), known.role(), known.name())));
        assert_eq!((&entry["vendor"], &entry["signed"]), (&known.id().into(), &false.into()));
        assert_eq!(entry["required_flags"].as_array().unwrap().len(), known.required().len());
    }
    let ears = place.good("setup vendors --role speech_to_text").await;
    assert!(ears.contains("mip_opt_out=true") && !ears.contains("twilio"), "{ears}");
    assert!(!place.path("callwright.db").exists(), "a list makes no database");
}

#[tokio::test]
async fn nothing_listens_or_dials_before_every_role_has_leave() {
    let place = Place::new();
    place.set_up().await;
    // Whoever tried to listen would be told that somebody does.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = fs::read_to_string(place.path("callwright.toml")).unwrap();
    let config = config.replace("127.0.0.1:8080", &taken.local_addr().unwrap().to_string());
    fs::write(place.path("callwright.toml"), config).unwrap();
    fs::write(place.path("request.json"), r#"{"practice": "oak"}"#).unwrap();
    fs::write(place.path("other.json"), r#"{"practice": "elm"}"#).unwrap();
    let flag = "--flag authenticated_media";
    place.good(&format!("{} {flag}", place.hosted(CARRIER, -700, -300))).await;
    place.good(&place.hosted("--role text_to_speech --id flite", -10, 300)).await;

    let commands = ["serve CONFIG", "call FOLDER/request.json CONFIG --as ann"];
    for command in commands {
        let (exit, text) = place.run(command).await;
        let error = exit.expect_err(command);
        assert_eq!((error.exit(), text.as_str()), (Exit::Refused, ""), "{error}");
        let told = error.to_string();
        for part in
            ["twilio as carrier: V1", "expired", "flite as text_to_speech: V1", "setup vendor"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("speech_to_text"), "that one has leave: {told}");
    }
    let (exit, text) = place.run("call FOLDER/request.json CONFIG --as ann --json").await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["refused_by"][0]["rule"], "V1");
    assert_eq!(json["refused_by"].as_array().unwrap().len(), 2);

    // Another practice's gaps are not this one's.
    let (exit, _) = place.run("call FOLDER/other.json CONFIG --as ann").await;
    assert!(exit.unwrap_err().to_string().contains("cannot be listened on"));

    for vendor in [CARRIER, "--role text_to_speech --id flite"] {
        let command = format!("setup vendor CONFIG --as ann --practice oak {vendor}");
        place.good(&format!("{command} --network 127.0.0.0/8")).await;
    }
    for command in commands {
        let (exit, _) = place.run(command).await;
        let told = exit.unwrap_err().to_string();
        assert!(told.contains("cannot be listened on"), "{told}");
    }
}

#[tokio::test]
async fn an_address_that_a_row_does_not_cover_is_found_before_anything_starts() {
    let place = Place::new();
    place.set_up().await;
    let config = fs::read_to_string(place.path("callwright.toml")).unwrap();
    let commented = "# base_url = \"https://api.twilio.com/2010-04-01\"";
    let at = |address: &str| {
        let changed = config.replace(commented, &format!("base_url = \"{address}/2010-04-01\""));
        assert_ne!(changed, config, "the example has another line");
        fs::write(place.path("callwright.toml"), changed).unwrap();
    };
    at("http://127.0.0.1:9");
    assert_eq!(place.found("vendor for carrier").await[0].0, "good", "it is on premises");
    for (address, hosted) in [("https://34.1.2.3", false), ("https://10.1.2.3", true)] {
        at(address);
        if hosted {
            let flag = "--flag authenticated_media";
            place.good(&format!("{} {flag}", place.hosted(CARRIER, -10, 300))).await;
        }
        let found = place.found("vendor for carrier").await;
        assert!(found[0].0 == "missing" && found[0].1.contains("base_url"), "{found:?}");
        let (exit, _) = place.run("serve CONFIG").await;
        assert_eq!(exit.unwrap_err().exit(), Exit::Refused);
    }
}

#[tokio::test]
async fn an_inventory_says_where_data_goes_and_where_it_lies() {
    let place = Place::new();
    let page = place.good("inventory CONFIG").await;
    assert!(page.contains("no practice yet") && !place.path("callwright.db").exists());

    place.set_up().await;
    let flag = "--flag authenticated_media";
    place.good(&format!("{} {flag}", place.hosted(CARRIER, -700, -300))).await;
    let json: Value = serde_json::from_str(&place.good("inventory CONFIG --json").await).unwrap();
    let flows = json["flows"].as_array().unwrap();
    let to = |name: &str| {
        let found = flows.iter().find(|flow| flow["destination"] == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    // The far end and every role, each once.
    assert_eq!(flows.len(), 1 + Role::ALL.len());
    for role in Role::ALL {
        to(&role.to_string());
    }
    let model = &to("language_model")["fields"]["medical_benefits"];
    assert_eq!(*model, serde_json::json!(["amounts", "model_tokens"]));
    assert!(to("far_end")["fields"]["medical_benefits"].to_string().contains("member_id"));
    assert!(!to("far_end")["fields"]["dental_benefits"].to_string().contains("date_of_service"));
    assert!(!json.to_string().contains("\"ssn\""), "it goes nowhere");
    assert_eq!(to("traces")["recipient"], "nobody");
    assert_eq!(to("carrier")["recipient"]["vendor"]["vendor"], "twilio");
    assert_eq!(to("carrier")["sent"][0], "Method=POST");
    let practice = &json["practices"][0];
    assert_eq!(practice["rows"].as_array().unwrap().len(), 4);
    assert_eq!(practice["unfilled"][0]["role"], "carrier");
    let kept = json["kept"].as_array().unwrap();
    for name in ["callwright.db", "callwright.key", "recording.wav", "standard error"] {
        let place = |kept: &Value| kept["place"].as_str().unwrap().contains(name);
        assert!(kept.iter().any(place), "{name}");
    }
    // The policy's own periods, whatever they are.
    let path = place.path("callwright.toml");
    let text = fs::read_to_string(&path).unwrap();
    let set = text
        .replace("audio_days = 30", "audio_days = 7")
        .replace("words_days = 90", "words_days = 21")
        .replace("exchanges_days = 30", "exchanges_days = 11")
        .replace("result_days = 2192", "result_days = 3000");
    fs::write(&path, set).unwrap();
    let json: Value = serde_json::from_str(&place.good("inventory CONFIG --json").await).unwrap();
    for (name, part) in [
        ("recording.wav", "7 days"),
        ("words.jsonl", "until the result is accepted, else 21 days"),
        ("vendors.jsonl", "11 days"),
        ("result.*", "3000 days"),
        ("journal.jsonl", "2192 days"),
    ] {
        let mut kept = json["kept"].as_array().unwrap().iter();
        let kept = kept.find(|kept| kept["place"].as_str().unwrap().ends_with(name)).unwrap();
        assert!(kept["period"].as_str().unwrap().starts_with(part), "{name}: {kept}");
    }
    let page = place.good("inventory CONFIG").await;
    for part in ["## Where data goes", "### Practice `oak`", "**No leave**: twilio as carrier"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // The provider's tax id is in the store, and of no concern here.
    assert!(!page.contains("12-3456789") && !page.contains("123456789"));
    for table in page.split("\n\n").filter(|part| part.starts_with('|')) {
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let head = table.lines().next().unwrap();
        assert!(table.lines().all(|line| cells(line) == cells(head)), "a torn table: {table}");
    }
}

#[tokio::test]
async fn the_recogniser_until_the_notice_needs_its_row_beside_the_hosted_one() {
    let place = Place::new();
    place.set_up().await;
    let config = fs::read_to_string(place.path("callwright.toml")).unwrap();
    let local = "[speech_to_text]\nvendor = \"local\"";
    assert!(config.contains(local), "the example has another line");
    let hosted = "[speech_to_text]\nvendor = \"deepgram\"\nkey_env = \"CALLWRIGHT_TEST_NONE\"";
    let strict = config.replace(local, hosted);
    let lenient = strict.replace("\"on_premises_only\"", "\"any_recogniser\"");
    assert_ne!(strict, lenient);
    fs::write(place.path("callwright.toml"), &strict).unwrap();
    let (main, first) = ("vendor for speech_to_text", "vendor for speech_to_text until the notice");
    let ear = "--role speech_to_text --id pocketsphinx";
    let setup = |rest: String| format!("setup vendor CONFIG --as ann --practice oak {rest}");
    let explain = "policy explain --json --to +18002000140 --class payer CONFIG";

    // Each of the two has its own finding.
    let states = |found: &[(String, String)]| -> Vec<String> {
        found.iter().map(|(state, _)| state.clone()).collect()
    };
    assert_eq!(states(&place.found(main).await), ["missing"]);
    assert_eq!(states(&place.found(first).await), ["good"]);
    let flags = "--flag no_training --flag no_retention";
    let deepgram = "--role speech_to_text --id deepgram";
    place.good(&format!("{} {flags}", place.hosted(deepgram, -10, 300))).await;
    assert_eq!(states(&place.found(main).await), ["good"]);
    place.good(explain).await;

    // A local one that is somebody else's machine is none.
    place.good(&place.hosted(ear, -10, 300)).await;
    let found = place.found(first).await;
    assert!(found[0].0 == "missing" && found[0].1.starts_with("D2: "), "{found:?}");
    assert_eq!(states(&place.found(main).await), ["good"]);
    let error = place.run("serve CONFIG").await.0.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    let told = error.to_string();
    assert!(told.contains("pocketsphinx --network 127.0.0.0/8"), "{told}");
    assert!(told.contains("any_recogniser") && !told.contains("deepgram"), "{told}");
    fs::write(place.path("request.json"), r#"{"practice": "oak"}"#).unwrap();
    let (_, text) = place.run("call FOLDER/request.json CONFIG --as ann --json").await;
    let refused: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(refused["refused_by"][0]["rule"], "D2", "{refused}");
    let (exit, text) = place.run(explain).await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    assert!(text.contains("no_recogniser_on_premises"), "{text}");
    assert!(text.contains("--id pocketsphinx --network 127.0.0.0/8"), "{text}");

    // It is not asked for where the policy lets any recogniser hear, nor where the main one is on the practice's machines.
    fs::write(place.path("callwright.toml"), &lenient).unwrap();
    assert_eq!(place.found(first).await, []);
    place.good(explain).await;
    fs::write(place.path("callwright.toml"), &strict).unwrap();
    let inventory: Value =
        serde_json::from_str(&place.good("inventory CONFIG --json").await).unwrap();
    let flows = inventory["flows"].as_array().unwrap().iter();
    let ears: Vec<_> = flows.filter(|flow| flow["destination"] == "speech_to_text").collect();
    assert_eq!(ears.len(), 2);
    assert_eq!(ears[1]["before_notice"], true);
    assert_eq!(ears[1]["recipient"]["vendor"]["vendor"], "pocketsphinx");
    place.good(&setup(format!("{deepgram} --network 127.0.0.0/8"))).await;
    assert_eq!(place.found(first).await, []);
    assert_eq!(states(&place.found(main).await), ["good"]);
    place.good(explain).await;
    let kept = place.found("registered as speech_to_text, not used").await;
    assert!(kept[0].1.contains("pocketsphinx"), "{kept:?}");
}
