//! A number of one's own: from the allowlist to a permitted test call, against a carrier that answers by a script.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};

use jiff::fmt::rfc2822;

use super::super::tests::Place;
use crate::cli::Exit;
use crate::clock::Clock;

const OWN: &str = "+16142000135";

/// A carrier that gives these answers, one a connection, and its API's address.
fn carrier(answers: Vec<String>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for body in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // Requests are small: head and form are there when the blank line and the body's length are.
            while !is_whole(&request) {
                let read = stream.read(&mut buffer).unwrap();
                assert_ne!(read, 0, "the client went away");
                request.extend_from_slice(&buffer[..read]);
            }
            let length = body.len();
            let head = "HTTP/1.1 200 X\r\ncontent-type: application/json\r\nconnection: close";
            let answer = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/2010-04-01")
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

/// The carrier's records of the number: one that was made at a time.
fn keyed(at: jiff::Timestamp) -> String {
    let date = rfc2822::to_string(&at.to_zoned(jiff::tz::TimeZone::UTC)).unwrap();
    let sid = format!("PN{}1", "0".repeat(31));
    format!(
        r#"{{"outgoing_caller_ids":[{{"sid":"{sid}","phone_number":"{OWN}","date_created":"{date}"}}]}}"#
    )
}

/// An installation whose carrier answers by a script, and an approved entry for one's own number.
async fn with_entry(answers: Vec<String>) -> (Place, String) {
    let place = Place::new();
    place.set_up().await;
    let path = place.path("callwright.toml");
    fs::write(place.path("token"), "secret\n").unwrap();
    let api = carrier(answers);
    let text = fs::read_to_string(&path).unwrap();
    let text = text
        .replace(
            "auth_token_env = \"CALLWRIGHT_TEST_NO_SUCH_VARIABLE\"",
            "auth_token_file = \"token\"",
        )
        .replace(
            "# base_url = \"https://api.twilio.com/2010-04-01\"",
            &format!("base_url = \"{api}\""),
        );
    fs::write(&path, text).unwrap();
    let add = format!(
        "setup test-number CONFIG --as ann --practice oak --number {OWN} --payer acme-health --line-type landline"
    );
    let printed = place.good(&add).await;
    let entry = printed.split([' ', ';']).nth(1).unwrap().to_owned();
    (place, entry)
}

#[tokio::test]
async fn one_s_own_number_is_called_once_its_code_was_keyed() {
    let code = r#"{"validation_code":"482913","call_sid":"CA1"}"#.to_owned();
    let none = r#"{"outgoing_caller_ids":[]}"#.to_owned();
    let (place, entry) = with_entry(vec![code, none, keyed(Clock.wall())]).await;
    let act = |act: &str, who: &str| {
        format!("setup {act} CONFIG --as {who} --practice oak --entry {entry}")
    };
    let explain = format!("policy explain CONFIG --class test --to {OWN}");
    // Not before a second person agreed to having it rung.
    let error = place.run(&act("prove", "ann")).await.0.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert!(error.to_string().contains("N3"), "{error}");
    place.good(&act("approve", "ben")).await;
    let (exit, text) = place.run(&explain).await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    assert!(text.starts_with("REFUSED by N3: a test call"), "{text}");
    assert!(text.contains("its code was not keyed"), "{text}");

    let shown = place.good(&act("prove", "ann")).await;
    assert!(shown.contains("key 482913 on it"), "{shown}");
    // The carrier has seen no code yet.
    let error = place.run(&act("proven", "ann")).await.0.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert_eq!(place.run(&explain).await.0.unwrap(), Exit::Refused);
    place.good(&act("proven", "ann")).await;
    let text = place.good(&explain).await;
    assert!(text.starts_with("PERMITTED: a test call to +1 614 *** **35"), "{text}");
    // The code is kept nowhere, and the chain holds.
    let database = fs::read(place.path("callwright.db")).unwrap();
    assert!(!database.windows(6).any(|window| window == b"482913"));
    place.good("audit verify FOLDER").await;
}

#[tokio::test]
async fn a_code_that_was_keyed_before_it_was_asked_for_proves_nothing() {
    let code = r#"{"validation_code":"482913"}"#.to_owned();
    let last_year = Clock.wall() - jiff::SignedDuration::from_hours(24 * 365);
    let (place, entry) = with_entry(vec![code, keyed(last_year)]).await;
    place.good(&format!("setup approve CONFIG --as ben --practice oak --entry {entry}")).await;
    place.good(&format!("setup prove CONFIG --as ann --practice oak --entry {entry}")).await;
    let proven = format!("setup proven CONFIG --as ann --practice oak --entry {entry}");
    assert_eq!(place.run(&proven).await.0.unwrap_err().exit(), Exit::Usage);
    let explain = format!("policy explain CONFIG --class test --to {OWN}");
    assert_eq!(place.run(&explain).await.0.unwrap(), Exit::Refused);
}

/// The ids of the entries that are listed.
async fn entries(place: &Place) -> Vec<String> {
    let text = place.good("setup entries CONFIG --practice oak").await;
    text.lines().map(|line| line.split([' ', ';']).nth(1).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_number_is_taken_off_the_allowlist_and_put_on_it_anew() {
    let place = Place::new();
    place.set_up().await;
    let explain = "policy explain CONFIG --class payer --to +18002000140";
    place.good(explain).await;
    let [entry] = entries(&place).await.try_into().unwrap();
    let listed = place.good("setup entries CONFIG --practice oak").await;
    assert!(listed.contains("toll_free") && !listed.contains("8002000140"), "{listed}");
    let today = Clock.wall().to_zoned(jiff::tz::TimeZone::UTC).date();
    let allow = format!(
        "setup allow CONFIG --as ann --practice oak --payer acme-health --purpose medical_benefits \
         --document FOLDER/page --published payer_website --seen-on {today} --line-type toll_free"
    );
    // Whoever would renew it is told which entry stands in the way.
    let error = place.run(&allow).await.0.unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains(&entry), "{error}");

    let remove = format!("setup remove CONFIG --as cy --practice oak --entry {entry}");
    place.good(&remove).await;
    assert_eq!(place.run(&remove).await.0.unwrap_err().exit(), Exit::Usage);
    let (exit, text) = place.run(explain).await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    assert!(text.contains("N3"), "{text}");
    assert_eq!(entries(&place).await, Vec::<String>::new());

    // Another way to write the one who added it is no second person.
    place.good(&allow).await;
    let [anew] = entries(&place).await.try_into().unwrap();
    let approve =
        |who: &str| format!("setup approve CONFIG --as {who} --practice oak --entry {anew}");
    assert_eq!(place.run(&approve("Ann")).await.0.unwrap_err().exit(), Exit::Usage);
    place.good(&approve("ben")).await;
    place.good(explain).await;
    place.good("audit verify FOLDER").await;
}

#[tokio::test]
async fn a_vendor_that_is_ended_is_sent_nothing() {
    let place = Place::new();
    place.set_up().await;
    let explain = "policy explain CONFIG --class payer --to +18002000140";
    place.good(explain).await;
    let end = "setup end-vendor CONFIG --as ann --practice oak --role language_model --id rules";
    place.good(end).await;
    assert_eq!(place.run(end).await.0.unwrap_err().exit(), Exit::Usage);
    let (exit, text) = place.run(explain).await;
    assert_eq!(exit.unwrap(), Exit::Refused);
    assert!(text.contains("V1"), "{text}");
    place.good("audit verify FOLDER").await;
}

#[tokio::test]
async fn what_could_never_be_called_is_not_put_on_the_list() {
    let place = Place::new();
    place.set_up().await;
    let own = "setup test-number CONFIG --as ann --practice oak --payer acme-health";
    let today = Clock.wall().to_zoned(jiff::tz::TimeZone::UTC).date();
    let allow = format!(
        "setup allow CONFIG --as ann --practice oak --payer acme-health --purpose medical_benefits \
         --document FOLDER/page --published payer_website --seen-on {today}"
    );
    let before = entries(&place).await;
    for (command, rule) in [
        (format!("{own} --number +16142000135 --line-type mobile"), "N3"),
        (format!("{own} --number +18442000135 --line-type landline"), "N3"),
        (format!("{own} --number +19002000135 --line-type landline"), "N2"),
        (format!("{own} --number +14162000135 --line-type landline"), "N2"),
        (format!("{own} --number +17872000135 --line-type landline"), "N2"),
        (format!("{own} --number 911 --line-type landline"), ""),
        // The directory's line of this payer is toll-free.
        (format!("{allow} --line-type landline"), "N3"),
    ] {
        let error = place.run(&command).await.0.unwrap_err();
        assert_eq!(error.exit(), Exit::Usage, "{command}");
        assert!(error.to_string().contains(rule), "{command}: {error}");
    }
    assert_eq!(entries(&place).await, before);
}
