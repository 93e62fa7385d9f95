//! A permission is used up: a call is placed once, a grant makes one gate, an admission plays one item.

use callwright_compliance::gate::{Admitted, Gate, GateRules, PacedClock};
use callwright_compliance::vendor::EgressPermit;
use callwright_compliance::{DialPermit, FieldSet, RecordingGrant, RecordingPermit};

fn originate(_: DialPermit) {}
fn connect(_: EgressPermit) {}
fn record(_: RecordingPermit) {}
fn play(_: Admitted) {}

fn dial(permit: DialPermit) {
    originate(permit);
    originate(permit);
}

fn send(permit: EgressPermit) {
    connect(permit);
    connect(permit);
}

fn keep(permit: RecordingPermit) {
    record(permit);
    record(permit);
}

fn say(admitted: Admitted) {
    play(admitted);
    play(admitted);
}

fn gates(recording: RecordingGrant) {
    let rules = |recording| GateRules {
        allowed: FieldSet::EMPTY,
        disclosure_repeats_max: 1,
        paced_clock: PacedClock::ProvesNothing,
        recording,
    };
    let _ = Gate::new(rules(recording));
    let _ = Gate::new(rules(recording));
}

fn main() {}
