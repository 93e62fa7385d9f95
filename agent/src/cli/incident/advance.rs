//! `callwright incident advance`: the next step, with its evidence.

use std::collections::BTreeMap;

use callwright_compliance::ObjectId;
use callwright_compliance::incident::{
    Affected, Assessment, Conclusion, Counted, Duty, Notice, Rating, StateCode, Step,
};
use callwright_store::{IncidentId, Store};
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::super::output::Out;
use super::super::setup::named;
use super::super::{ActorArg, CliError, ConfigArg, Exit};
use super::print;

/// Take an incident to its next state: contained, assessed, notified, closed
///
/// What was written stays; an assessment that changes is a new one. A breach is the presumption: where the assessment concludes otherwise,
/// the practice alone is told. No incident is closed while somebody is owed a notice.
#[derive(Debug, Args)]
pub(in crate::cli) struct AdvanceArgs {
    /// The incident's id
    #[arg(value_name = "INCIDENT")]
    id: IncidentId,
    #[command(flatten)]
    pub(super) config: ConfigArg,
    #[command(flatten)]
    actor: ActorArg,
    /// The state
    #[arg(long, value_enum)]
    to: Next,
    /// The kept document: what was done, the worksheet, the letters, what was learnt
    #[arg(long, value_name = "ID")]
    document: ObjectId,
    /// How much the nature and extent of the information speak for a compromise: low, medium, high
    #[arg(long, value_name = "RATING", value_parser = named::<Rating>, help_heading = "The four factors (45 CFR 164.402(2))")]
    nature: Option<Rating>,
    /// The same of whoever received it
    #[arg(long, value_name = "RATING", value_parser = named::<Rating>, help_heading = "The four factors (45 CFR 164.402(2))")]
    recipient: Option<Rating>,
    /// The same of whether it was acquired or viewed
    #[arg(long, value_name = "RATING", value_parser = named::<Rating>, help_heading = "The four factors (45 CFR 164.402(2))")]
    acquired: Option<Rating>,
    /// The same of the risk that remains
    #[arg(long, value_name = "RATING", value_parser = named::<Rating>, help_heading = "The four factors (45 CFR 164.402(2))")]
    remaining: Option<Rating>,
    /// What they come to: breach, low_probability, secured, no_phi
    #[arg(long, value_name = "CONCLUSION", value_parser = named::<Conclusion>)]
    conclusion: Option<Conclusion>,
    /// How many are affected, by the State they live in: OH=12; other=3 for those whose State is not known
    #[arg(long, value_name = "STATE=COUNT", value_parser = affected)]
    affected: Vec<(Option<StateCode>, u32)>,
    /// Who was told, with the proof: individuals=letter-9, or individuals=letter-9@2026-11-03T15:00:00Z
    #[arg(long, value_name = "DUTY=PROOF[@RFC3339]", value_parser = notice)]
    notice: Vec<(Duty, ObjectId, Option<Timestamp>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Next {
    /// It does not go on
    Contained,
    /// The four factors were weighed
    Assessed,
    /// Everybody who must be told was told
    Notified,
    /// Done, and learnt from
    Closed,
}

fn affected(text: &str) -> Result<(Option<StateCode>, u32), String> {
    let wanted = || "must be STATE=COUNT, as OH=12, or other=3".to_owned();
    let (state, count) = text.split_once('=').ok_or_else(wanted)?;
    let count = count.parse().map_err(|_| wanted())?;
    if state == "other" {
        return Ok((None, count));
    }
    Ok((Some(state.parse().map_err(|_| wanted())?), count))
}

fn notice(text: &str) -> Result<(Duty, ObjectId, Option<Timestamp>), String> {
    let wanted = || "must be DUTY=PROOF or DUTY=PROOF@TIME".to_owned();
    let (duty, rest) = text.split_once('=').ok_or_else(wanted)?;
    let (proof, at) = match rest.split_once('@') {
        Some((proof, at)) => {
            (proof, Some(at.parse::<Timestamp>().map_err(|error| error.to_string())?))
        }
        None => (rest, None),
    };
    let duty = duty.parse::<Duty>().map_err(|error| format!("the duty {error}"))?;
    Ok((duty, ObjectId::new(proof).map_err(|error| error.to_string())?, at))
}

pub(super) async fn run(
    args: &AdvanceArgs,
    store: &Store,
    now: Timestamp,
    out: &mut Out,
) -> Result<Exit, CliError> {
    let step = step(args, now)?;
    let tenant = store.practice_of_incident(&args.id).await?;
    let mut tx = store.begin(&tenant, &args.actor.actor(), now).await?;
    tx.advance_incident(&args.id, &step).await?;
    tx.commit().await?;
    out.line(print::line(&store.incident(&tenant, &args.id).await?, now))?;
    Ok(Exit::Good)
}

/// The step, or everything that does not fit it.
fn step(args: &AdvanceArgs, now: Timestamp) -> Result<Step, CliError> {
    let document = args.document.clone();
    let assessed = args.to == Next::Assessed;
    let weighs = [
        ("--nature", args.nature.is_some()),
        ("--recipient", args.recipient.is_some()),
        ("--acquired", args.acquired.is_some()),
        ("--remaining", args.remaining.is_some()),
        ("--conclusion", args.conclusion.is_some()),
    ];
    let mut wrong = Vec::new();
    for (name, given) in weighs {
        match (assessed, given) {
            (true, false) => wrong.push(format!("{name} is missing")),
            (false, true) => wrong.push(format!("{name} belongs to --to assessed")),
            (true, true) | (false, false) => {}
        }
    }
    if !assessed && !args.affected.is_empty() {
        wrong.push("--affected belongs to --to assessed".to_owned());
    }
    if args.to != Next::Notified && !args.notice.is_empty() {
        wrong.push("--notice belongs to --to notified".to_owned());
    }
    let affected = counted(&args.affected).unwrap_or_else(|why| {
        wrong.push(why);
        Affected::Unknown
    });
    if !wrong.is_empty() {
        return Err(CliError::Usage(wrong.join("; ")));
    }
    Ok(match args.to {
        Next::Contained => Step::Contain { document },
        Next::Closed => Step::Close { document },
        Next::Notified => {
            let told = |(duty, proof, at): &(Duty, ObjectId, Option<Timestamp>)| Notice {
                duty: *duty,
                at: at.unwrap_or(now),
                proof: proof.clone(),
            };
            Step::Notify { notices: args.notice.iter().map(told).collect() }
        }
        Next::Assessed => {
            // Each of them is there: it was looked at above.
            let missing = || CliError::usage("a factor is missing");
            Step::Assess(Assessment {
                nature: args.nature.ok_or_else(missing)?,
                recipient: args.recipient.ok_or_else(missing)?,
                acquired: args.acquired.ok_or_else(missing)?,
                remaining: args.remaining.ok_or_else(missing)?,
                affected,
                conclusion: args.conclusion.ok_or_else(missing)?,
                document,
            })
        }
    })
}

fn counted(given: &[(Option<StateCode>, u32)]) -> Result<Affected, String> {
    if given.is_empty() {
        return Ok(Affected::Unknown);
    }
    let mut counted = Counted { by_state: BTreeMap::new(), elsewhere: 0 };
    let mut other = false;
    for (state, count) in given {
        let twice = match state {
            Some(state) => counted.by_state.insert(*state, *count).is_some(),
            None => {
                counted.elsewhere = *count;
                std::mem::replace(&mut other, true)
            }
        };
        if twice {
            return Err("--affected counts a State twice".to_owned());
        }
    }
    Ok(Affected::Counted(counted))
}
