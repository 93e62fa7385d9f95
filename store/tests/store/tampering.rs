//! Tampering with a real log: a thousand changes at random, every truncation, every fork (rule A1). Each must be found.
//!
//! The seed is fixed and printed. Most changes are made to the entries in memory, because that is quick; the rest in the database file, with
//! its triggers dropped, as somebody would who has the file and not the key.

use callwright_compliance::audit::{
    Action, Actor, Anchor, Chain, Checkpoint, Entry, Event, Kept, LogVerifier, VerifierKey,
};
use callwright_compliance::decide::Verdict;
use callwright_compliance::{
    DecisionId, Digest, Field, FieldSet, ObjectId, Purpose, RuleId, TenantId, VendorId,
};
use callwright_store::{Elsewhere, Page};
use jiff::SignedDuration;
use sqlx::sqlite::SqliteConnection;

use crate::support::*;

const SEED: u64 = 0x5eed_0004_a1a1_a1a1;
const IN_MEMORY: usize = 880;
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
#[derive(Clone)]
struct Log {
    tenant: TenantId,
    key: VerifierKey,
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
            let record = decision(&house.tenant, &id, Verdict::Permitted);
            tx.record_decision(&record).await.unwrap();
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
        let (tenant, store) = (house.tenant.clone(), &house.store);
        let key = store.audit_key(&tenant).await.unwrap().unwrap();
        let notes = store.checkpoints(&tenant).await.unwrap();
        let entries = store.audit_entries(&tenant, &Page::first()).await.unwrap();
        Log { tenant, key, notes, entries }
    }

    /// Whether it verifies, with what was kept elsewhere.
    fn is_good(&self, elsewhere: &[&Checkpoint]) -> bool {
        let mut log = LogVerifier::new(self.tenant.clone(), Some(self.key.clone()), None);
        for note in elsewhere {
            log.checkpoint(Kept::Elsewhere("kept".to_owned()), note.note());
        }
        for note in &self.notes {
            log.checkpoint(Kept::Beside(note.size()), note.note());
        }
        self.entries.iter().for_each(|entry| log.push(Some(entry)));
        log.finish().is_good()
    }

    /// The same log with other entries. Checkpoints above `signed` were taken away: whoever forges has no key.
    fn forged(&self, entries: Vec<Entry>, signed: usize) -> Log {
        let signed = u64::try_from(signed).unwrap();
        let notes = self.notes.iter().filter(|note| note.size() <= signed).cloned().collect();
        Log { notes, entries, ..self.clone() }
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
            format!("deletion of {at}")
        }
        5 => {
            let mut entry = log.entries[random.below(len)].clone();
            entry.seq = at as u64;
            entry.prev = at.checked_sub(1).map_or(entry.prev, |before| log.entries[before].digest);
            entry.digest = entry.expected_digest();
            log.entries.insert(at, entry);
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
            format!("removal of checkpoint {note}")
        }
    }
}

#[tokio::test]
async fn every_random_change_to_the_entries_is_found() {
    println!("seed {SEED:#x}, {IN_MEMORY} changes");
    let (_house, log) = Log::lived().await;
    assert!(log.is_good(&[]));
    let mut random = Random(SEED);
    let mut found = 0;
    for number in 0..IN_MEMORY {
        let mut changed = log.clone();
        let what = tamper(&mut random, &mut changed);
        assert!(!changed.is_good(&[]), "change {number} was not found: {what}");
        found += 1;
    }
    assert_eq!(found, IN_MEMORY);
}

#[tokio::test]
async fn every_truncation_is_found_against_a_checkpoint_kept_elsewhere() {
    let (_house, log) = Log::lived().await;
    let kept = log.notes.last().unwrap();
    for len in 0..log.entries.len() {
        let cut = log.forged(log.entries[..len].to_vec(), len);
        assert!(!cut.is_good(&[kept]), "{len}");
    }
    // Without it, one that was cut where a checkpoint lay agrees with itself: that is what keeping one elsewhere is for.
    let first = usize::try_from(log.notes[0].size()).unwrap();
    assert!(log.forged(log.entries[..first].to_vec(), first).is_good(&[]));
}

#[tokio::test]
async fn every_rewritten_tail_is_found_against_a_checkpoint_kept_elsewhere() {
    let (_house, log) = Log::lived().await;
    let kept = log.notes.last().unwrap();
    for from in 0..log.entries.len() {
        let mut entries = log.entries[..from].to_vec();
        let mut chain = match entries.last() {
            None => Chain::new(log.tenant.clone()),
            Some(last) => {
                let end = Anchor { len: last.seq + 1, head: last.digest };
                Chain::resume(log.tenant.clone(), end)
            }
        };
        for entry in &log.entries[from..] {
            let mut event = Event::new(Actor::FarEnd, Action::OptOutRecorded);
            event.object.clone_from(&entry.object);
            entries.push(chain.append(entry.at, event));
        }
        let fork = log.forged(entries, from);
        assert!(fork.is_good(&[]), "{from}: a fork agrees with itself");
        assert!(!fork.is_good(&[kept]), "{from}");
    }
}

/// One change in the file, by any column of any row.
async fn tamper_file(random: &mut Random, db: &mut SqliteConnection, log: &Log) -> String {
    let tenant = log.tenant.as_str();
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
