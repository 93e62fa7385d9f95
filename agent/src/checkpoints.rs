//! Checkpoints of the audit as the process makes them: when one is due, and anchoring it outside (rule A1).
//!
//! An anchor folder holds one file a checkpoint, which is written once and never again: it may lie on storage that lets nobody change a
//! file. It is worth what it is apart from the database; whoever can write both can remove from both. The signing is the store's.
//!
//! Such a folder may be a remote share that does not answer. It is written to in a thread apart, one at a time, and waited for within a
//! bound: a share that hangs costs the anchoring and nothing else, not even the end of the process.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use callwright_compliance::audit::{Action, Actor, Checkpoint, Event};
use callwright_compliance::{ObjectId, TenantId};
use callwright_store::{Store, StoreError, Unsigned};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, oneshot};

/// So many entries without a checkpoint call for one.
const ENTRIES_MAX: u64 = 256;
/// So long an entry waits for one.
const AGE_MAX: SignedDuration = SignedDuration::from_mins(5);
/// How long the anchor folder is waited for: far longer than a share takes that answers at all.
const FOLDER_WITHIN: Duration = Duration::from_secs(30);
/// What an anchored checkpoint's file ends with.
const ENDING: &str = ".checkpoint";
/// A checkpoint has five short lines, and a few more where witnesses signed below.
const NOTE_BYTES_MAX: u64 = 16 * 1_024;

/// When a checkpoint is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Where entries have waited long enough, or enough of them wait.
    Due,
    /// Where there is an entry that none covers.
    Now,
}

impl When {
    fn calls_for_one(self, unsigned: Unsigned, now: Timestamp) -> bool {
        let waited = |since: Timestamp| now.duration_since(since) >= AGE_MAX;
        match self {
            When::Now => unsigned.entries > 0,
            When::Due => unsigned.entries >= ENTRIES_MAX || unsigned.since.is_some_and(waited),
        }
    }
}

/// Why a checkpoint was not made or not anchored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The store, or the log in it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The anchor folder could not be read or written.
    #[error("the anchor folder: {path}: {kind}; it must be there, and this process may write into it", path = path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        kind: io::ErrorKind,
    },
    /// There is another checkpoint of this size already.
    #[error("{path} holds another checkpoint of this size: two histories of one log, or a write that was cut short. Run `callwright audit verify`", path = path.display())]
    Differs {
        /// The file.
        path: PathBuf,
    },
}

impl CheckpointError {
    fn folder(path: &Path) -> impl FnOnce(io::Error) -> CheckpointError {
        let path = path.to_owned();
        move |error| CheckpointError::Folder { path, kind: error.kind() }
    }
}

/// Makes checkpoints, and anchors them where the configuration says so.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    anchors: Option<Anchors>,
}

impl Checkpoints {
    /// With the folder of the configuration.
    #[must_use]
    pub fn new(anchors: Option<PathBuf>) -> Checkpoints {
        let anchors = anchors.map(|folder| Anchors { folder, one: Arc::new(Semaphore::new(1)) });
        Checkpoints { anchors }
    }

    /// Signs a practice's log where that is called for, anchors the newest checkpoint where it is not yet, and gives it.
    ///
    /// # Errors
    /// [`CheckpointError`]. What was signed stays signed where only the anchoring failed; the next time it is tried again.
    pub async fn sign(
        &self,
        store: &Store,
        tenant: &TenantId,
        actor: &Actor,
        (when, now): (When, Timestamp),
    ) -> Result<Option<Checkpoint>, CheckpointError> {
        sign_if_due(store, tenant, actor, (when, now)).await?;
        self.anchor(store, tenant, actor, now).await
    }

    /// Anchors a practice's newest checkpoint where it is not yet, and gives it.
    async fn anchor(
        &self,
        store: &Store,
        tenant: &TenantId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Checkpoint>, CheckpointError> {
        let Some(newest) = store.newest_checkpoint(tenant).await? else {
            return Ok(None);
        };
        if let Some(anchors) = &self.anchors
            && anchors.keep(&newest, FOLDER_WITHIN).await?
        {
            let mut event = Event::new(actor.clone(), Action::Anchored);
            event.object = ObjectId::new(&newest.root().to_string()).ok();
            let mut tx = store.begin(tenant, actor, now).await?;
            tx.audit(event).await?;
            tx.commit().await?;
        }
        Ok(Some(newest))
    }

    /// The same for every practice. A failure is logged: the acts themselves are written down, and the next time it is tried again.
    /// All are signed before the first is anchored: a folder that does not answer keeps no practice from its signature.
    pub async fn sign_all(&self, store: &Store, actor: &Actor, (when, now): (When, Timestamp)) {
        let practices = match store.practices().await {
            Ok(practices) => practices,
            Err(error) => {
                tracing::error!(%error, "no checkpoint of the audit");
                return;
            }
        };
        for practice in &practices {
            let signed = sign_if_due(store, &practice.tenant, actor, (when, now)).await;
            tell_failure(&practice.tenant, signed.map_err(CheckpointError::from));
        }
        for practice in &practices {
            let anchored = self.anchor(store, &practice.tenant, actor, now).await;
            tell_failure(&practice.tenant, anchored.map(drop));
        }
    }

    /// Every checkpoint of a practice in the anchor folder: the file's name, and its text; none without a folder.
    ///
    /// # Errors
    /// [`CheckpointError::Folder`], also where the folder does not answer.
    pub async fn anchored(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<(String, String)>, CheckpointError> {
        let Some(anchors) = &self.anchors else { return Ok(Vec::new()) };
        let tenant = tenant.clone();
        anchors.apart(FOLDER_WITHIN, move |folder| anchored(folder, &tenant)).await
    }
}

async fn sign_if_due(
    store: &Store,
    tenant: &TenantId,
    actor: &Actor,
    (when, now): (When, Timestamp),
) -> Result<(), StoreError> {
    if when.calls_for_one(store.unsigned(tenant).await?, now) {
        store.sign_audit(tenant, actor, now).await?;
    }
    Ok(())
}

fn tell_failure(practice: &TenantId, done: Result<(), CheckpointError>) {
    if let Err(error) = done {
        metrics::counter!("callwright_audit_checkpoints_failed_total").increment(1);
        tracing::error!(%practice, %error, "no checkpoint of the audit");
    }
}

/// The anchor folder, and leave to use it: one at a time, so that a share that hangs holds one thread and not one more each time.
#[derive(Clone, Debug)]
struct Anchors {
    folder: PathBuf,
    one: Arc<Semaphore>,
}

impl Anchors {
    async fn keep(&self, note: &Checkpoint, within: Duration) -> Result<bool, CheckpointError> {
        let note = note.clone();
        self.apart(within, move |folder| keep(folder, &note)).await
    }

    /// Works on the folder in a thread apart. Not one of the runtime's: those are waited for when the process ends.
    async fn apart<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl FnOnce(&Path) -> Result<T, CheckpointError> + Send + 'static,
    ) -> Result<T, CheckpointError> {
        let failed = |kind| CheckpointError::Folder { path: self.folder.clone(), kind };
        let done = async {
            let leave = Arc::clone(&self.one).acquire_owned().await;
            let leave = leave.map_err(|_| failed(io::ErrorKind::BrokenPipe))?;
            let (tell, told) = oneshot::channel();
            let folder = self.folder.clone();
            let thread = thread::Builder::new().name("anchors".to_owned()).spawn(move || {
                let done = work(&folder);
                drop(leave);
                if tell.send(done).is_err() {
                    tracing::warn!("the anchor folder answered too late");
                }
            });
            drop(thread.map_err(|error| failed(error.kind()))?);
            told.await.unwrap_or_else(|_| Err(failed(io::ErrorKind::BrokenPipe)))
        };
        let in_time = tokio::time::timeout(within, done).await;
        in_time.unwrap_or_else(|_| Err(failed(io::ErrorKind::TimedOut)))
    }
}

/// Writes a checkpoint into the folder; false where it is there already.
fn keep(folder: &Path, checkpoint: &Checkpoint) -> Result<bool, CheckpointError> {
    let name = format!("{}-{:012}{ENDING}", checkpoint.tenant(), checkpoint.size());
    let path = folder.join(name);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o444).open(&path);
    let mut file = match made {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return match read_note(&path)? {
                note if note == checkpoint.note() => Ok(false),
                _ => Err(CheckpointError::Differs { path }),
            };
        }
        Err(error) => return Err(CheckpointError::folder(&path)(error)),
    };
    file.write_all(checkpoint.note().as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(CheckpointError::folder(&path))?;
    Ok(true)
}

/// The text of a file that shall be a checkpoint. Whether it is one is the verifier's to say.
///
/// # Errors
/// [`CheckpointError::Folder`].
pub fn read_note(path: &Path) -> Result<String, CheckpointError> {
    use std::io::Read;

    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(NOTE_BYTES_MAX).read_to_end(&mut bytes));
    read.map_err(CheckpointError::folder(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Every checkpoint of a practice in an anchor folder: the file's name, and its text.
fn anchored(folder: &Path, tenant: &TenantId) -> Result<Vec<(String, String)>, CheckpointError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(CheckpointError::folder(folder))? {
        let path = entry.map_err(CheckpointError::folder(folder))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let whose = name.strip_suffix(ENDING).and_then(|name| name.rsplit_once('-'));
        if whose.is_some_and(|(whose, _)| whose == tenant.as_str()) {
            found.push((name.to_owned(), read_note(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use callwright_compliance::PersonId;
    use callwright_store::KeyRing;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    async fn practice(store: &Store, name: &str) -> (TenantId, Actor) {
        let tenant = TenantId::new(name).unwrap();
        let actor = Actor::Person(PersonId::new("ann").unwrap());
        store.found_practice(&tenant, "Oak", &actor, at(0)).await.unwrap();
        (tenant, actor)
    }

    #[test]
    fn one_is_due_after_five_minutes_or_many_entries() {
        let waits = |entries, since| Unsigned { entries, since: Some(at(since)) };
        assert!(!When::Due.calls_for_one(waits(1, 0), at(299)));
        assert!(When::Due.calls_for_one(waits(1, 0), at(300)));
        assert!(When::Due.calls_for_one(waits(256, 0), at(1)));
        assert!(When::Now.calls_for_one(waits(1, 0), at(0)));
        let none = Unsigned { entries: 0, since: None };
        assert!(!When::Due.calls_for_one(none, at(9_999)) && !When::Now.calls_for_one(none, at(0)));
    }

    #[tokio::test]
    async fn a_checkpoint_is_anchored_once_and_never_overwritten() {
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let (tenant, ann) = practice(&store, "oak").await;
        practice(&store, "oak-000000000001").await;
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(Some(folder.path().to_owned()));
        let sign = async |now| checkpoints.sign(&store, &tenant, &ann, (When::Now, at(now))).await;

        let first = sign(1).await.unwrap().unwrap();
        // The founding, the checkpoint itself; then the anchoring, which calls for no further one.
        assert_eq!(first.size(), 2);
        assert_eq!(sign(2).await.unwrap().unwrap(), first);
        assert_eq!(store.verify_audit(&tenant, None).await.unwrap().unwrap().len, 3);
        checkpoints.sign_all(&store, &ann, (When::Now, at(3))).await;
        let kept = anchored(folder.path(), &tenant).unwrap();
        assert_eq!(kept, [("oak-000000000002.checkpoint".to_owned(), first.note().to_owned())]);

        let path = folder.path().join("oak-000000000002.checkpoint");
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        assert!(matches!(sign(4).await, Err(CheckpointError::Differs { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }

    #[tokio::test]
    async fn a_folder_that_does_not_answer_is_waited_for_within_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let one = Arc::new(Semaphore::new(1));
        let anchors = Anchors { folder: folder.path().to_owned(), one };
        let (answer, answers) = std::sync::mpsc::channel::<()>();
        let hangs = anchors.apart(Duration::ZERO, move |_| {
            answers.recv().unwrap();
            Ok(())
        });
        let timed_out = |done: Result<(), CheckpointError>| {
            matches!(done, Err(CheckpointError::Folder { kind: io::ErrorKind::TimedOut, .. }))
        };
        assert!(timed_out(hangs.await));
        // Nobody hangs beside it; and when it has answered, the folder is used again.
        assert!(timed_out(anchors.apart(Duration::ZERO, |_| panic!("begun beside it")).await));
        answer.send(()).unwrap();
        assert_eq!(anchors.apart(FOLDER_WITHIN, |_| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_nobody_can_read_to_its_end_is_waited_for_half_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("oak-000000000002.checkpoint");
        // A pipe without a writer: who opens it waits, as on a share that does not answer.
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let checkpoints = Checkpoints::new(Some(folder.path().to_owned()));
        let (tenant, second) = (TenantId::new("oak").unwrap(), Duration::from_secs(1));
        let mut hung = std::pin::pin!(checkpoints.anchored(&tenant));
        let early = tokio::time::timeout(FOLDER_WITHIN - second, &mut hung).await;
        assert!(early.is_err(), "it was given up early");
        let hung = tokio::time::timeout(2 * second, hung).await.expect("it is waited for longer");
        let timed_out =
            matches!(hung, Err(CheckpointError::Folder { kind: io::ErrorKind::TimedOut, .. }));
        assert!(timed_out, "{hung:?}");
        // The thread that waits is let go.
        drop(OpenOptions::new().write(true).open(&pipe).unwrap());
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_told_and_the_checkpoint_stands() {
        let store = Store::in_memory(KeyRing::ephemeral().unwrap()).await.unwrap();
        let (tenant, ann) = practice(&store, "oak").await;
        let checkpoints = Checkpoints::new(Some("/nowhere/at/all".into()));
        let signed = checkpoints.sign(&store, &tenant, &ann, (When::Now, at(1))).await;
        assert!(matches!(signed, Err(CheckpointError::Folder { .. })));
        assert_eq!(store.checkpoints(&tenant).await.unwrap().len(), 1);
    }
}
