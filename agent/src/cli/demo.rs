//! `callwright demo`: arguments and logging; the demo itself is `crate::demo`.

use std::path::PathBuf;

use clap::Args;

use super::{CliError, Exit, Session};
use crate::demo;

/// One verification call, end to end and in real time, on this machine: two and a half minutes
///
/// The carrier and the payer are simulated over real sockets, the patient is made up, speech is local, or by the clients of hosted vendors
/// at simulated ones. Nothing leaves the machine. The recording, the journal, the result and the log lie in the folder that is printed at
/// the end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  callwright demo
  callwright demo --scenario acme-dental
  callwright demo --show-phi --out out/mine
  callwright demo --vendors simulated
  callwright demo --json > result.json

Then look at what it left behind:
  callwright replay out/mine
  callwright audit verify out/mine")]
pub(super) struct DemoArgs {
    /// A scenario's name, or the path of a scenario file
    #[arg(long, value_name = "NAME|FILE", default_value = demo::DEFAULT_SCENARIO)]
    scenario: String,
    /// Who hears, words and speaks on our side: libraries on this machine, or the clients of Deepgram, OpenAI and ElevenLabs at
    /// simulated ones
    #[arg(long, value_enum, default_value_t = VendorArg::Local)]
    vendors: VendorArg,
    /// The folder for everything that the call leaves behind [default: out/demo-<time>]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Show identifiers, dates and names, which are covered otherwise
    #[arg(long)]
    show_phi: bool,
    /// Print the result as JSON, and nothing else
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum VendorArg {
    Local,
    Simulated,
}

pub(super) async fn run(args: DemoArgs, session: Session) -> Result<Exit, CliError> {
    let args = demo::Args {
        scenario: Some(args.scenario),
        vendors: match args.vendors {
            VendorArg::Local => demo::VendorSet::Local,
            VendorArg::Simulated => demo::VendorSet::Simulated,
        },
        out: args.out,
        show_phi: args.show_phi,
        json: args.json,
    };
    let folder = demo::folder(&args, session.clock);
    let at = |path: &std::path::Path| CliError::io(path.display().to_string());
    std::fs::create_dir_all(&folder).map_err(at(&folder))?;
    let log = folder.join("log.jsonl");
    session.logs.start_in(&log).map_err(at(&log))?;
    Ok(Exit::good_if(demo::run(&args, &folder, session.clock).await?))
}
