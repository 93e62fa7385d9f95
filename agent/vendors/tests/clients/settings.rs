//! Set *and sent* (rule V1): each adapter sends the settings that the register knows of its vendor, and takes no leave whose row claims
//! a flag that nothing is sent for.

use callwright_compliance::VendorId;
use callwright_compliance::vendor::known::{self, KNOWN, Setting};
use callwright_compliance::vendor::{RetentionFlag, Role};
use callwright_vendors::deepgram::Deepgram;
use callwright_vendors::elevenlabs::ElevenLabs;
use callwright_vendors::openai::OpenAi;
use callwright_vendors::{Endpoint, LanguageModel, SpeechToText, TextToSpeech, VendorError};
use serde_json::Value;

use crate::common::{Http, Server, egress, hosted, key};
use crate::{deepgram, elevenlabs, openai};

/// What the register knows that a vendor is sent.
fn known_of(vendor: &str, role: Role) -> &'static [Setting] {
    let sent = known::find(&VendorId::new(vendor).unwrap(), role).unwrap().sent();
    assert!(!sent.is_empty(), "{vendor}: nothing is to be sent");
    sent
}

fn assert_in_query(sent: &[Setting], query: &[&str]) {
    for setting in sent {
        let Setting::Query { name, value } = setting else { panic!("{setting} is no parameter") };
        let pair = format!("{name}={value}");
        assert_eq!(query.iter().filter(|part| **part == pair).count(), 1, "{pair} in {query:?}");
        let prefix = format!("{name}=");
        let named = query.iter().filter(|part| part.starts_with(&prefix));
        assert_eq!(named.count(), 1, "{name} stands twice");
    }
}

#[test]
fn whatever_the_register_says_is_sent_has_an_adapter_that_is_tested_here() {
    let mut with_settings: Vec<_> = KNOWN
        .iter()
        .filter(|known| !known.sent().is_empty())
        .map(|known| (known.id(), known.role()))
        .collect();
    with_settings.sort_unstable();
    // The carrier's are tested where its client is: dialplan/tests/leave.rs.
    let tested = [
        ("deepgram", Role::SpeechToText),
        ("elevenlabs", Role::TextToSpeech),
        ("openai", Role::LanguageModel),
        ("twilio", Role::Carrier),
    ];
    assert_eq!(with_settings, tested);
}

#[tokio::test]
async fn the_recogniser_is_sent_its_settings() {
    let server = Server::bind().await;
    let session = deepgram::open(&server, deepgram::config(), deepgram::leave());
    deepgram::audio(&session, 0, 1);
    let peer = server.websocket().await;
    assert_in_query(known_of("deepgram", Role::SpeechToText), &peer.query());
}

#[tokio::test]
async fn the_voice_is_sent_its_settings() {
    let server = Server::bind().await;
    let leave = egress(Role::TextToSpeech, "elevenlabs").0;
    let mut session = elevenlabs::open(&server, elevenlabs::config(), leave);
    let _from = elevenlabs::speak(&mut session, "Hello.");
    let peer = server.websocket().await;
    assert_in_query(known_of("elevenlabs", Role::TextToSpeech), &peer.query());
}

#[tokio::test]
async fn the_model_is_sent_its_settings() {
    let server = Server::bind().await;
    let mut session = openai::open(&server, openai::config(), openai::leave());
    let _events = session.turn(openai::request(&[openai::MEMBER]));
    let mut http = Http { stream: server.tcp().await };
    let body: Value = serde_json::from_str(&http.request().await.1).unwrap();
    for setting in known_of("openai", Role::LanguageModel) {
        let Setting::BodyFalse { name } = setting else { panic!("{setting} is not of the body") };
        assert_eq!(body[name], Value::Bool(false), "{name}");
    }
}

#[test]
fn a_row_that_claims_what_is_not_sent_opens_nothing() {
    let endpoint = || Endpoint::new("http://127.0.0.1:1", key()).unwrap();
    let claimed =
        [RetentionFlag::NoTraining, RetentionFlag::NoRetention, RetentionFlag::CustomerKey];
    let refused = |vendor| Some(VendorError::FlagNotSent { vendor, flag: "customer_key" });
    let ear = Deepgram::new(endpoint(), deepgram::config()).unwrap();
    let leave = hosted(Role::SpeechToText, "deepgram", &claimed);
    assert_eq!(ear.open(leave).err(), refused("deepgram"));
    let voice = ElevenLabs::new(endpoint(), elevenlabs::config()).unwrap();
    let leave = hosted(Role::TextToSpeech, "elevenlabs", &claimed);
    assert_eq!(voice.open(leave).err(), refused("elevenlabs"));
    let model = OpenAi::new(endpoint(), openai::config()).unwrap();
    let leave = hosted(Role::LanguageModel, "openai", &claimed);
    assert_eq!(model.open(leave).err(), refused("openai"));
}
