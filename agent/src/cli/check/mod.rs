//! `callwright check`: what is missing before a first real call, each with how to mend it.

mod machine;
mod register;
mod rows;

use callwright_compliance::RuleId;
use callwright_compliance::rule::VERIFIED_DAYS_MAX;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::output::Out;
use super::{CliError, ConfigArg, Exit, Session};
use crate::config::Config;

/// Check what a first real call needs: libraries, key, store, payers, practice, vendors, allowlist, carrier
///
/// It places no call and asks the carrier nothing. It exits with 0 only where nothing is missing. Each practice's vendor register is
/// printed whole: `ok` gives leave to send, `due` must be renewed soon, `note` is not used or not signed and gives no leave.
#[derive(Debug, Args)]
#[command(after_help = "Example: callwright check --config callwright.toml")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) subject: String,
    /// Whether it is as it must be.
    pub(super) good: bool,
    /// How it stands.
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// How to mend it; empty where it is good. What is good and should be looked at soon has one, too.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) mend: String,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// As it must be.
    Good,
    /// Worth knowing; no call needs it.
    Note,
    /// As it must be, and not for long any more.
    Due,
    /// Not as it must be.
    Missing,
}

/// Everything that was looked at, in order.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn good(&mut self, subject: impl Into<String>, found: impl Into<String>) {
        self.add(State::Good, subject.into(), found.into(), String::new());
    }

    fn note(&mut self, subject: impl Into<String>, found: impl Into<String>) {
        self.add(State::Note, subject.into(), found.into(), String::new());
    }

    fn due(
        &mut self,
        subject: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(State::Due, subject.into(), found.into(), mend.into());
    }

    fn missing(
        &mut self,
        subject: impl Into<String>,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.add(State::Missing, subject.into(), found.into(), mend.into());
    }

    fn add(&mut self, state: State, subject: String, found: String, mend: String) {
        self.0.push(Finding { subject, good: state != State::Missing, state, found, mend });
    }
}

pub(super) async fn run(
    args: &CheckArgs,
    session: Session,
    out: &mut Out,
) -> Result<Exit, CliError> {
    session.logs.start_plain();
    let config = Config::load(&args.config.config)?;
    let findings = look(&config, session).await;
    let good = findings.iter().all(|finding| finding.good);
    if args.json {
        out.json(&findings)?;
        return Ok(Exit::good_if(good));
    }
    for finding in &findings {
        let mark = match finding.state {
            State::Good => "ok     ",
            State::Note => "note   ",
            State::Due => "due    ",
            State::Missing => "missing",
        };
        out.line(format_args!("{mark} {}: {}", finding.subject, finding.found))?;
        if !finding.mend.is_empty() {
            out.line(format_args!("        -> {}", finding.mend))?;
        }
    }
    let missing = findings.iter().filter(|finding| !finding.good).count();
    out.line(match missing {
        0 => "nothing is missing".to_owned(),
        count => format!("{count} of {} are missing", findings.len()),
    })?;
    Ok(Exit::good_if(good))
}

/// Looks at everything.
pub(super) async fn look(config: &Config, session: Session) -> Vec<Finding> {
    let mut findings = Findings::default();
    machine::vendors(config, &mut findings);
    machine::carrier(config, &mut findings);
    machine::calls(config, &mut findings);
    let directory = machine::payers(config, &mut findings);
    let now = session.clock.wall();
    rows::store(config, directory.as_ref(), now, &mut findings).await;
    sources(now, &mut findings);
    findings.0
}

/// Whether the rules' sources were read lately: laws change. A rule holds however old its source is.
fn sources(now: Timestamp, findings: &mut Findings) {
    const SUBJECT: &str = "sources of the rules";
    let today = now.to_zoned(TimeZone::UTC).date();
    let due: Vec<&str> = RuleId::ALL
        .iter()
        .filter(|rule| rule.is_due_for_review(today))
        .map(|rule| rule.name())
        .collect();
    if due.is_empty() {
        findings.good(SUBJECT, format!("read within {VERIFIED_DAYS_MAX} days"));
    } else {
        let found = format!("read more than {VERIFIED_DAYS_MAX} days ago: {}", due.join(", "));
        findings.due(SUBJECT, found, "take a newer release, or have counsel read them again");
    }
}
