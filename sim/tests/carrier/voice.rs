//! The demo payer by voice, in real time: keys, hold, a representative who listens, and the carrier's evidence of it.
//!
//! The caller here is a script that waits for the end of each prompt; the agent's own wits are tested elsewhere.

use crate::app::{Stream, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callwright_media::dtmf::{Key, Press, generate};
use callwright_media::resample::wideband_to_mulaw;
use callwright_sim::payer::engine::PayerEvent;
use callwright_sim::speech::LocalSpeech;
use callwright_sim::{Limits, LogEvent, Scenario, Speech, Vendors, VendorsConfig};
use callwright_speech_local::flite::{Synthesiser, Voice};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const MEMBER_ID: &str =
    "The member I D is W as in whiskey, four, seven, two, nine, one, eight, three, five.";

/// What the caller says after the end of which step.
const SCRIPT: [(&str, &str); 11] = [
    (
        "greeting",
        "This is an A I voice for Riverside Family Medicine on a recorded, transcribed call about benefits. I would like to verify medical benefits for a patient.",
    ),
    ("practice", "The practice is Riverside Family Medicine."),
    ("member_id", MEMBER_ID),
    ("member_id", MEMBER_ID),
    ("date_of_birth", "April twelfth, nineteen eighty five."),
    ("account", "Is the coverage active, and what is the effective date?"),
    ("coverage", "What type of plan is it?"),
    ("plan", "What is the individual deductible, and how much has been met?"),
    ("deductible", "May I have a reference number for this call?"),
    ("reference", "The reference number is seven, four, nine, zero, two, five. Is that correct?"),
    ("confirm", "Thank you for your help. Goodbye."),
];

struct Caller {
    world: World,
    sid: String,
    stream: Stream,
    voice: Synthesiser,
    prompts: usize,
}

impl Caller {
    /// Waits until the far end has said that step, after everything waited for before.
    async fn after(&mut self, step: &str) {
        let (from, mut found) = (self.prompts, 0);
        let ended = self.world.carrier.wait_for(&self.sid, |log| {
            let rest = log.iter().skip(from);
            let wanted = |e: &LogEvent| matches!(e, LogEvent::PromptEnded { step: s } if s == step);
            rest.clone().any(|entry| wanted(&entry.event))
        });
        assert!(ended.await, "the call ended before `{step}`");
        let log = self.world.carrier.log(&self.sid).unwrap();
        for (at, entry) in log.entries.iter().enumerate().skip(from) {
            if matches!(&entry.event, LogEvent::PromptEnded { step: s } if s == step) {
                found = at + 1;
                break;
            }
        }
        self.prompts = found;
    }

    async fn key(&mut self, keys: &str) {
        let keys = Key::parse_all(keys).unwrap();
        self.stream.audio(&generate(&keys, Press::default())).await;
    }

    async fn say(&mut self, text: &str) {
        let audio = wideband_to_mulaw(&self.voice.speak(text).unwrap());
        self.stream.audio(&audio).await;
    }
}

#[tokio::test]
async fn what_the_payer_says_on_the_line_is_what_the_recogniser_hears() {
    let cache = tempfile::tempdir().unwrap();
    let local = match LocalSpeech::open(cache.path()) {
        Ok(local) => local,
        Err(error) => {
            println!("skipped: {error}");
            return;
        }
    };
    let payer = include_str!("../../../fixtures/payers/brief.toml");
    let mut config = VendorsConfig::new("key", Speech::Local(local.clone()));
    config.scenarios = vec![Scenario::parse(payer).unwrap()];
    let vendors = Vendors::start(config).await.unwrap();
    let query = "encoding=mulaw&sample_rate=8000&endpointing=false";
    let url = format!("{}/v1/listen?{query}", vendors.ws_url());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", "Token key".parse().unwrap());
    let (mut recogniser, _) = connect_async(request).await.unwrap();

    let mut world = World::of(payer, Limits::default(), Speech::Local(local)).await;
    let (_sid, mut stream) = world.connected().await;
    // Five and a half seconds: the greeting, and a little of the wait after it.
    let mut frames = 0;
    while frames < 275 {
        let message = stream.message().await.unwrap();
        if message["event"] == "media" {
            let payload = message["media"]["payload"].as_str().unwrap();
            let audio = STANDARD.decode(payload).unwrap();
            recogniser.send(Message::Binary(audio.into())).await.unwrap();
            frames += 1;
        }
    }
    stream.close().await;
    recogniser.send(Message::Text("{\"type\":\"Finalize\"}".into())).await.unwrap();
    let mut heard = Vec::new();
    loop {
        let message = recogniser.next().await.unwrap().unwrap();
        let results: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        let words = results["channel"]["alternatives"][0]["transcript"].as_str().unwrap();
        heard.extend(words.split_whitespace().map(str::to_owned));
        if results["from_finalize"] == true {
            break;
        }
    }
    assert_eq!(heard.join(" "), "acme health this is jessica how may i help you");
}

#[tokio::test]
#[ignore = "a whole call in real time: about two minutes"]
async fn the_demo_call_by_voice() {
    let cache = tempfile::tempdir().unwrap();
    let local = match LocalSpeech::open(cache.path()) {
        Ok(local) => local,
        Err(error) => {
            println!("skipped: {error}");
            return;
        }
    };
    let voice = Synthesiser::open(Voice::Slt).unwrap();
    let payer = include_str!("../../../fixtures/payers/acme-medical.toml");
    let mut world = World::of(payer, Limits::default(), Speech::Local(local)).await;
    let (sid, stream) = world.connected().await;
    let mut caller = Caller { world, sid, stream, voice, prompts: 0 };
    for (step, keys) in [("welcome", "2"), ("npi", "1234567893#"), ("representative", "0")] {
        caller.after(step).await;
        caller.key(keys).await;
    }
    for (step, text) in SCRIPT {
        caller.after(step).await;
        caller.say(text).await;
    }
    caller.after("closing").await;
    caller.stream.close().await;
    let log = caller.world.carrier.wait_finished(&caller.sid).await.unwrap();
    println!("{}", log.to_jsonl());
    let noted =
        |wanted: PayerEvent| log.has(|event| *event == LogEvent::Payer { what: wanted.clone() });
    for topic in ["coverage", "plan", "deductible", "reference"] {
        assert!(noted(PayerEvent::Told { topic: topic.into() }), "{topic}");
    }
    assert!(noted(PayerEvent::ReadBack { topic: "reference".into(), confirmed: true }));
    assert!(noted(PayerEvent::Misheard { step: "member_id".into() }));
    assert!(!log.has(|e| matches!(e, LogEvent::Payer { what: PayerEvent::NotUnderstood { .. } })));
}
