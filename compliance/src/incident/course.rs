//! The course of an incident: open, contained, assessed, notified, closed. Each step carries its evidence, and none is taken back.
//!
//! What a step says is kept as ratings, counts and the ids of kept documents: no sentence, so no patient value. The presumption is a
//! breach (45 CFR 164.402(2)): it is not one only where the assessment says why.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::{Affected, Duty, Terms, deadlines};
use crate::id::ObjectId;

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Discovered; the clocks run.
    Open,
    /// It does not go on.
    Contained,
    /// The four factors were weighed.
    Assessed,
    /// Everybody who must be told was told.
    Notified,
    /// Done, and learnt from.
    Closed,
}

impl IncidentState {
    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            IncidentState::Open => "open",
            IncidentState::Contained => "contained",
            IncidentState::Assessed => "assessed",
            IncidentState::Notified => "notified",
            IncidentState::Closed => "closed",
        }
    }
}

/// How much one factor speaks for a compromise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// Hardly.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
}

/// What the assessment comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// A breach of unsecured protected health information: the deadlines bind.
    Breach,
    /// A low probability that the information was compromised (45 CFR 164.402(2)).
    LowProbability,
    /// What left was encrypted, and its key did not leave with it (45 CFR 164.402: "unsecured").
    Secured,
    /// No protected health information is concerned.
    NoPhi,
}

/// The four-factor assessment (45 CFR 164.402(2)(i)-(iv)). The reasons stand in the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// (i) The nature and extent of what was involved, and how well it names somebody.
    pub nature: Rating,
    /// (ii) Who received or used it.
    pub recipient: Rating,
    /// (iii) Whether it was actually acquired or viewed.
    pub acquired: Rating,
    /// (iv) How far the risk remains after what was done against it.
    pub remaining: Rating,
    /// Who is affected.
    pub affected: Affected,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// The kept worksheet.
    pub document: ObjectId,
}

impl Assessment {
    fn check(&self) -> Result<(), StepRefused> {
        let factors = [self.nature, self.recipient, self.acquired, self.remaining];
        match self.conclusion {
            Conclusion::LowProbability if factors.contains(&Rating::High) => {
                Err(StepRefused::HighFactor)
            }
            // What nobody can read, or what is no health information, was not acquired as such, and no such risk remains.
            Conclusion::Secured | Conclusion::NoPhi
                if [self.acquired, self.remaining].contains(&Rating::High) =>
            {
                Err(StepRefused::HighOutcome)
            }
            Conclusion::Breach if nobody(&self.affected) => Err(StepRefused::NobodyCounted),
            Conclusion::Breach
            | Conclusion::LowProbability
            | Conclusion::Secured
            | Conclusion::NoPhi => Ok(()),
        }
    }
}

fn nobody(affected: &Affected) -> bool {
    match affected {
        Affected::Unknown => true,
        Affected::Counted(counted) => counted.total() == 0,
    }
}

/// Somebody was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Who.
    pub duty: Duty,
    /// When.
    pub at: Timestamp,
    /// The proof of sending.
    pub proof: ObjectId,
}

/// One step of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// It was stopped.
    Contain {
        /// What was done.
        document: ObjectId,
    },
    /// It was assessed, or assessed anew.
    Assess(Assessment),
    /// People and authorities were told.
    Notify {
        /// Whom, when, and the proof.
        notices: Vec<Notice>,
    },
    /// It is over.
    Close {
        /// What was learnt, and which test guards it now.
        document: ObjectId,
    },
}

impl Step {
    const fn name(&self) -> &'static str {
        match self {
            Step::Contain { .. } => "contain",
            Step::Assess(_) => "assess",
            Step::Notify { .. } => "notify",
            Step::Close { .. } => "close",
        }
    }
}

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// It does not follow from the state.
    #[error("an incident that is {} cannot be {}: {}", from.name(), past(step), next(*from))]
    Order {
        /// Where it stands.
        from: IncidentState,
        /// What was to be done.
        step: &'static str,
    },
    /// A low probability was concluded against the factors.
    #[error(
        "a factor that is rated high speaks against a low probability of compromise: rate it anew with its reason, or conclude a breach"
    )]
    HighFactor,
    /// Secured, or no health information, was concluded against the factors.
    #[error(
        "what was acquired, or the risk that remains, is rated high, which speaks against what is concluded: rate it anew with its reason, or conclude a breach"
    )]
    HighOutcome,
    /// A breach concerns somebody.
    #[error(
        "a breach needs the count of affected individuals: `incident exposure` gives an upper bound"
    )]
    NobodyCounted,
    /// Somebody was not told.
    #[error("not everybody was told; proofs are missing for: {}", listed(.0))]
    NotTold(Vec<Duty>),
    /// A notice lies before the discovery, or in the future.
    #[error("the notice to {0} is dated before the discovery or after now")]
    NoticeTime(Duty),
    /// A breach is closed only after its notices.
    #[error("a breach is closed when its notices are sent: advance it to notified first")]
    BreachUntold,
}

fn past(step: &str) -> &'static str {
    match step {
        "contain" => "contained",
        "assess" => "assessed",
        "notify" => "notified",
        _ => "closed",
    }
}

const fn next(from: IncidentState) -> &'static str {
    match from {
        IncidentState::Open => "contain it first",
        IncidentState::Contained => "assess it next",
        IncidentState::Assessed => {
            "notify, or assess it anew; close it once nobody is owed a notice"
        }
        IncidentState::Notified => "close it, or assess it anew",
        IncidentState::Closed => "open a new one",
    }
}

fn listed(duties: &[Duty]) -> String {
    duties.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How far an incident has come: what its steps, one after the other, make of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Course {
    discovered: Timestamp,
    terms: Terms,
    state: IncidentState,
    assessment: Option<Assessment>,
    notices: Vec<Notice>,
}

impl Course {
    /// An incident that was discovered at `discovered`, under the terms of that time.
    #[must_use]
    pub const fn open(discovered: Timestamp, terms: Terms) -> Course {
        Course {
            discovered,
            terms,
            state: IncidentState::Open,
            assessment: None,
            notices: Vec::new(),
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn state(&self) -> IncidentState {
        self.state
    }

    /// The last assessment.
    #[must_use]
    pub const fn assessment(&self) -> Option<&Assessment> {
        self.assessment.as_ref()
    }

    /// Every notice so far.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Every deadline, the earliest first; those that an assessment lifted are left out.
    #[must_use]
    pub fn deadlines(&self) -> Vec<super::Deadline> {
        let affected = match &self.assessment {
            None => &Affected::Unknown,
            Some(assessment) if assessment.conclusion == Conclusion::Breach => &assessment.affected,
            // The practice is told of what happened all the same, as its agreement has it.
            Some(_) => {
                let all = deadlines(self.discovered, &self.terms, &Affected::Unknown);
                return all.into_iter().filter(|due| due.duty == Duty::Practice).collect();
            }
        };
        deadlines(self.discovered, &self.terms, affected)
    }

    /// The duties without a notice, the earliest deadline first.
    #[must_use]
    pub fn owed(&self) -> Vec<super::Deadline> {
        let told: BTreeSet<Duty> = self.notices.iter().map(|notice| notice.duty).collect();
        self.deadlines().into_iter().filter(|due| !told.contains(&due.duty)).collect()
    }

    /// Takes a step at `now`.
    ///
    /// # Errors
    /// [`StepRefused`]; nothing is changed then.
    pub fn take(&mut self, step: &Step, now: Timestamp) -> Result<(), StepRefused> {
        use IncidentState::{Assessed, Closed, Contained, Notified, Open};
        match (self.state, step) {
            (Open, Step::Contain { .. }) => self.state = Contained,
            (Contained | Assessed | Notified, Step::Assess(assessment)) => {
                assessment.check()?;
                self.assessment = Some(assessment.clone());
                self.state = Assessed;
            }
            (Assessed, Step::Notify { notices }) => {
                // To the microsecond, which every store keeps.
                let micros = |at: Timestamp| at.as_microsecond();
                let known = micros(self.discovered)..=micros(now);
                if let Some(notice) = notices.iter().find(|n| !known.contains(&micros(n.at))) {
                    return Err(StepRefused::NoticeTime(notice.duty));
                }
                let mut after = self.clone();
                after.notices.extend(notices.iter().cloned());
                let owed: Vec<Duty> = after.owed().iter().map(|due| due.duty).collect();
                if !owed.is_empty() {
                    return Err(StepRefused::NotTold(owed));
                }
                after.state = Notified;
                *self = after;
            }
            (Assessed | Notified, Step::Close { .. }) => {
                let is_breach = |a: &Assessment| a.conclusion == Conclusion::Breach;
                if self.state == Assessed && self.assessment.as_ref().is_none_or(is_breach) {
                    return Err(StepRefused::BreachUntold);
                }
                let owed: Vec<Duty> = self.owed().iter().map(|due| due.duty).collect();
                if !owed.is_empty() {
                    return Err(StepRefused::NotTold(owed));
                }
                self.state = Closed;
            }
            (from, step) => return Err(StepRefused::Order { from, step: step.name() }),
        }
        Ok(())
    }
}
