//! What the verification of a whole log finds, and that proofs and exports hold for strangers.

use proptest::prelude::*;

use super::*;
use crate::audit::{
    Actor, Chain, Event, ExportHead, ExportLine, ExportVerifier, Leaves, NotAnExport, NoteSigner,
    Proof, ProofError, origin,
};
use jiff::Timestamp;

struct Log {
    tenant: TenantId,
    signer: NoteSigner,
    chain: Chain,
    tree: Tree,
    entries: Vec<Entry>,
    notes: Vec<Checkpoint>,
}

impl Log {
    fn new(name: &str) -> Log {
        let tenant = TenantId::new(name).unwrap();
        let signer = NoteSigner::new(&origin(&tenant), &[3; 32]).unwrap();
        let (chain, tree) = (Chain::new(tenant.clone()), Tree::new());
        Log { tenant, signer, chain, tree, entries: vec![], notes: vec![] }
    }

    fn act(&mut self, action: Action, object: Option<ObjectId>) {
        let mut event = Event::new(Actor::FarEnd, action);
        event.object = object;
        let at = Timestamp::from_second(1_800_000_000 + i64::try_from(self.entries.len()).unwrap());
        let entry = self.chain.append(at.unwrap(), event);
        self.tree.push(entry.digest);
        self.entries.push(entry);
    }

    fn checkpoint(&mut self) {
        let before = self.tree.root().to_string();
        self.act(Action::Checkpointed, ObjectId::new(&before).ok());
        self.notes.push(Checkpoint::sign(&self.tenant, &self.tree, &self.signer).unwrap());
    }

    /// `rounds` times `each` acts and a checkpoint.
    fn built(name: &str, rounds: usize, each: usize) -> Log {
        let mut log = Log::new(name);
        for _ in 0..rounds {
            (0..each).for_each(|_| log.act(Action::PhiRead, None));
            log.checkpoint();
        }
        log
    }

    fn verifier(&self) -> LogVerifier {
        let key = Some(self.signer.verifier());
        let mut verifier = LogVerifier::new(self.tenant.clone(), key, None);
        for note in &self.notes {
            verifier.checkpoint(Kept::Beside(note.size()), note.note());
        }
        verifier
    }

    fn verify(&self) -> Report {
        let mut verifier = self.verifier();
        self.entries.iter().for_each(|entry| verifier.push(Some(entry)));
        verifier.finish()
    }

    fn export(&self) -> Vec<String> {
        let counts = (self.notes.len() as u64, self.entries.len() as u64);
        let key = self.signer.verifier();
        let head = ExportHead::new(self.tenant.clone(), &key, counts.0, counts.1);
        let notes = self.notes.iter().map(|note| ExportLine::Checkpoint(note.note().to_owned()));
        let entries = self.entries.iter().cloned().map(ExportLine::Entry);
        let lines = [ExportLine::CallwrightAudit(head)].into_iter().chain(notes).chain(entries);
        lines.map(|line| line.text().unwrap()).collect()
    }
}

fn read(lines: &[String]) -> Result<Report, NotAnExport> {
    let (first, rest) = lines.split_first().unwrap();
    let mut verifier = ExportVerifier::new(first, None, None)?;
    rest.iter().for_each(|line| verifier.push(line));
    Ok(verifier.finish())
}

#[test]
fn a_good_log_has_no_flaw() {
    let log = Log::built("oak", 3, 4);
    let report = log.verify();
    assert_eq!(report.flaws, []);
    assert!(report.is_good());
    assert_eq!((report.whole.len, report.beside, report.signed), (15, 3, Some(15)));
}

#[test]
fn a_log_without_an_entry_is_not_whole() {
    assert_eq!(Log::new("oak").verify().flaws, [Flaw::Unfounded]);
    // Also where somebody removed all of it and what was kept elsewhere tells.
    let log = Log::built("oak", 1, 3);
    let mut verifier = LogVerifier::new(log.tenant.clone(), Some(log.signer.verifier()), None);
    let kept = Kept::Elsewhere("a".to_owned());
    verifier.checkpoint(kept.clone(), log.notes[0].note());
    let flaws = verifier.finish().flaws;
    assert_eq!(flaws, [Flaw::Unfounded, Flaw::Cut { kept, size: 4, len: 0 }]);
}

#[test]
fn a_cut_log_is_found_by_its_own_checkpoint_and_by_one_kept_elsewhere() {
    let mut log = Log::built("oak", 2, 4);
    let kept = log.notes[1].clone();
    log.entries.pop();
    let flaws = log.verify().flaws;
    assert_eq!(flaws, [Flaw::Cut { kept: Kept::Beside(10), size: 10, len: 9 }]);
    // Whoever cuts removes the checkpoint, too.
    log.notes.pop();
    assert!(log.verify().is_good());
    let mut verifier = log.verifier();
    verifier.checkpoint(Kept::Elsewhere("a".to_owned()), kept.note());
    log.entries.iter().for_each(|entry| verifier.push(Some(entry)));
    let cut = Flaw::Cut { kept: Kept::Elsewhere("a".to_owned()), size: 10, len: 9 };
    assert_eq!(verifier.finish().flaws, [cut]);
}

#[test]
fn a_rewritten_tail_is_found_even_where_it_was_signed_anew() {
    let log = Log::built("oak", 2, 4);
    let mut forged = Log::built("oak", 1, 4);
    (0..4).for_each(|_| forged.act(Action::Egress, None));
    forged.checkpoint();
    assert!(forged.verify().is_good(), "with the key a forger makes a log that agrees with itself");
    let mut verifier = forged.verifier();
    verifier.checkpoint(Kept::Elsewhere("a".to_owned()), log.notes[1].note());
    verifier.checkpoint(Kept::Elsewhere("b".to_owned()), log.notes[0].note());
    forged.entries.iter().for_each(|entry| verifier.push(Some(entry)));
    let report = verifier.finish();
    let kept = Kept::Elsewhere("a".to_owned());
    assert_eq!(report.flaws, [Flaw::Replaced { kept, size: 10 }]);
    assert_eq!(report.elsewhere, 1);
}

#[test]
fn checkpoints_and_the_entries_that_tell_of_them_go_together() {
    let mut log = Log::built("oak", 2, 4);
    let first = log.notes.remove(0);
    assert_eq!(log.verify().flaws, [Flaw::CheckpointGone { seq: 4 }]);
    log.notes.insert(0, first);
    log.act(Action::PhiRead, None);
    log.notes.push(Checkpoint::sign(&log.tenant, &log.tree, &log.signer).unwrap());
    assert_eq!(log.verify().flaws, [Flaw::CheckpointUntold { size: 11 }]);
    // An entry that names another tree than the one before it.
    let mut log = Log::built("oak", 1, 1);
    log.act(Action::Checkpointed, ObjectId::new("elsewhere").ok());
    log.notes.push(Checkpoint::sign(&log.tenant, &log.tree, &log.signer).unwrap());
    assert_eq!(log.verify().flaws, [Flaw::CheckpointGone { seq: 2 }]);
}

#[test]
fn a_forged_misplaced_or_foreign_checkpoint_is_a_flaw() {
    let log = Log::built("oak", 1, 3);
    let other = NoteSigner::new(&origin(&log.tenant), &[4; 32]).unwrap();
    let forged = Checkpoint::sign(&log.tenant, &log.tree, &other).unwrap();
    let elm = Log::built("elm", 1, 3).notes.remove(0);
    let own = &log.notes[0];
    let witnessed = format!("{}{}", own.note(), forged.note().lines().last().unwrap());
    for (kept, note, why) in [
        (Kept::Beside(4), forged.note(), NoteError::OtherKey),
        (Kept::Beside(4), elm.note(), NoteError::OtherKey),
        (Kept::Beside(5), own.note(), NoteError::Form),
        (Kept::Beside(4), &format!("{witnessed}\n"), NoteError::Form),
        (Kept::Elsewhere("a".to_owned()), "", NoteError::Form),
    ] {
        let mut verifier = LogVerifier::new(log.tenant.clone(), Some(log.signer.verifier()), None);
        verifier.checkpoint(kept.clone(), note);
        assert_eq!(verifier.finish().flaws, [Flaw::Note { kept, why }, Flaw::Unfounded]);
    }
    // Below our signature a witness's is welcome, where the note was kept elsewhere.
    let mut verifier = log.verifier();
    verifier.checkpoint(Kept::Elsewhere("a".to_owned()), &format!("{witnessed}\n"));
    log.entries.iter().for_each(|entry| verifier.push(Some(entry)));
    assert!(verifier.finish().is_good());

    let mut keyless = LogVerifier::new(log.tenant.clone(), None, None);
    keyless.checkpoint(Kept::Beside(4), own.note());
    keyless.checkpoint(Kept::Beside(4), own.note());
    assert_eq!(keyless.finish().flaws, [Flaw::NoKey, Flaw::Unfounded]);
}

#[test]
fn a_kept_anchor_and_an_unreadable_place_are_told() {
    let log = Log::built("oak", 1, 3);
    let anchor = Anchor { len: 5, head: Digest::of(b"") };
    let mut verifier = LogVerifier::new(log.tenant.clone(), None, Some(anchor));
    verifier.push(log.entries.first());
    assert_eq!(verifier.clone().finish().flaws, [Flaw::AnchorMissed(anchor)]);
    verifier.push(None);
    verifier.push(log.entries.get(1));
    let flaws = verifier.finish().flaws;
    assert!(matches!(flaws[..], [Flaw::Chain(Broken { seq: 1, .. })]), "{flaws:?}");
}

#[test]
fn a_proof_holds_offline_and_for_its_own_key_only() {
    let log = Log::built("oak", 3, 5);
    let key = log.signer.verifier();
    let mut leaves = Leaves::new();
    log.entries.iter().for_each(|entry| leaves.push(entry.digest));
    let prove = |seq: usize, newer: usize, older: Option<usize>| {
        let older = older.map(|at| &log.notes[at]);
        Proof::make(log.entries[seq].clone(), &leaves, &log.notes[newer], older)
    };
    for seq in 0..12 {
        let proof = prove(seq, 1, Some(0)).unwrap();
        let text = serde_json::to_string(&proof).unwrap();
        let proof: Proof = serde_json::from_str(&text).unwrap();
        let proven = proof.check(&key).unwrap();
        assert_eq!((proven.checkpoint.size(), proven.older.map(|o| o.size())), (12, Some(6)));
    }
    assert_eq!(prove(12, 1, None), None);
    assert_eq!(prove(2, 0, Some(1)), None);

    let good = prove(2, 1, Some(0)).unwrap();
    let other = NoteSigner::new(&origin(&log.tenant), &[4; 32]).unwrap().verifier();
    assert_eq!(good.check(&other), Err(ProofError::Checkpoint(NoteError::OtherKey)));
    let mut edited = good.clone();
    edited.entry.action = Action::Egress;
    assert_eq!(edited.check(&key), Err(ProofError::Entry));
    edited.entry.digest = edited.entry.expected_digest();
    assert_eq!(edited.check(&key), Err(ProofError::NotIncluded));
    let mut later = good.clone();
    later.checkpoint = log.notes[2].note().to_owned();
    assert_eq!(later.check(&key), Err(ProofError::NotIncluded));
    let mut forked = good.clone();
    let mut fork = Log::built("oak", 1, 4);
    fork.checkpoint();
    forked.since.as_mut().unwrap().checkpoint = fork.notes[1].note().to_owned();
    assert_eq!(forked.check(&key), Err(ProofError::NotConsistent));
    let mut elm = good;
    elm.entry.tenant = TenantId::new("elm").unwrap();
    assert_eq!(elm.check(&key), Err(ProofError::OtherLog));
}

#[test]
fn an_export_is_verified_without_the_store() {
    let log = Log::built("oak", 2, 3);
    let lines = log.export();
    let report = read(&lines).unwrap();
    assert_eq!((report.flaws.as_slice(), report.whole.len, report.beside), (&[][..], 8, 2));
    let other = NoteSigner::new(&origin(&log.tenant), &[4; 32]).unwrap().verifier();
    let with = ExportVerifier::new(&lines[0], Some(&other), None).unwrap().finish();
    assert!(with.flaws.contains(&Flaw::OtherKey));
    assert_eq!(read(&[lines[1].clone()]).unwrap_err(), NotAnExport::Head);
    let foreign = lines[0].replacen("oak", "elm", 1);
    assert_eq!(read(&[foreign]).unwrap_err(), NotAnExport::Key);
}

proptest! {
    #[test]
    fn an_export_with_any_byte_changed_or_line_dropped_is_found(
        line in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in b' '..b'~',
        drop in any::<bool>(),
    ) {
        let lines = Log::built("oak", 2, 3).export();
        let line = line.index(lines.len());
        let mut changed = lines.clone();
        if drop && line > 0 {
            changed.remove(line);
        } else {
            let mut bytes = changed[line].clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            changed[line] = String::from_utf8_lossy(&bytes).into_owned();
        }
        prop_assume!(changed != lines);
        let found = read(&changed).map_or(true, |report| !report.is_good());
        prop_assert!(found, "{:?}", changed[line.min(changed.len() - 1)]);
    }
}
