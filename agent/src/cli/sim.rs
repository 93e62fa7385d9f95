//! `callwright sim`: the simulated carrier as a process of its own, and scenario files read aloud.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use callwright_sim::carrier::{Carrier, CarrierConfig, ScenarioSource};
use callwright_sim::payer::representative::Representative;
use callwright_sim::payer::scenario::HoldPart;
use callwright_sim::speech::{LocalSpeech, Speech};
use callwright_sim::vendors::{ModelMode, Vendors};
use callwright_sim::{Scenario, SimError};
use clap::{Args, Subcommand, ValueEnum};

use super::output::Out;
use super::serve::shutdown_signal;
use super::{CliError, Exit, Session};
use crate::demo::DEFAULT_SCENARIO;
use crate::demo::world::simulated_config;
use crate::local_speech::cache_folder;

#[derive(Debug, Subcommand)]
pub(super) enum SimCommand {
    Carrier(CarrierArgs),
    Payer(PayerArgs),
    Vendors(VendorsArgs),
}

/// Deepgram, OpenAI and ElevenLabs, simulated behind one port of the loopback interface, until Ctrl-C
///
/// The recogniser knows what the named payers say and nothing else; the model words the goals that it is given; the voice is this
/// machine's. Each demands the privacy setting that the real one must be sent.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, with the same key in the configuration of `callwright serve`:
  export SIM_KEY=any-secret
  callwright sim vendors --port 8098 --key-env SIM_KEY
  # in the configuration, for each vendor: key_env = \"SIM_KEY\" and its base_url as printed

A model that obeys whoever is on the line, beside a payer that tells it what to do:
  callwright sim vendors --key-env SIM_KEY --scenario fixtures/payers/acme-hostile.toml --model obedient")]
pub(super) struct VendorsArgs {
    /// Whose words the recogniser knows: a scenario's name, or the path of a scenario file; may be given more than once
    #[arg(long, value_name = "NAME|FILE", default_values_t = [DEFAULT_SCENARIO.to_owned()])]
    scenario: Vec<String>,
    /// The port to listen on; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// The environment variable that holds the key that all three take
    #[arg(long, value_name = "NAME")]
    key_env: String,
    /// What kind of model it is: `faithful` words its goals, `obedient` does whatever the far end says, to show that it comes to nothing
    #[arg(long, value_name = "KIND", value_enum, default_value_t = ModelKind::Faithful)]
    model: ModelKind,
    /// Stop by itself after this time
    #[arg(long, value_name = "MINUTES", default_value_t = 240, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
}

/// The simulated language model's manners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModelKind {
    Faithful,
    Obedient,
    Silent,
    Rambling,
    Garbage,
}

impl From<ModelKind> for ModelMode {
    fn from(kind: ModelKind) -> ModelMode {
        match kind {
            ModelKind::Faithful => ModelMode::Faithful,
            ModelKind::Obedient => ModelMode::Obedient,
            ModelKind::Silent => ModelMode::Silent,
            ModelKind::Rambling => ModelMode::Rambling,
            ModelKind::Garbage => ModelMode::Garbage,
        }
    }
}

/// A Twilio-compatible carrier with one payer behind every number, on the loopback interface, until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = "\
Example, with the same account and token in the configuration of `callwright serve`:
  export SIM_TOKEN=any-secret
  callwright sim carrier --port 8099 --account-sid AC0123456789abcdef0123456789abcdef --auth-token-env SIM_TOKEN
  # in the configuration: base_url = \"http://127.0.0.1:8099/2010-04-01\"
  # in the vendor register: the carrier with --network 127.0.0.0/8")]
pub(super) struct CarrierArgs {
    /// A scenario's name, or the path of a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = DEFAULT_SCENARIO)]
    scenario: String,
    /// The port to listen on; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// The account's sid: AC and 32 hexadecimal digits
    #[arg(long, value_name = "SID")]
    account_sid: String,
    /// The environment variable that holds the account's auth token
    #[arg(long, value_name = "NAME")]
    auth_token_env: String,
    /// Stop by itself after this time
    #[arg(long, value_name = "MINUTES", default_value_t = 240, value_parser = clap::value_parser!(u64).range(1..=1440))]
    minutes: u64,
}

/// Check a scenario file and print what its payer does
#[derive(Debug, Args)]
#[command(
    after_help = "Example: callwright sim payer --scenario fixtures/payers/acme-medical.toml"
)]
pub(super) struct PayerArgs {
    /// A scenario's name, or the path of a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = DEFAULT_SCENARIO)]
    scenario: String,
}

pub(super) async fn run(
    command: SimCommand,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    match command {
        SimCommand::Carrier(args) => carrier(args, out).await,
        SimCommand::Payer(args) => outline(&scenario(&args.scenario)?, out),
        SimCommand::Vendors(args) => vendors(args, out).await,
    }
}

fn scenario(name: &str) -> Result<Scenario, CliError> {
    match Scenario::named(name) {
        Some(scenario) => Ok(scenario?),
        None => Ok(Scenario::load(Path::new(name))?),
    }
}

async fn carrier(args: CarrierArgs, out: &mut Out) -> Result<Exit, CliError> {
    let scenario = scenario(&args.scenario)?;
    let token = secret(&args.auth_token_env)?;
    let speech = speech().await?;
    let source = ScenarioSource::Any(Box::new(scenario));
    let mut config = CarrierConfig::new(&args.account_sid, &token, source, speech);
    config.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let carrier = Carrier::start(config).await?;
    out.line(format_args!("base_url = \"{}/2010-04-01\"", carrier.base_url()))?;
    out.line(format_args!(
        "The simulated carrier runs until Ctrl-C, at most {} minutes.",
        args.minutes
    ))?;
    until_stopped(args.minutes).await?;
    out.line(format_args!("calls placed: {}", carrier.calls().len()))?;
    carrier.shutdown().await;
    Ok(Exit::Good)
}

fn secret(variable: &str) -> Result<String, CliError> {
    std::env::var(variable)
        .map_err(|_| CliError::usage(format!("the environment has no {variable}")))
}

/// The far side's voice and ear. Opening them takes seconds the first time.
async fn speech() -> Result<Speech, CliError> {
    let cache = cache_folder(&PathBuf::from("cache")).join("caller-model");
    let open = tokio::task::spawn_blocking(move || LocalSpeech::open(&cache));
    Ok(Speech::Local(open.await.map_err(|_| SimError::Worker)??))
}

/// Waits for Ctrl-C, or so many minutes: either way it is time to stop.
async fn until_stopped(minutes: u64) -> Result<(), CliError> {
    let stop = shutdown_signal().map_err(CliError::io("signals cannot be watched"))?;
    drop(tokio::time::timeout(Duration::from_secs(minutes * 60), stop).await);
    Ok(())
}

async fn vendors(args: VendorsArgs, out: &mut Out) -> Result<Exit, CliError> {
    let scenarios = args.scenario.iter().map(|name| scenario(name));
    let scenarios: Vec<Scenario> = scenarios.collect::<Result<_, _>>()?;
    let key = secret(&args.key_env)?;
    let mut config = simulated_config(&scenarios, speech().await?, &key);
    config.bind = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    config.openai.mode = args.model.into();
    let vendors = Vendors::start(config).await?;
    let base = vendors.base_url();
    out.line(format_args!("[speech_to_text] base_url = \"{base}\""))?;
    out.line(format_args!("[language_model] base_url = \"{base}/v1\""))?;
    out.line(format_args!("[text_to_speech] base_url = \"{base}\""))?;
    let minutes = args.minutes;
    out.line(format_args!("The simulated vendors run until Ctrl-C, at most {minutes} minutes."))?;
    until_stopped(minutes).await?;
    out.line(format_args!("entries in their log: {}", vendors.log().entries.len()))?;
    vendors.shutdown().await;
    Ok(Exit::Good)
}

fn outline(scenario: &Scenario, out: &mut Out) -> Result<Exit, CliError> {
    out.line(format_args!("{}: {}", scenario.id, scenario.title))?;
    out.line(format_args!("line {}, rings {} ms", scenario.line, scenario.ring_ms))?;
    for step in &scenario.menu {
        out.line(format_args!("menu {}: \"{}\"", step.id, step.prompt))?;
        for (key, target) in &step.choices {
            out.line(format_args!("  key {key} leads to {target}"))?;
        }
        if let Some(digits) = &step.digits {
            let ended = digits.terminator.map(|key| format!(" and {key}"));
            let ended = ended.unwrap_or_default();
            out.line(format_args!("  wants {} digits{ended}", digits.count))?;
        }
    }
    for part in &scenario.hold.parts {
        match part {
            HoldPart::MusicMs(ms) => out.line(format_args!("hold: {ms} ms of music"))?,
            HoldPart::SilenceMs(ms) => out.line(format_args!("hold: {ms} ms of silence"))?,
            HoldPart::Say(text) => out.line(format_args!("hold: \"{text}\""))?,
        }
    }
    match &scenario.representative {
        Some(person) => representative(person, out)?,
        None => out.line("nobody answers: the call ends after the hold")?,
    }
    out.line("a good call brings home:")?;
    let expected = &scenario.expected;
    for (name, value) in &expected.fields {
        out.line(format_args!("  {name} = {value}"))?;
    }
    if let Some(number) = &expected.reference_number {
        out.line(format_args!("  reference number = {number}"))?;
    }
    Ok(Exit::Good)
}

fn representative(person: &Representative, out: &mut Out) -> Result<(), CliError> {
    out.line(format_args!("representative: \"{}\"", person.greeting))?;
    for request in &person.requests {
        out.line(format_args!("  asks {}: \"{}\"", request.id, request.ask))?;
        if request.mishear > 0 {
            out.line(format_args!("    and mishears {} answer(s)", request.mishear))?;
        }
    }
    for interjection in &person.interjections {
        out.line(format_args!("  before {}: \"{}\"", interjection.before, interjection.say))?;
    }
    let lookup = &person.lookup;
    out.line(format_args!("  \"{}\" ({} ms) \"{}\"", lookup.say, lookup.silence_ms, lookup.then))?;
    for topic in &person.topics {
        out.line(format_args!("  knows {}: \"{}\"", topic.id, topic.answer))?;
    }
    Ok(())
}
