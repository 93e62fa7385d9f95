//! The whole simulated world as a program of its own, for clients in other languages: the three vendors and the carrier.
//!
//!     cargo run -p callwright-sim --example vendors -- [--minutes N] [SCENARIO.toml …]
//!
//! It writes one line of JSON with its addresses, keys and what it speaks with to standard output, and stops when standard input is
//! closed or the time is over. Without scenarios the demo's payer answers. It has no command to inject faults; the library has.

use callwright_sim::speech::LocalSpeech;
use callwright_sim::vendors::book::Clip;
use callwright_sim::{
    Carrier, CarrierConfig, Scenario, ScenarioSource, Speech, Vendors, VendorsConfig,
};
use serde_json::json;
use std::error::Error;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

const ACCOUNT: &str = "AC00000000000000000000000000000001";
const TOKEN: &str = "token-of-the-simulator";
const KEY: &str = "key-of-the-simulator";
const MINUTES: u64 = 30;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (minutes, scenarios) = arguments()?;
    let first = scenarios.first().cloned().ok_or("there is no scenario")?;
    let speech = tokio::task::spawn_blocking(|| {
        let cache = std::env::temp_dir().join("callwright-sim-models");
        std::fs::create_dir_all(&cache)?;
        // Without the speech libraries the far end hums, and the recogniser knows the recordings only.
        Ok::<_, std::io::Error>(LocalSpeech::open(&cache).map_or(Speech::Tones, Speech::Local))
    })
    .await??;
    let mut config = VendorsConfig::new(KEY, speech.clone());
    config.scenarios = scenarios;
    config.clips = recordings();
    let vendors = Vendors::start(config).await?;
    let source = ScenarioSource::Any(Box::new(first));
    let spoken = matches!(speech, Speech::Local(_));
    let carrier = Carrier::start(CarrierConfig::new(ACCOUNT, TOKEN, source, speech)).await?;
    let addresses = json!({
        "vendors_http": vendors.base_url(),
        "vendors_ws": vendors.ws_url(),
        "vendors_key": KEY,
        "carrier_http": carrier.base_url(),
        "carrier_account": ACCOUNT,
        "carrier_token": TOKEN,
        "speech": if spoken { "local" } else { "tones" },
        "clips": vendors.clips(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{addresses}")?;
    out.flush()?;
    let (closed, input) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Whatever is read, and however it ends: then it is over.
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        // Whether anybody still waits for it or not.
        closed.send(()).unwrap_or_default();
    });
    drop(tokio::time::timeout(Duration::from_secs(minutes * 60), input).await);
    carrier.shutdown().await;
    vendors.shutdown().await;
    Ok(())
}

fn arguments() -> Result<(u64, Vec<Scenario>), Box<dyn Error>> {
    let (mut minutes, mut scenarios) = (MINUTES, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--minutes" {
            minutes = arguments.next().ok_or("--minutes wants a number")?.parse()?;
        } else {
            scenarios.push(Scenario::load(Path::new(&argument))?);
        }
    }
    if scenarios.is_empty() {
        scenarios.push(Scenario::acme_medical()?);
    }
    Ok((minutes, scenarios))
}

/// The recordings of `fixtures/audio`, so that something is heard where nothing can be spoken.
fn recordings() -> Vec<Clip> {
    let clip = |text: &str, mulaw: &[u8]| Clip { text: text.to_owned(), mulaw: mulaw.to_vec() };
    vec![
        clip(
            "thank you for holding. my name is jessica. how can i help you today?",
            include_bytes!("../../fixtures/audio/greet.ulaw"),
        ),
        clip(
            "all representatives are busy. please continue to hold. your call is important to us.",
            include_bytes!("../../fixtures/audio/queue.ulaw"),
        ),
        clip(
            "the policy is active, effective january first.",
            include_bytes!("../../fixtures/audio/answer.ulaw"),
        ),
    ]
}
