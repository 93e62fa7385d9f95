//! The configuration file: TOML in, one struct out, or every mistake at once.
//!
//! A key that nobody knows is a mistake, and so is a secret: the file says where secrets are ([`SecretSource`]). Relative paths are
//! relative to the folder that the file lies in. `deploy/callwright.toml` is the documented example. This module opens nothing but the
//! file itself; `services` does.

mod place;
mod policy;
mod problem;
mod secret;
mod section;
mod services;
#[cfg(test)]
mod tests;
mod vendors;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use callwright_compliance::vendor::Role;
use callwright_compliance::{Digest, PhoneNumber, Policy, VendorId};
use callwright_dialplan::number::parse_human;
use callwright_dialplan::twilio::ClientConfig;
use toml::Table;

pub use place::Place;
pub use problem::{ConfigErrors, Fault, Problem};
pub use secret::{SecretError, SecretSource};
pub use services::{Opened, StartError};
pub use vendors::{Hears, Reach, Speaks, VendorChoice, WordsTurns};

use crate::services::FileKeeping;
use place::Places;
use policy::Prices;
use section::Section;

/// What a call is reckoned to cost a minute where the file does not say: a US toll-free minute with a media stream, rounded up.
pub(crate) const CENTS_PER_MINUTE: u32 = 5;

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the carrier reaches this process.
    pub server: Server,
    /// Where durable state is.
    pub store: StoreFiles,
    /// Where the files of calls go.
    pub calls: Calls,
    /// The carrier.
    pub carrier: Carrier,
    /// Who hears, words and speaks.
    pub vendors: VendorChoice,
    /// Where speech models that were built once are kept.
    pub speech_cache: PathBuf,
    /// What may be done.
    pub policy: Policy,
    /// The folder of the payers' files; without it the payers that are part of the program.
    pub payers: Option<PathBuf>,
    /// The folder outside that checkpoints of the audit are anchored in.
    pub anchors: Option<PathBuf>,
    /// How events are logged.
    pub log: Log,
    /// The digest of the file's text: the audit says under which configuration a process worked.
    pub digest: Digest,
}

/// `[server]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How the carrier reaches that: scheme and authority, without a slash at the end.
    pub public_url: String,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFiles {
    /// The database file.
    pub database: PathBuf,
    /// The key file that it was made with.
    pub key_file: PathBuf,
}

/// `[calls]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// A folder for each call goes here.
    pub folder: PathBuf,
    /// How its files are kept.
    pub keeping: FileKeeping,
}

/// `[carrier]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The account.
    pub account_sid: String,
    /// Where its auth token is.
    pub auth_token: SecretSource,
    /// Which of our numbers calls.
    pub from: PhoneNumber,
    /// Where the carrier's API is.
    pub base_url: String,
    /// The carrier's id in the vendor register.
    pub vendor: VendorId,
    /// The most that a minute costs, in US cents.
    pub cents_per_minute: u32,
}

/// `[log]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// How much.
    pub level: LogLevel,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// An object a line.
    Json,
}

/// The least severe events that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Failures only.
    Error,
    /// And what was refused or odd.
    Warn,
    /// And what happens to calls.
    Info,
    /// And how.
    Debug,
}

impl LogLevel {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
        }
    }
}

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigErrors`] with every mistake.
    pub fn load(path: &Path) -> Result<Config, ConfigErrors> {
        Config::parse(&text_of(path)?, path)
    }

    /// Where the store of the file at `path` is, whatever else is wrong with the file: what stops calls must not hang on a mistake in a
    /// policy.
    ///
    /// # Errors
    /// [`ConfigErrors`] where the file cannot be read, is no TOML, or does not say where the store is.
    pub fn store_files(path: &Path) -> Result<StoreFiles, ConfigErrors> {
        let text = text_of(path)?;
        let (mut file, places) = table_of(&text, path)?;
        let mut problems = Vec::new();
        let base = path.parent().unwrap_or(Path::new(""));
        let files = store(Section::take(&mut file, "store", &mut problems), base);
        files.ok_or_else(|| ConfigErrors::new(path, problems, &places))
    }

    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigErrors> {
        let (mut file, places) = table_of(text, path)?;
        let base = path.parent().unwrap_or(Path::new(""));
        let mut problems = Vec::new();
        let digest = Digest::of(text.as_bytes());
        let config = read(&mut file, base, digest, &mut problems);
        for key in file.keys() {
            problems.push(Problem::new(
                key,
                Fault::Unknown,
                "the tables are server, store, calls, carrier, speech_to_text, language_model, text_to_speech, speech, policy, payers, audit, log",
            ));
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigErrors::new(path, problems, &places)),
        }
    }

    /// The roles whose vendor is not on the practice's own machines, as far as this file says.
    fn hosted(vendors: &VendorChoice, carrier: &Carrier) -> Vec<Role> {
        let carrier = carrier.base_url.starts_with("https://").then_some(Role::Carrier);
        vendors.hosted().into_iter().chain(carrier).collect()
    }
}

fn text_of(path: &Path) -> Result<String, ConfigErrors> {
    std::fs::read_to_string(path).map_err(|error| {
        let fault = Fault::Unreadable(error.kind());
        let mend = "give the path of a configuration file; deploy/callwright.toml is an example";
        ConfigErrors::new(path, vec![Problem::new("", fault, mend)], &Places::none())
    })
}

/// The file as TOML, with the places of its keys.
fn table_of<'t>(text: &'t str, path: &Path) -> Result<(Table, Places<'t>), ConfigErrors> {
    let (places, broken) = Places::of(text);
    let syntax = |error: &toml::de::Error| Problem {
        place: error.span().map(|span| places.byte(span.start)),
        ..Problem::new(
            "",
            Fault::Syntax(error.message().to_owned()),
            "compare it with deploy/callwright.toml",
        )
    };
    if !broken.is_empty() {
        let problems = broken.iter().map(syntax).collect();
        return Err(ConfigErrors::new(path, problems, &places));
    }
    match toml::from_str::<Table>(text) {
        Ok(file) => Ok((file, places)),
        Err(error) => Err(ConfigErrors::new(path, vec![syntax(&error)], &places)),
    }
}

/// Every table, so that each one's mistakes are noted; `None` where any has some.
fn read(
    file: &mut Table,
    base: &Path,
    digest: Digest,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let server = server(Section::take(file, "server", problems));
    let store = store(Section::take(file, "store", problems), base);
    let calls = calls(Section::take(file, "calls", problems), base);
    let carrier = carrier(Section::take(file, "carrier", problems), base);
    let hears = vendors::speech_to_text(Section::take(file, "speech_to_text", problems), base);
    let words = vendors::language_model(Section::take(file, "language_model", problems), base);
    let speaks = vendors::text_to_speech(Section::take(file, "text_to_speech", problems), base);
    let speech = folder(Section::take(file, "speech", problems), "cache", base);
    let payers = folder(Section::take(file, "payers", problems), "folder", base);
    let anchors = folder(Section::take(file, "audit", problems), "anchor_folder", base);
    let log = log(Section::take(file, "log", problems));
    let policy = file.remove("policy");
    let limits = policy.as_ref().and_then(|policy| policy.get("limits"));
    let is_cap_set = limits.is_some_and(|limits| limits.get("call_cents_max").is_some());
    let policy = policy::read(policy, problems);
    let vendors = hears.zip(words).zip(speaks).map(|((speech_to_text, language_model), speaks)| {
        VendorChoice { speech_to_text, language_model, text_to_speech: speaks }
    });
    if let (Some(policy), Some(vendors), Some(carrier)) = (&policy, &vendors, &carrier) {
        policy::flags(policy, &Config::hosted(vendors, carrier), problems);
    }
    if let (Some(policy), Some(carrier)) = (&policy, &carrier) {
        // Another address may be a carrier of the practice's own: whether that one is free, the rule asks of its row.
        let is_free = carrier.base_url != ClientConfig::TWILIO;
        let prices = Prices { cents_per_minute: carrier.cents_per_minute, is_free, is_cap_set };
        policy::prices(policy, prices, problems);
    }
    Some(Config {
        server: server?,
        store: store?,
        calls: calls?,
        carrier: carrier?,
        vendors: vendors?,
        speech_cache: speech.unwrap_or_else(|| base.join("cache")),
        policy: policy?,
        payers,
        anchors,
        log: log?,
        digest,
    })
}

fn server(mut section: Section<'_>) -> Option<Server> {
    let listen = section.parsed(
        "listen",
        "write address and port, as 127.0.0.1:8080",
        str::parse::<SocketAddr>,
    );
    let public_url =
        section.parsed("public_url", "write it as https://calls.example.org", public_url);
    section.finish();
    Some(Server { listen: listen?, public_url: public_url? })
}

/// Scheme and authority only: the carrier's signature is over the exact URL, which is this one and a path of ours.
fn public_url(text: &str) -> Result<String, &'static str> {
    let url = reqwest::Url::parse(text).map_err(|_| "this is not a URL")?;
    let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    match url.scheme() {
        _ if !bare || !url.username().is_empty() || url.password().is_some() => {
            Err("it has more than scheme, host and port")
        }
        "https" => Ok(text.trim_end_matches('/').to_owned()),
        "http" if is_local => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("only https is open to a carrier (plain http for this machine alone)"),
    }
}

fn store(mut section: Section<'_>, base: &Path) -> Option<StoreFiles> {
    let database = section.required("database", "write the path of the database file");
    let key_file = section.required("key_file", "write the path of the key file");
    section.finish();
    Some(StoreFiles { database: base.join(database?), key_file: base.join(key_file?) })
}

fn calls(mut section: Section<'_>, base: &Path) -> Option<Calls> {
    let folder = section.required("folder", "write the folder for the files of calls");
    let keeping =
        section.choice("keep", &[("sealed", FileKeeping::Sealed), ("open", FileKeeping::Open)]);
    section.finish();
    Some(Calls { folder: base.join(folder?), keeping: keeping? })
}

fn carrier(mut section: Section<'_>, base: &Path) -> Option<Carrier> {
    let sid = section.parsed(
        "account_sid",
        "write AC and 32 hexadecimal digits, from the carrier's console",
        account_sid,
    );
    let auth_token = secret::source(
        &mut section,
        base,
        ("auth_token_env", "auth_token_file"),
        "write auth_token_env = \"TWILIO_AUTH_TOKEN\", or auth_token_file with a path",
    );
    let from = section.parsed("from", "write one of your numbers, as +16142000134", parse_human);
    let base_url = section.text("base_url", "write the carrier's API, or leave the key out");
    let vendor = section.parsed(
        "vendor",
        "write the carrier's id in the vendor register, as twilio",
        VendorId::new,
    );
    let cents =
        section.number("cents_per_minute", CENTS_PER_MINUTE, "write whole US cents, rounded up");
    section.finish();
    Some(Carrier {
        account_sid: sid?,
        auth_token: auth_token?,
        from: from?,
        base_url: base_url.unwrap_or_else(|| ClientConfig::TWILIO.to_owned()),
        vendor: vendor?,
        cents_per_minute: cents?,
    })
}

fn account_sid(text: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix("AC").unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err("this is not an account sid")
    }
}

fn folder(mut section: Section<'_>, key: &'static str, base: &Path) -> Option<PathBuf> {
    let folder = section.text(key, "write the path of a folder, or leave the key out");
    section.finish();
    folder.map(|folder| base.join(folder))
}

fn log(mut section: Section<'_>) -> Option<Log> {
    let format = section.choice("format", &[("text", LogFormat::Text), ("json", LogFormat::Json)]);
    let level = section.choice(
        "level",
        &[
            ("info", LogLevel::Info),
            ("error", LogLevel::Error),
            ("warn", LogLevel::Warn),
            ("debug", LogLevel::Debug),
        ],
    );
    section.finish();
    Some(Log { format: format?, level: level? })
}
