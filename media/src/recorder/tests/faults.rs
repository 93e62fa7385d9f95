//! The recorder with its permits, on a disk that fails when it is told to.
//!
//! Method: every pushed frame's far end is loud, so what the disk holds can be told from silence, byte by
//! byte, at every moment.

use super::super::disk::Disk;
use super::*;
use crate::frame::SampleTime;
use crate::playout::{MarkSupport, Playout, PlayoutConfig};
use crate::recorder::{Recorder, RecorderError};
use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::{
    ArmReason, ClipKind, Gate, GateRules, Item, PacedClock, PlayProof, ProofBy,
};
use callwright_compliance::{
    Decision, DecisionId, DialPermit, DialRequest, Facts, Policy, RecordingPermit, decide,
};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const REQUEST: &str = include_str!("../../../../compliance/tests/data/request.json");
const FACTS: &str = include_str!("../../../../compliance/tests/data/facts.json");

/// A permit, got by giving good facts: there is no other way.
fn permit(decision: u128) -> DialPermit {
    let mut request: DialRequest = serde_json::from_str(REQUEST).unwrap();
    request.decision = DecisionId(decision);
    let facts: Facts = serde_json::from_str(FACTS).unwrap();
    let now = "2026-10-05T16:00:01Z".parse().unwrap();
    match decide(&request, &facts, &Policy::recommended(), now) {
        Decision::Permit(permit) => permit,
        Decision::Refuse(refusal) => panic!("{refusal}"),
    }
}

fn gate(permit: &mut DialPermit) -> Gate {
    Gate::new(GateRules {
        allowed: FieldSet::EMPTY,
        disclosure_repeats_max: 1,
        paced_clock: PacedClock::ProvesNothing,
        recording: permit.recording_grant(),
    })
}

/// The leave to record people that a proven disclosure gives on the call of this decision.
fn people(decision: u128) -> RecordingPermit {
    let mut gate = gate(&mut permit(decision));
    gate.arm(ArmReason::Person);
    assert!(gate.admit(&Item::Clip(ClipKind::Disclosure)).is_ok());
    let proof = PlayProof { epoch: gate.epoch(), by: ProofBy::Mark };
    let opened = gate.played(ClipKind::Disclosure, proof).unwrap();
    opened.permit.unwrap()
}

#[derive(Default)]
struct Platter {
    bytes: Vec<u8>,
    removed: bool,
    writes_fail: bool,
    set_len_fails: bool,
    remove_fails: bool,
}

/// A disk whose platter the test holds, too.
#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Platter>>);

impl Fake {
    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frames that hold sound, by number.
    fn sounding(&self) -> Vec<usize> {
        self.platter().bytes[44..]
            .chunks(FRAME * 4)
            .enumerate()
            .filter(|(_, frame)| frame.iter().any(|byte| *byte != 0))
            .map(|(n, _)| n)
            .collect()
    }

    fn frames(&self) -> usize {
        (self.platter().bytes.len() - 44) / (FRAME * 4)
    }

    /// What a player sees of it.
    fn played_frames(&self) -> usize {
        let bytes = self.platter().bytes.clone();
        let reader = hound::WavReader::new(io::Cursor::new(bytes)).unwrap();
        reader.duration() as usize / FRAME
    }
}

fn refuse_if(fails: bool) -> io::Result<()> {
    if fails {
        return Err(io::Error::from(io::ErrorKind::StorageFull));
    }
    Ok(())
}

impl Disk for Fake {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.platter();
        refuse_if(platter.writes_fail)?;
        let (from, to) = (place as usize, place as usize + bytes.len());
        if platter.bytes.len() < to {
            platter.bytes.resize(to, 0);
        }
        platter.bytes[from..to].copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        let mut platter = self.platter();
        refuse_if(platter.set_len_fails)?;
        platter.bytes.resize(bytes as usize, 0);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        refuse_if(self.platter().writes_fail)
    }

    fn remove(&mut self) -> io::Result<()> {
        let mut platter = self.platter();
        refuse_if(platter.remove_fails)?;
        platter.removed = true;
        Ok(())
    }
}

const OURS: u128 = 7;

fn recorder() -> (Recorder, Fake) {
    let disk = Fake::default();
    let file = WavFile::on(Box::new(disk.clone())).unwrap();
    let machine = permit(OURS).machine_audio().unwrap();
    (Recorder::on(file, machine, SampleTime(0)), disk)
}

fn push(recorder: &mut Recorder, frames: usize) -> Result<(), RecorderError> {
    let mut result = Ok(());
    for _ in 0..frames {
        result = result.and(recorder.frame(&[0x90; FRAME], &[0x10; FRAME]));
    }
    result
}

fn at(frame: u64) -> SampleTime {
    SampleTime(frame * FRAME as u64)
}

fn range(from: usize, to: usize) -> Vec<usize> {
    (from..to).collect()
}

#[test]
fn audio_that_the_disk_did_not_take_moves_nothing() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 520).unwrap();
    disk.platter().writes_fail = true;
    let full = push(&mut recorder, 20);
    assert!(matches!(full, Err(RecorderError::Disk { .. })));
    disk.platter().writes_fail = false;
    push(&mut recorder, 60).unwrap();
    // A person from frame 70 on, of which 70..100 were written: the gap has not moved them.
    recorder.human_from(at(70)).unwrap();
    assert_eq!(disk.sounding(), [range(0, 20), range(40, 70)].concat());
    let recorded = recorder.finish().unwrap();
    assert_eq!(recorded.length_ms, 100 * 20);
    assert_eq!((disk.frames(), disk.played_frames()), (100, 100));
}

#[test]
fn a_gap_at_the_end_is_silence() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 100).unwrap();
    disk.platter().writes_fail = true;
    assert!(recorder.finish().is_err());
    assert!(disk.sounding().is_empty());
    assert_eq!(disk.frames(), 100);
    assert!(!disk.platter().removed, "nothing had to be deleted");
}

#[test]
fn an_objection_cuts_the_file_even_where_nothing_can_be_written() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().writes_fail = true;
    assert!(push(&mut recorder, 15).is_err());
    assert!(recorder.objected(at(50)).is_err(), "it was not overwritten");
    assert_eq!(disk.sounding(), range(0, 50));
    assert_eq!(disk.frames(), 50);
    disk.platter().writes_fail = false;
    push(&mut recorder, 600).unwrap();
    let recorded = recorder.finish().unwrap();
    assert!(recorded.objected);
    assert_eq!((recorded.length_ms, disk.frames()), (50 * 20, 50));
}

#[test]
fn an_objection_overwrites_where_nothing_can_be_cut_off() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().set_len_fails = true;
    assert!(recorder.objected(at(55)).is_err());
    assert_eq!(disk.sounding(), range(0, 55));
    assert_eq!(disk.played_frames(), 55, "the header ends it there");
    assert!(!disk.platter().removed);
}

#[test]
fn where_an_objection_can_delete_no_part_the_file_goes() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().writes_fail = true;
    disk.platter().set_len_fails = true;
    let objected = recorder.objected(at(50));
    assert!(matches!(objected, Err(RecorderError::Deleted { .. })));
    assert!(disk.platter().removed);
    assert_eq!(recorder.finish().unwrap().length_ms, 0);
}

#[test]
fn what_an_objection_could_not_delete_is_tried_again_at_the_end() {
    for mends in [true, false] {
        let (mut recorder, disk) = recorder();
        push(&mut recorder, 600).unwrap();
        {
            let mut platter = disk.platter();
            platter.writes_fail = true;
            platter.set_len_fails = true;
            platter.remove_fails = true;
        }
        let objected = recorder.objected(at(50));
        assert!(matches!(objected, Err(RecorderError::NotDeleted { .. })));
        disk.platter().remove_fails = !mends;
        match recorder.finish() {
            Err(RecorderError::Deleted { .. }) => assert!(mends && disk.platter().removed),
            Err(RecorderError::NotDeleted { .. }) => assert!(!mends),
            _ => panic!("undeleted audio must be told of"),
        }
    }
}

#[test]
fn a_blank_that_failed_is_made_up_for() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().writes_fail = true;
    assert!(recorder.human_from(at(50)).is_err());
    assert_eq!(disk.sounding(), range(0, 100), "it is still there");
    disk.platter().writes_fail = false;
    recorder.finish().unwrap();
    assert_eq!(disk.sounding(), range(0, 50));
    assert!(!disk.platter().removed);
}

#[test]
fn a_blank_that_fails_to_the_end_takes_the_file_with_it() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().writes_fail = true;
    assert!(recorder.human_from(at(50)).is_err());
    // The permit releases what waits, not what had to be blanked.
    recorder.permit(people(OURS)).unwrap();
    let finished = recorder.finish();
    assert!(matches!(finished, Err(RecorderError::Deleted { .. })));
    assert!(disk.platter().removed);
}

#[test]
fn a_recorder_that_is_dropped_still_deletes_what_it_owes() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 600).unwrap();
    disk.platter().writes_fail = true;
    assert!(recorder.human_from(at(50)).is_err());
    drop(recorder);
    assert!(disk.platter().removed);
}

#[test]
fn many_failed_blanks_are_all_made_up_for() {
    let (mut recorder, disk) = recorder();
    for n in 0..40 {
        push(&mut recorder, 600).unwrap();
        disk.platter().writes_fail = true;
        assert!(recorder.human_from(at(n * 600 + 50)).is_err());
        recorder.permit(people(OURS)).ok();
        disk.platter().writes_fail = false;
    }
    recorder.finish().unwrap();
    let sounding = disk.sounding();
    assert!((0..40).all(|n| !sounding.contains(&(n * 600 + 60))));
    assert!(sounding.contains(&0));
}

#[test]
fn the_permit_of_another_call_releases_nothing() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 50).unwrap();
    recorder.human_from(at(30)).unwrap();
    push(&mut recorder, 50).unwrap();
    let refused = recorder.permit(people(OURS + 1));
    assert!(matches!(refused, Err(RecorderError::OtherCall)));
    assert!(recorder.is_waiting() && recorder.people_permit().is_none());
    recorder.finish().unwrap();
    assert_eq!((disk.sounding(), disk.frames()), (range(0, 30), 30));
}

#[test]
fn the_permit_of_this_call_releases_what_waits() {
    let (mut recorder, disk) = recorder();
    push(&mut recorder, 50).unwrap();
    recorder.human_from(at(30)).unwrap();
    recorder.permit(people(OURS)).unwrap();
    recorder.finish().unwrap();
    assert_eq!(disk.sounding(), range(0, 50));
}

fn playout() -> Playout {
    let gate = gate(&mut permit(OURS));
    Playout::new(gate, PlayoutConfig::new(MarkSupport::Echo))
}

#[test]
fn a_false_alarm_in_a_menu_is_kept() {
    let (mut recorder, disk) = recorder();
    let playout = playout();
    push(&mut recorder, 50).unwrap();
    recorder.human_from(at(30)).unwrap();
    let proof = playout.machines_only().unwrap();
    recorder.machine_again(proof).unwrap();
    recorder.finish().unwrap();
    assert_eq!(disk.sounding(), range(0, 50));
}

/// A person is heard, says "one moment" and transfers to a menu before anything was disclosed to her.
#[test]
fn a_person_who_was_not_told_is_forgotten_when_a_menu_follows() {
    let (mut recorder, disk) = recorder();
    let mut playout = playout();
    push(&mut recorder, 50).unwrap();
    recorder.human_from(at(30)).unwrap();
    playout.arm(ArmReason::Person);
    push(&mut recorder, 10).unwrap();
    assert!(playout.machines_only().is_none());
    playout.arm(ArmReason::Transfer);
    playout.menu().unwrap();
    let proof = playout.machines_only().unwrap();
    recorder.machine_again(proof).unwrap();
    push(&mut recorder, 20).unwrap();
    // The next false alarm is of the new stretch, on which nobody was heard.
    recorder.human_from(at(75)).unwrap();
    let proof = playout.machines_only().unwrap();
    recorder.machine_again(proof).unwrap();
    recorder.finish().unwrap();
    assert_eq!(disk.sounding(), [range(0, 30), range(60, 80)].concat());
}
