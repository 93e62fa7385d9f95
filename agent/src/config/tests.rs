//! What the reader of the configuration file takes and refuses.

use std::path::Path;

use super::*;

const GOOD: &str = include_str!("../../../deploy/callwright.toml");

fn parse(text: &str) -> Result<Config, ConfigErrors> {
    Config::parse(text, Path::new("/etc/callwright/callwright.toml"))
}

/// The keys that are complained about.
fn keys(text: &str) -> Vec<String> {
    let errors = parse(text).unwrap_err();
    errors.problems().iter().map(|problem| problem.key.clone()).collect()
}

#[test]
fn the_example_parses_and_is_the_recommended_policy() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.store.database, Path::new("/etc/callwright/callwright.db"));
    assert_eq!(config.calls.keeping, FileKeeping::Sealed);
    assert_eq!(config.carrier.auth_token, SecretSource::Env("TWILIO_AUTH_TOKEN".to_owned()));
    assert_eq!(config.carrier.base_url, ClientConfig::TWILIO);
    assert_eq!(config.policy, Policy::recommended());
    assert_eq!(config.anchors, None);
    assert_eq!(config.digest, callwright_compliance::Digest::of(GOOD.as_bytes()));
    assert_eq!(config.log, Log { format: LogFormat::Json, level: LogLevel::Info });
}

#[test]
fn the_anchor_folder_is_relative_to_the_file() {
    let text =
        GOOD.replace("# anchor_folder = \"/mnt/worm/callwright\"", "anchor_folder = \"kept\"");
    assert_eq!(parse(&text).unwrap().anchors.unwrap(), Path::new("/etc/callwright/kept"));
    assert_eq!(keys(&text.replace("= \"kept\"", "= 5")), ["audit.anchor_folder"]);
}

#[test]
fn two_bad_keys_are_two_messages() {
    let text = GOOD
        .replace("listen = \"127.0.0.1:8080\"", "listen = \"here\"")
        .replace("database =", "databse =");
    assert_eq!(keys(&text), ["server.listen", "store.database", "store.databse"]);
}

#[test]
fn each_mistake_is_named_by_its_key() {
    for (from, to, key) in [
        ("[server]", "[sever]", "sever"),
        ("public_url = \"https:", "public_url = \"http:", "server.public_url"),
        ("example.org\"", "example.org/app\"", "server.public_url"),
        ("keep = \"sealed\"", "keep = \"maybe\"", "calls.keep"),
        ("account_sid = \"AC0", "account_sid = \"AX0", "carrier.account_sid"),
        ("from = \"+16142000134\"", "from = \"911\"", "carrier.from"),
        ("vendor = \"twilio\"", "vendor = \"Twilio Inc.\"", "carrier.vendor"),
        ("cents_per_minute = 5", "cents_per_minute = -5", "carrier.cents_per_minute"),
        ("level = \"info\"", "level = \"all\"", "log.level"),
        ("auth_token_env =", "auth_token =", "carrier.auth_token"),
        ("total_s = 5400", "total = 5400", "policy.caps.payer.total"),
        ("absence = \"deny\"", "absence = \"ask\"", "policy.consent.absence"),
        ("system_running_max = 20", "system_running_max = 1.5", "policy.limits.system_running_max"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = keys(&GOOD.replacen(from, to, 1));
        assert!(found.iter().any(|found| found == key), "{to}: {found:?}");
    }
}

#[test]
fn two_bad_policy_values_are_two_messages() {
    let text = GOOD.replace("absence = \"deny\"", "absence = \"ask\"\nage = 3");
    assert_eq!(keys(&text), ["policy.consent.absence", "policy.consent.age"]);
}

/// The place of the first line that has `text`, and of `part` in it.
fn place(file: &str, text: &str, part: &str) -> Option<Place> {
    let line = file.lines().position(|line| line.contains(text)).unwrap();
    let column = file.lines().nth(line).unwrap().find(part).unwrap();
    Some(Place { line: line + 1, column: column + 1 })
}

#[test]
fn every_mistake_has_its_line_and_column() {
    let text = GOOD
        .replace("database =", "databse =")
        .replace("level = \"info\"", "level = \"all\"")
        .replace("total_s = 5400", "total_s = 9001")
        .replace("absence = \"deny\"", "absense = \"deny\"");
    let errors = parse(&text).unwrap_err();
    let found: Vec<(&str, Option<Place>)> =
        errors.problems().iter().map(|problem| (problem.key.as_str(), problem.place)).collect();
    let wanted = [
        ("store.database", place(&text, "[store]", "store")),
        ("store.databse", place(&text, "databse =", "databse")),
        ("log.level", place(&text, "level = \"all\"", "\"all\"")),
        ("policy.caps.payer.total_s", place(&text, "total_s = 9001", "9001")),
        ("policy.consent.absense", place(&text, "absense =", "absense")),
    ];
    assert_eq!(found, wanted);
    assert!(errors.to_string().contains(&format!("\n  {}: `log.level`", wanted[2].1.unwrap())));
}

#[test]
fn every_error_of_the_syntax_has_its_line() {
    let text = "listen = \n[store]\ndatabase = \n";
    let errors = parse(text).unwrap_err();
    let lines: Vec<usize> =
        errors.problems().iter().filter_map(|problem| Some(problem.place?.line)).collect();
    assert!([1, 3].iter().all(|line| lines.contains(line)), "{errors}");
}

#[test]
fn a_policy_that_contradicts_itself_is_refused() {
    for (from, to, key) in [
        ("total_s = 5400", "total_s = 600", "policy.caps.payer.conversation_s"),
        ("conversation_s = 900", "conversation_s = 901", "policy.caps.payer.conversation_s"),
        ("tenant_running_max = 4", "tenant_running_max = 0", "policy.limits.tenant_running_max"),
        ("number_running_max = 1", "number_running_max = 5", "policy.limits.number_running_max"),
        ("call_cents_max = 1500", "call_cents_max = 20001", "policy.limits.call_cents_max"),
        (
            "[policy.consent]",
            "[policy.freshness]\nswitch_s = 6\n[policy.consent]",
            "policy.freshness.switch_s",
        ),
        (
            "[policy.consent]",
            "[policy.allowlist]\nlife_days_max = 1\n[policy.consent]",
            "policy.allowlist.sole_administrator",
        ),
        (
            "[policy.consent]",
            "[policy.vendors.required_flags]\ncarrier = []\n[policy.consent]",
            "policy.vendors.required_flags.carrier",
        ),
        (
            "[policy.consent]",
            "[policy.vendors]\npermit_s = 60\n[policy.consent]",
            "policy.vendors.permit_s",
        ),
        ("base = \"recommended\"", "base = \"all\"", "policy.base"),
        // 90 minutes at 5 cents.
        ("call_cents_max = 1500", "call_cents_max = 449", "policy.limits.call_cents_max"),
        ("cents_per_minute = 5", "cents_per_minute = 17", "policy.limits.call_cents_max"),
        ("cents_per_minute = 5", "cents_per_minute = 0", "carrier.cents_per_minute"),
        (
            "[policy.consent]",
            "[policy.freshness]\nallowlist_s = 4294967295\n[policy.consent]",
            "policy.freshness.allowlist_s",
        ),
        (
            "conversation_s = 900",
            "conversation_s = 900\n[policy.caps.test]\nring_s = 60\nconversation_s = 30\ntotal_s = 30",
            "policy.caps.test.ring_s",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        assert_eq!(keys(&GOOD.replacen(from, to, 1)), [key], "{to}");
    }
    // A price that the recommended limit does not allow is the price's mistake.
    let dear = GOOD.replace("call_cents_max = 1500\n", "");
    assert!(parse(&dear).is_ok());
    let dear = dear.replace("cents_per_minute = 5", "cents_per_minute = 17");
    assert_eq!(keys(&dear), ["carrier.cents_per_minute"]);
    // The longest call at exactly what a call may cost.
    assert!(parse(&GOOD.replace("call_cents_max = 1500", "call_cents_max = 450")).is_ok());
    // A carrier on this machine may be free.
    let own = "# base_url = \"https://api.twilio.com/2010-04-01\"";
    let free = GOOD.replace(own, "base_url = \"http://127.0.0.1:9/2010-04-01\"");
    assert!(parse(&free.replace("cents_per_minute = 5", "cents_per_minute = 0")).is_ok());
    // A narrower limit beside a recommended one that never counts then is nobody's mistake.
    let narrow =
        GOOD.replace("system_running_max = 20\ntenant_running_max = 4", "system_running_max = 1");
    assert!(parse(&narrow).is_ok());
}

#[test]
fn a_policy_says_what_its_values_are_laid_over() {
    let bare = GOOD.split("[policy]").next().unwrap();
    assert_eq!(parse(bare).unwrap().policy, Policy::recommended());
    // Whatever is written of a policy, and however.
    for policy in [
        "[policy]\n",
        "[policy.limits]\ncall_cents_max = 1500\n",
        "[policy.caps.payer]\ntotal_s = 5400\n",
        "[policy]\nlimits.call_cents_max = 1500\n",
    ] {
        let text = format!("{bare}{policy}");
        let errors = parse(&text).unwrap_err();
        let problem = errors.problems().first().unwrap();
        assert_eq!(problem.key, "policy.base", "{policy}");
        assert_eq!(problem.fault, Fault::Missing, "{policy}");
        assert_eq!(problem.place, place(&text, "[policy", "policy"), "{policy}");
        assert_eq!(errors.problems().len(), 1, "{errors}");
    }
    assert_eq!(keys(&bare.replacen("[server]", "policy = 5\n[server]", 1)), ["policy"]);
}

#[test]
fn an_empty_table_of_a_policy_is_a_mistake() {
    let bare = GOOD.split("[policy.limits]").next().unwrap();
    for (table, key) in [
        ("[policy.limits]\n", "policy.limits"),
        ("[policy.caps.payer]\n", "policy.caps.payer"),
        ("[policy.retention]\n", "policy.retention"),
        ("[policy.vendors]\nrequired_flags = {}\n", "policy.vendors.required_flags"),
        ("[policy.limitz]\n", "policy.limitz"),
    ] {
        let text = format!("{bare}{table}");
        assert_eq!(keys(&text), [key]);
        let place = parse(&text).unwrap_err().problems()[0].place.unwrap();
        assert!(place.line >= bare.lines().count(), "{key}: {place}");
    }
}

#[test]
fn on_the_base_none_every_value_that_is_not_set_is_missing() {
    let text = GOOD.replace("base = \"recommended\"", "base = \"none\"");
    let errors = parse(&text).unwrap_err();
    let missing: Vec<&str> = errors
        .problems()
        .iter()
        .filter(|problem| problem.fault == Fault::Missing)
        .map(|problem| problem.key.as_str())
        .collect();
    for key in [
        "policy.limits.system_started_1s_max",
        "policy.caps.payer.ring_s",
        "policy.freshness.switch_s",
    ] {
        assert!(missing.contains(&key), "{key}: {errors}");
    }
    assert!(!missing.contains(&"policy.limits.tenant_running_max"));
    for key in ["policy.retention.audit_days", "policy.disclosure.repeats_max"] {
        assert!(missing.contains(&key), "{key}: {errors}");
    }
    // What is set there is set. Of the others each is named once: the limits, the periods, and two that are no numbers above zero
    // (`sole_administrator`, `repeats_max`). The carrier's flags are no value that is missing.
    assert_eq!(missing.len(), (32 - 9) + (11 - 4) + 2, "{errors}");
    assert_eq!(errors.problems().len(), missing.len() + 1);
    assert!(errors.problems().iter().all(|problem| problem.place.is_some()), "{errors}");
}

#[test]
fn a_policy_value_replaces_the_recommended_one_alone() {
    let config = parse(&GOOD.replace("tenant_running_max = 4", "tenant_running_max = 2")).unwrap();
    let mut policy = Policy::recommended();
    policy.limits.tenant_running_max = 2;
    assert_eq!(config.policy, policy);
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let planted = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
    for text in [
        GOOD.replace("vendor = \"twilio\"", &format!("auth_token = \"{planted}\"")),
        GOOD.replace("AC00000000000000000000000000000000", planted),
        GOOD.replace("[log]", &format!("[log]\nauth_token = \"{planted}\" x")),
    ] {
        let errors = parse(&text).unwrap_err();
        assert!(!errors.to_string().contains(planted), "{errors}");
        assert!(!format!("{errors:?}").contains(planted));
    }
}

#[test]
fn one_place_for_the_token() {
    let both = "auth_token_env = \"T\"\nauth_token_file = \"t\"";
    let text = GOOD.replace("auth_token_env = \"TWILIO_AUTH_TOKEN\"", both);
    assert_eq!(keys(&text), ["carrier.auth_token_env"]);
    let text = GOOD.replace("auth_token_env = \"TWILIO_AUTH_TOKEN\"", "");
    assert_eq!(keys(&text), ["carrier.auth_token_env"]);
}

#[test]
fn an_empty_file_lists_all_that_is_required() {
    assert_eq!(
        keys(""),
        [
            "server.listen",
            "server.public_url",
            "store.database",
            "store.key_file",
            "calls.folder",
            "carrier.account_sid",
            "carrier.auth_token_env",
            "carrier.from",
            "carrier.vendor",
        ]
    );
}

#[test]
fn a_secret_file_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let source = SecretSource::File(path.clone());
    assert!(matches!(source.read(), Err(SecretError::File { .. })));
    for (text, good) in [("token\n", true), ("", false), ("a\nb\n", false)] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(source.read().is_ok(), good, "{text:?}");
    }
    let unset = SecretSource::Env("CALLWRIGHT_TEST_NO_SUCH_VARIABLE".to_owned());
    assert!(matches!(unset.read(), Err(SecretError::Unset(_))));
}

/// The example with the hosted vendors' tables in the place of the local ones.
fn hosted() -> String {
    let local = "vendor = \"local\"\n# vendor = ";
    assert_eq!(GOOD.matches(local).count(), 3, "the example shows a hosted vendor for each role");
    GOOD.replace(local, "vendor = ")
        .replace("# key_env", "key_env")
        .replace("# voice", "voice")
        .replace("# model = \"gpt", "model = \"gpt")
}

#[test]
fn the_hosted_vendors_of_the_example_are_read_with_their_defaults() {
    let vendors = parse(&hosted()).unwrap().vendors;
    let ids = vendors.ids().map(|(_, id)| id);
    assert_eq!(ids, ["deepgram", "openai", "elevenlabs"]);
    let Hears::Deepgram { reach, model } = &vendors.speech_to_text else { panic!("local") };
    assert_eq!(reach.key, SecretSource::Env("DEEPGRAM_API_KEY".to_owned()));
    assert!(reach.base_url.starts_with("https://") && !model.is_empty());
    assert_eq!(parse(GOOD).unwrap().vendors, VendorChoice::LOCAL);
}

#[test]
fn each_mistake_about_a_vendor_is_named_by_its_key() {
    let hosted = hosted();
    for (from, to, key) in [
        ("vendor = \"deepgram\"", "vendor = \"deep\"", "speech_to_text.vendor"),
        ("key_env = \"DEEPGRAM_API_KEY\"", "", "speech_to_text.key_env"),
        ("key_env = \"OPENAI_API_KEY\"", "api_key = \"sk-1\"", "language_model.api_key"),
        ("model = \"gpt-6-luna\"", "", "language_model.model"),
        ("voice = \"THE-ID-OF-YOUR-VOICE\"", "", "text_to_speech.voice"),
        ("voice =", "voce =", "text_to_speech.voce"),
    ] {
        assert!(hosted.contains(from), "{from}");
        let found = keys(&hosted.replacen(from, to, 1));
        assert!(found.iter().any(|found| found == key), "{to}: {found:?}");
    }
}
