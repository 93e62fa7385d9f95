//! Voice activity: is somebody (or something) making sound, and is it a voice?
//!
//! Two stages. [`EnergyGate`] costs a few additions a sample and runs always; [`Vad`] is a small neural
//! detector (earshot) that runs only behind an open gate. Neither knows music from speech: by measurement
//! every voice activity detector fires on tones and on music, so the tone detectors and the hold detector run
//! beside it.

mod energy;
mod voice;

pub use energy::{EnergyGate, level_dbov};
pub use voice::{Vad, VadConfig, VadEvent};
