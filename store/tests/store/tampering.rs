//! Tampering with a real log: a thousand changes at random, every truncation, every fork (rule A1). Each must be found.
//!
//! The seed is fixed and printed. Most changes are made to what the store exports, because that is quick; the rest in the database file,
//! with its triggers dropped, as somebody would who has the file and not the key.

use callwright_compliance::audit::{
    Action, Actor, Chain, Checkpoint, Entry, Event, ExportHead, ExportLine, ExportVerifier,
};
use callwright_compliance::{
    DecisionId, Digest, Field, FieldSet, ObjectId, Purpose, RuleId, TenantId, VendorId,
};
use callwright_store::{Elsewhere, Page};
use jiff::SignedDuration;
use sqlx::sqlite::SqliteConnection;

use crate::support::*;

const SEED: u64 = 0x5eed_0004_a1a1_a1a1;
const IN_EXPORTS: usize = 880;
const IN_THE_FILE: usize = 120;

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

/// A log as the store has it.
struct Log {
    head: ExportHead,
    notes: Vec<Checkpoint>,
    entries: Vec<Entry>,
}

impl Log {
    /// Some hundred acts of a practice, signed now and then, and at the end.
    async fn lived() -> (House, Log) {
        let house = House::build().await;
        let staff = person("staff-1");
        for round in 0..50 {
            let id = house.request().await;
            house.store.patient(&house.tenant, &id, to_render(&staff)).await.unwrap();
            let mut tx = house.store.begin(&house.tenant, &staff, at(round)).await.unwrap();
            tx.audit(Event::new(staff.clone(), Action::PhiRead)).await.unwrap();
            tx.record_decision(&decision(
                &house.tenant,
                &id,
                callwright_compliance::decide::Verdict::Permitted,
            ))
            .await
            .unwrap();
            tx.commit().await.unwrap();
            if round % 10 == 9 {
                house.store.sign_audit(&house.tenant, &node(), at(round)).await.unwrap().unwrap();
            }
        }
        let log = Log::read(&house).await;
        assert_eq!((log.entries.len(), log.notes.len()), (208, 5));
        (house, log)
    }

    async fn read(house: &House) -> Log {
        let notes = house.store.checkpoints(&house.tenant).await.unwrap();
        let key = house.store.audit_key(&house.tenant).await.unwrap().unwrap();
        let entries = house.store.audit_entries(&house.tenant, &Page::first()).await.unwrap();
        let counts = (notes.len() as u64, entries.len() as u64);
        let head = ExportHead::new(house.tenant.clone(), &key, counts.0, counts.1);
        Log { head, notes, entries }
    }

    /// Whether the export of it, with so many entries and checkpoints as it says, verifies; with checkpoints kept elsewhere.
    fn is_good(&self, elsewhere: &[&Checkpoint]) -> bool {
        let line = |line: &ExportLine| line.text().unwrap();
        let head = line(&ExportLine::CallwrightAudit(self.head.clone()));
        let Ok(mut verifier) = ExportVerifier::new(&head, None, None) else {
            return false;
        };
        elsewhere.iter().for_each(|note| verifier.elsewhere("kept".to_owned(), note.note()));
        for note in &self.notes {
            verifier.push(&line(&ExportLine::Checkpoint(note.note().to_owned())));
        }
        for entry in &self.entries {
            verifier.push(&line(&ExportLine::Entry(entry.clone())));
        }
        verifier.finish().is_good()
    }

    /// The same log with other entries, whose head says so. A checkpoint that is above them was taken away.
    fn forged(&self, entries: Vec<Entry>) -> Log {
        let len = entries.len() as u64;
        let notes: Vec<Checkpoint> =
            self.notes.iter().filter(|note| note.size() <= len).cloned().collect();
        let mut head = self.head.clone();
        (head.checkpoints, head.entries) = (notes.len() as u64, len);
        Log { head, notes, entries }
    }
}

/// Changes one field of an entry, and says which.
fn edit(random: &mut Random, entry: &mut Entry) -> &'static str {
    let before = entry.clone();
    loop {
        let what = match random.below(13) {
            0 => {
                entry.seq = entry.seq.wrapping_add(1 + random.next() % 400) % 1_000_000;
                "seq"
            }
            1 => {
                entry.at += SignedDuration::from_micros(1 + i64::from(random.next() as u32));
                "at"
            }
            2 => {
                entry.tenant = TenantId::new("another").unwrap();
                "tenant"
            }
            3 => {
                entry.actor = Actor::FarEnd;
                "actor"
            }
            4 => {
                entry.action = Action::ALL[random.below(Action::ALL.len())];
                "action"
            }
            5 => {
                entry.object = ObjectId::new(&format!("{:016x}", random.next())).ok();
                "object"
            }
            6 => {
                entry.object = None;
                "object"
            }
            7 => {
                entry.decision = Some(DecisionId(u128::from(random.next())));
                "decision"
            }
            8 => {
                entry.rule = Some(RuleId::ALL[random.below(RuleId::ALL.len())]);
                "rule"
            }
            9 => {
                entry.purpose =
                    [None, Some(Purpose::Speak), Some(Purpose::Replay)][random.below(3)];
                "purpose"
            }
            10 => {
                entry.fields = FieldSet::from(Field::ALL[random.below(Field::ALL.len())]);
                "fields"
            }
            11 => {
                entry.recipient = VendorId::new("somebody").ok();
                "recipient"
            }
            _ => {
                entry.prev = Digest::of(&random.next().to_be_bytes());
                "prev"
            }
        };
        if *entry != before {
            return what;
        }
    }
}

/// One change to a log in memory.
fn tamper(random: &mut Random, log: &mut Log) -> String {
    let len = log.entries.len();
    let at = random.below(len);
    match random.below(8) {
        0 | 1 => {
            let what = edit(random, &mut log.entries[at]);
            format!("edit of {what} at {at}")
        }
        2 | 3 => {
            let entry = &mut log.entries[at];
            let what = edit(random, entry);
            entry.digest = entry.expected_digest();
            format!("edit of {what} at {at} with a new digest")
        }
        4 => {
            log.entries.remove(at);
            log.head.entries -= 1;
            format!("deletion of {at}")
        }
        5 => {
            let mut entry = log.entries[random.below(len)].clone();
            entry.seq = at as u64;
            entry.prev = at.checked_sub(1).map_or(entry.prev, |before| log.entries[before].digest);
            entry.digest = entry.expected_digest();
            log.entries.insert(at, entry);
            log.head.entries += 1;
            format!("insertion at {at}")
        }
        6 => {
            let other = (at + 1 + random.below(len - 1)) % len;
            if random.below(2) == 0 {
                log.entries.swap(at, other);
                return format!("swap of {at} and {other}");
            }
            let entry = log.entries.remove(at);
            log.entries.insert(other.min(len - 1), entry);
            format!("move of {at} to {other}")
        }
        _ => {
            let note = random.below(log.notes.len());
            log.notes.remove(note);
            log.head.checkpoints -= 1;
            format!("removal of checkpoint {note}")
        }
    }
}

#[tokio::test]
async fn every_random_change_to_an_export_is_found() {
    println!("seed {SEED:#x}, {IN_EXPORTS} changes");
    let (_house, log) = Log::lived().await;
    assert!(log.is_good(&[]));
    let mut random = Random(SEED);
    let mut found = 0;
    for number in 0..IN_EXPORTS {
        let mut changed = log.forged(log.entries.clone());
        let what = tamper(&mut random, &mut changed);
        assert!(!changed.is_good(&[]), "change {number} was not found: {what}");
        found += 1;
    }
    assert_eq!(found, IN_EXPORTS);
}

#[tokio::test]
async fn every_truncation_is_found_against_a_checkpoint_kept_elsewhere() {
    let (_house, log) = Log::lived().await;
    let kept = log.notes.last().unwrap();
    for len in 0..log.entries.len() {
        let cut = log.forged(log.entries[..len].to_vec());
        assert!(!cut.is_good(&[kept]), "{len}");
    }
    // Without it, one that was cut where a checkpoint lay agrees with itself: that is what keeping one elsewhere is for.
    let first = usize::try_from(log.notes[0].size()).unwrap();
    assert!(log.forged(log.entries[..first].to_vec()).is_good(&[]));
}

#[tokio::test]
async fn every_rewritten_tail_is_found_against_a_checkpoint_kept_elsewhere() {
    let (_house, log) = Log::lived().await;
    let kept = log.notes.last().unwrap();
    for from in 0..log.entries.len() {
        let mut entries = log.entries[..from].to_vec();
        let mut chain = match entries.last() {
            None => Chain::new(log.head.practice.clone()),
            Some(last) => Chain::resume(
                log.head.practice.clone(),
                callwright_compliance::audit::Anchor { len: last.seq + 1, head: last.digest },
            ),
        };
        for entry in &log.entries[from..] {
            let mut event =
                callwright_compliance::audit::Event::new(Actor::FarEnd, Action::OptOutRecorded);
            event.object.clone_from(&entry.object);
            entries.push(chain.append(entry.at, event));
        }
        // The forger has no key: what was signed above is thrown away.
        let mut fork = log.forged(entries);
        fork.notes.retain(|note| note.size() <= from as u64);
        fork.head.checkpoints = fork.notes.len() as u64;
        assert!(fork.is_good(&[]), "{from}: a fork agrees with itself");
        assert!(!fork.is_good(&[kept]), "{from}");
    }
}

/// One change in the file, by any column of any row.
async fn tamper_file(random: &mut Random, db: &mut SqliteConnection, log: &Log) -> String {
    let tenant = log.head.practice.as_str();
    let at = random.below(log.entries.len());
    let (row, checkpoint) = (
        format!("tenant = '{tenant}' AND seq = {at}"),
        format!(
            "tenant = '{tenant}' AND size = {}",
            log.notes[random.below(log.notes.len())].size()
        ),
    );
    let (byte, entry) = (random.below(32), &log.entries[at]);
    let flipped = |digest: &Digest| {
        let mut bytes = *digest.as_bytes();
        bytes[byte] ^= 0x10;
        format!("x'{}'", Digest::from_bytes(bytes))
    };
    let far = random.below(1_000) + 1_000;
    let statement = match random.below(15) {
        0 => format!("UPDATE audit SET seq = {far} WHERE {row}"),
        1 => format!("UPDATE audit SET seq = -{far} WHERE {row}"),
        2 => format!("UPDATE audit SET at = at + {far} WHERE {row}"),
        3 => format!("UPDATE audit SET prev = {} WHERE {row}", flipped(&entry.prev)),
        4 => format!("UPDATE audit SET digest = {} WHERE {row}", flipped(&entry.digest)),
        5 => format!("UPDATE audit SET tenant = 'another' WHERE {row}"),
        6 => format!("UPDATE audit SET entry = entry || ' ' WHERE {row}"),
        7 => {
            let mut entry = entry.clone();
            edit(random, &mut entry);
            entry.digest = entry.expected_digest();
            let hex = |digest: &Digest| digest.to_string();
            format!(
                "UPDATE audit SET at = {}, prev = x'{}', digest = x'{}', entry = '{}' WHERE {row}",
                entry.at.as_microsecond(),
                hex(&entry.prev),
                hex(&entry.digest),
                serde_json::to_string(&entry).unwrap()
            )
        }
        8 => format!("DELETE FROM audit WHERE {row}"),
        9 => format!(
            "INSERT INTO audit SELECT tenant, -{far}, at, prev, digest, entry FROM audit WHERE {row}"
        ),
        10 => {
            let other = (at + 1) % log.entries.len();
            let other = format!(
                "(SELECT {{}} FROM kept_audit WHERE tenant = '{tenant}' AND seq = {other})"
            );
            let of = |column: &str| format!("{column} = {}", other.replace("{}", column));
            format!(
                "UPDATE audit SET {}, {}, {}, {} WHERE {row}",
                of("at"),
                of("prev"),
                of("digest"),
                of("entry")
            )
        }
        11 => format!("UPDATE audit_checkpoint SET size = size + 1 WHERE {checkpoint}"),
        12 => format!(
            "UPDATE audit_checkpoint SET peaks = zeroblob(length(peaks)) WHERE {checkpoint}"
        ),
        13 => format!(
            "UPDATE audit_checkpoint SET note = replace(note, char(10), char(10) || '1') WHERE {checkpoint}"
        ),
        _ => format!("DELETE FROM audit_checkpoint WHERE {checkpoint}"),
    };
    let done = sqlx::query(sqlx::AssertSqlSafe(statement.clone())).execute(&mut *db).await.unwrap();
    assert_eq!(done.rows_affected(), 1, "{statement}");
    statement
}

#[tokio::test]
async fn every_random_change_in_the_database_file_is_found() {
    println!("seed {SEED:#x}, {IN_THE_FILE} changes");
    let (house, log) = Log::lived().await;
    let mut db = raw(&house).await;
    sqlx::raw_sql(
        "PRAGMA synchronous = OFF; \
         CREATE TABLE kept_audit AS SELECT * FROM audit; \
         CREATE TABLE kept_checkpoint AS SELECT * FROM audit_checkpoint; \
         DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_in_order; \
         DROP TRIGGER audit_checkpoint_no_update; DROP TRIGGER audit_checkpoint_no_delete; \
         DROP TRIGGER audit_checkpoint_in_order",
    )
    .execute(&mut db)
    .await
    .unwrap();
    let mut random = Random(SEED ^ 1);
    let mut found = 0;
    for number in 0..IN_THE_FILE {
        let what = tamper_file(&mut random, &mut db, &log).await;
        let report = house.store.verify_log(&house.tenant, &Elsewhere::default()).await.unwrap();
        assert!(!report.is_good(), "change {number} was not found: {what}");
        found += 1;
        sqlx::raw_sql(
            "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept_audit; \
             DELETE FROM audit_checkpoint; INSERT INTO audit_checkpoint SELECT * FROM kept_checkpoint",
        )
        .execute(&mut db)
        .await
        .unwrap();
    }
    assert_eq!(found, IN_THE_FILE);
    let report = house.store.verify_log(&house.tenant, &Elsewhere::default()).await.unwrap();
    assert_eq!(report.flaws, [], "put back as it was");
}
