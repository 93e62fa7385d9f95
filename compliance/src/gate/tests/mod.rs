//! The gate, case by case, by subject. [`model`] holds it against a second telling of its rules over long random histories, [`laws`]
//! explores it whole with what is around it.

mod explore;
mod interruption;
mod items;
mod laws;
mod listeners;
mod model;
mod operator;
mod proof;
mod step;
mod world;

use super::*;
use crate::egress::Field;
use crate::recording::RecordingGrant;

const NOT_DUE: Option<GateRefusal> = Some(GateRefusal::DisclosureNotDue);
const MEMBER: FieldSet = FieldSet::of(&[Field::MemberId]);

fn rules() -> GateRules {
    GateRules {
        allowed: crate::egress::allowed(
            crate::egress::Destination::FarEnd,
            crate::class::CallPurpose::MedicalBenefits,
        ),
        disclosure_repeats_max: 1,
        paced_clock: PacedClock::ProvesNothing,
        recording: RecordingGrant::given(crate::id::DecisionId(1)),
    }
}

fn mark(gate: &Gate) -> PlayProof {
    PlayProof { epoch: gate.epoch(), by: ProofBy::Mark }
}

fn play(gate: &mut Gate, clip: ClipKind) -> Option<Opened> {
    let proof = mark(gate);
    assert!(gate.admit(&Item::Clip(clip)).is_ok());
    gate.played(clip, proof)
}

fn open() -> (Gate, Opened) {
    let mut gate = Gate::new(rules());
    gate.arm(ArmReason::Person);
    let opened = play(&mut gate, ClipKind::Disclosure).unwrap();
    (gate, opened)
}

fn segment(carries: FieldSet) -> Item {
    Item::Segment { carries }
}

fn keys(source: KeySource, carries: FieldSet) -> Item {
    Item::Keys { source, carries }
}

fn refused(gate: &mut Gate, item: Item) -> Option<GateRefusal> {
    gate.admit(&item).err()
}
