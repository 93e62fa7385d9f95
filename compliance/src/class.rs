//! What kind of call it is, and what for. Both are closed lists on which the rules branch.
//!
//! This module holds no rule.

use serde::{Deserialize, Serialize};

/// Whom a call goes to. The rules differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallClass {
    /// Class P: a payer's provider line.
    Payer,
    /// Class T: a test to one's own proven number, with a synthetic patient.
    Test,
    /// Class C: a patient. Always refused until a script for it exists.
    Patient,
}

/// What a call is about. With the destination it decides which fields may be given (rule V2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallPurpose {
    /// Verify medical benefits and eligibility.
    MedicalBenefits,
    /// Verify dental benefits and eligibility.
    DentalBenefits,
}

/// Whether a request is about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatientKind {
    /// A living patient of the practice.
    Real,
    /// Made up for a test or a demonstration.
    Synthetic,
}
