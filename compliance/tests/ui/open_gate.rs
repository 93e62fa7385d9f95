//! The gate opens by proof alone: its mode, its rules and what is due cannot be set, and a permit cannot be had without it.

use callwright_compliance::gate::{Gate, Mode};
use callwright_compliance::RecordingPermit;

fn force(gate: &mut Gate) {
    gate.mode = Mode::Open;
    gate.objected = false;
    gate.due = todo!();
}

fn mint(gate: &Gate) -> RecordingPermit {
    RecordingPermit {}
}

fn copy(gate: &Gate) -> Gate {
    gate.clone()
}

fn main() {}
