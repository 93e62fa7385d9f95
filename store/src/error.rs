//! What can go wrong in the store, whose fault it is, and how to mend it.
//!
//! No message holds a value from a row, a statement, or a key. Paths of the database and of the key file are named: they
//! come from the operator. The driver's own text never leaves this module; its numeric code does.

use std::io;
use std::path::{Path, PathBuf};

use callwright_compliance::incident::StepRefused;

use crate::state::RequestState;

/// Who can mend an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The caller asked for something that is not there, not allowed, or not well formed.
    Caller,
    /// The person who runs the program: a file, a permission, a key, a version.
    Operator,
    /// Nobody yet: another process holds the database, a lease ran out, enough calls run already, or a number was opted out since the
    /// decision. Trying, or deciding, again may help.
    Passing,
    /// The stored bytes are not what this program wrote, or a statement was refused: a damaged file or a defect of ours.
    Program,
}

/// The kinds of thing a caller can ask for and not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A practice.
    Practice,
    /// A location.
    Location,
    /// A provider.
    Provider,
    /// An allowlist entry.
    AllowlistEntry,
    /// A vendor register row.
    Vendor,
    /// A request.
    Request,
    /// A call.
    Call,
    /// A decision.
    Decision,
    /// A result field.
    Result,
    /// A legal hold that stands.
    Hold,
    /// The acceptance of a result.
    Acceptance,
    /// An opt-out.
    OptOut,
    /// An incident.
    Incident,
    /// The egress ledger of a call.
    Ledger,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Practice => "practice",
            Kind::Location => "location",
            Kind::Provider => "provider",
            Kind::AllowlistEntry => "allowlist entry",
            Kind::Vendor => "vendor",
            Kind::Request => "request",
            Kind::Call => "call",
            Kind::Decision => "decision",
            Kind::Result => "result",
            Kind::Hold => "legal hold that stands",
            Kind::Acceptance => "acceptance of the result",
            Kind::OptOut => "opt-out that stands",
            Kind::Incident => "incident",
            Kind::Ledger => "ledger of a call",
        })
    }
}

/// What a limit on calls counts (rule L2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunningLimit {
    /// The calls of the whole system.
    System,
    /// The calls of the tenant.
    Tenant,
    /// The calls to the number.
    Number,
    /// The calls that the whole system began in the last second.
    Starts,
    /// The calls that were begun to the number today.
    NumberDay,
    /// The calls that were begun for the tenant today.
    TenantDay,
    /// What the tenant's calls of today may cost.
    Spend,
}

impl std::fmt::Display for RunningLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            RunningLimit::System => "as many calls run on the whole system as may",
            RunningLimit::Tenant => "as many calls run for this tenant as may",
            RunningLimit::Number => "as many calls run to this number as may",
            RunningLimit::Starts => "calls begin as fast as they may",
            RunningLimit::NumberDay => "this number was called as often today as it may be",
            RunningLimit::TenantDay => "this tenant placed as many calls today as it may",
            RunningLimit::Spend => "this tenant's spend of the day would be exceeded",
        })
    }
}

/// Why the store refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such row, or it is another tenant's: the two are not told apart (rule T1).
    #[error("no such {0}")]
    NotFound(Kind),
    /// The row is there already.
    #[error("this {0} exists already")]
    Duplicate(Kind),
    /// A value has not the form its column needs.
    #[error("`{field}` is not valid: {needs}")]
    Invalid {
        /// Which input.
        field: &'static str,
        /// What it must be.
        needs: &'static str,
    },
    /// The request's state does not allow this act.
    #[error("a request that is {from} cannot become {to}")]
    Transition {
        /// The state it is in.
        from: RequestState,
        /// The state that was asked for.
        to: RequestState,
    },
    /// The call has no such next step: it was placed, answered or ended already, or never placed.
    #[error("the call has already passed this step, or has not reached it")]
    CallOrder,
    /// The lease ran out, or another node holds the request now. Stop working on it.
    #[error("the lease on this request is lost: stop the work; another node may have it")]
    LeaseLost,
    /// The lease ends before the intent to dial does.
    #[error("the lease ends before the intent to dial expires: renew it first, for longer")]
    LeaseTooShort,
    /// As many calls run, began or were paid for as the policy lets: another one began since the decision.
    #[error("{0}: another call began since the decision; try again later")]
    LimitReached(RunningLimit),
    /// The number is on the register of opt-outs or the human-only list: it came there since the decision (rule C2).
    #[error(
        "somebody at this number asked not to be called, or takes calls from people only: it is not dialled"
    )]
    OptedOut,
    /// The request's data key was destroyed; what it sealed cannot be read any more (rule K1).
    #[error("the request was erased: its patient values cannot be read any more")]
    Erased,
    /// A request under way cannot be erased.
    #[error("the request is {0}: end its call first, then erase it")]
    NotErasable(RequestState),
    /// A legal hold stands on it: nothing of it is purged or erased (rule R1).
    #[error(
        "a legal hold stands on this request: nothing of it is erased until `callwright hold lift` lifts the hold"
    )]
    Held,
    /// An incident that is not closed concerns the request (rule I2).
    #[error(
        "an incident that is not closed concerns this request: nothing of it may be destroyed; see `callwright incident list`"
    )]
    Frozen,
    /// The step does not follow from where the incident stands.
    #[error(transparent)]
    Step(#[from] StepRefused),
    /// The kill switch was thrown since the decision (rule I1).
    #[error("the kill switch stops this call")]
    Stopped,
    /// A commit with no act and no audit row, or with an act that has none (rule A1).
    #[error("nothing was audited in this transaction: an act without its audit row is not kept")]
    Unaudited,
    /// The system's random source failed.
    #[error("the operating system gave no random bytes: check /dev/urandom or the sandbox")]
    NoRandomness,

    /// The database file can be read by other users of the machine.
    #[error("{path} is open to other users (mode {mode:03o}): run `chmod 600 {path}`", path = path.display())]
    DatabasePermissions {
        /// The database file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file of the store could not be read or written.
    #[error("cannot {doing} {path}: {kind}", path = path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        kind: io::ErrorKind,
    },
    /// There is a database where one is to be restored.
    #[error("there is a database at {path} already{}: add --replace to put the backup in its place; it is kept beside it under another name", than_the_backup(.newer), path = path.display())]
    DatabaseThere {
        /// The database file.
        path: PathBuf,
        /// Whether it has acts that are later than the backup's last.
        newer: bool,
    },
    /// The database that is to be replaced is open somewhere.
    #[error("{path} is open in another process: stop `callwright serve` and whatever else uses it, then restore", path = path.display())]
    DatabaseInUse {
        /// The database file.
        path: PathBuf,
    },
    /// The backup is a copy whose log was not written back into it.
    #[error("{log} lies beside the backup and holds what is not in it: make backups with `callwright backup`; a plain copy is restored after `sqlite3 COPY 'PRAGMA wal_checkpoint(TRUNCATE)'` has written its log back", log = log.display())]
    UnfoldedLog {
        /// The log.
        log: PathBuf,
    },
    /// Nobody knows what was erased since the backup.
    #[error("there is no erasure list at {path}: put it there or give its copy with --erasures; where nothing was erased since the backup, say --nothing-erased", path = path.display())]
    NoErasureList {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key file is open to other users.
    #[error("the key file {path} is open to other users (mode {mode:03o}): run `chmod 600 {path}`", path = path.display())]
    KeyFilePermissions {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file is not there.
    #[error("there is no key file at {path}: give the path of the one this database was made with, or make a new one for a new database", path = path.display())]
    KeyFileMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A key file is there already; making another would lock out every database made with it.
    #[error("{path} exists already and is not overwritten: a lost key file makes its databases unreadable", path = path.display())]
    KeyFileExists {
        /// The key file.
        path: PathBuf,
    },
    /// The key file does not hold a key.
    #[error("{path} is not a key file: it must hold 32 bytes in base64 on one line", path = path.display())]
    KeyFileMalformed {
        /// The key file.
        path: PathBuf,
    },
    /// The key file belongs to another database.
    #[error("the key file does not open this database: give the key file it was made with")]
    WrongKey,
    /// The database was written by a newer program.
    #[error(
        "the database has migration {found}, this program knows {known}: run the newer program"
    )]
    NewerDatabase {
        /// The newest migration in the file.
        found: i64,
        /// The newest this program has.
        known: i64,
    },
    /// The database's schema is not the one this program makes.
    #[error(
        "migration {0} of the database differs from this program's: restore the file from a backup"
    )]
    ChangedMigration(i64),
    /// Another process holds the database.
    #[error(
        "the database is locked by another process or a long transaction: try again, or stop the other process"
    )]
    Locked,
    /// The disc is full.
    #[error("the disc that holds the database is full: make room and try again")]
    DiscFull,
    /// The database may not be written.
    #[error("the database is read-only: check the file's owner and its folder's permissions")]
    ReadOnly,
    /// The file is not a database, or is damaged.
    #[error("the database file is damaged or is not one: restore it from a backup")]
    Damaged,
    /// A sealed value does not open under its key: the row was changed or moved outside this program.
    #[error(
        "a sealed value in {table}.{column} does not open: the row was changed outside this program"
    )]
    Seal {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A stored value is not one this program writes.
    #[error(
        "a value in {table}.{column} is not one this program writes: the row was changed outside it"
    )]
    Stored {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The audit chain's end does not fit: a row was added or removed outside this program.
    #[error(
        "the audit chain of this tenant is broken: verify it and restore the database from a backup"
    )]
    AuditBroken,
    /// A statement was refused for a reason not named above.
    #[error(
        "the database refused a statement (SQLite code {code}): this is a defect; report the code"
    )]
    Database {
        /// SQLite's extended result code; 0 where the driver gave none.
        code: i32,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whose fault it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            StoreError::NotFound(_)
            | StoreError::Duplicate(_)
            | StoreError::Invalid { .. }
            | StoreError::Transition { .. }
            | StoreError::CallOrder
            | StoreError::LeaseTooShort
            | StoreError::Erased
            | StoreError::NotErasable(_)
            | StoreError::Held
            | StoreError::Frozen
            | StoreError::Step(_)
            | StoreError::Unaudited
            | StoreError::Closed => Fault::Caller,
            StoreError::LeaseLost
            | StoreError::LimitReached(_)
            | StoreError::Locked
            | StoreError::OptedOut
            | StoreError::Stopped => Fault::Passing,
            StoreError::NoRandomness
            | StoreError::DatabasePermissions { .. }
            | StoreError::File { .. }
            | StoreError::DatabaseThere { .. }
            | StoreError::DatabaseInUse { .. }
            | StoreError::UnfoldedLog { .. }
            | StoreError::NoErasureList { .. }
            | StoreError::KeyFilePermissions { .. }
            | StoreError::KeyFileMissing { .. }
            | StoreError::KeyFileExists { .. }
            | StoreError::KeyFileMalformed { .. }
            | StoreError::WrongKey
            | StoreError::NewerDatabase { .. }
            | StoreError::DiscFull
            | StoreError::ReadOnly => Fault::Operator,
            StoreError::ChangedMigration(_)
            | StoreError::Damaged
            | StoreError::Seal { .. }
            | StoreError::Stored { .. }
            | StoreError::AuditBroken
            | StoreError::Database { .. } => Fault::Program,
        }
    }

    pub(crate) fn file(doing: &'static str, path: &Path, error: &io::Error) -> StoreError {
        StoreError::File { doing, path: path.to_owned(), kind: error.kind() }
    }

    /// Names what was written twice, where the driver only knows that a key was taken.
    pub(crate) fn duplicate(self, what: Kind) -> StoreError {
        // SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, and SQLITE_CONSTRAINT_TRIGGER: by a trigger that ends in `_once`.
        if let StoreError::Database { code: 1555 | 2067 | 1811 } = self {
            return StoreError::Duplicate(what);
        }
        self
    }

    /// Names what a foreign key pointed at, where the driver only knows that nothing was there.
    pub(crate) fn missing(self, what: Kind) -> StoreError {
        // SQLITE_CONSTRAINT_FOREIGNKEY
        if let StoreError::Database { code: 787 } = self {
            return StoreError::NotFound(what);
        }
        self
    }
}

/// Says of a database whether it is ahead of a backup.
fn than_the_backup(newer: &bool) -> &'static str {
    if *newer { ", and it has acts that are later than the backup" } else { "" }
}

/// SQLite's primary result codes (<https://www.sqlite.org/rescode.html>), to what an operator can do about them.
fn from_code(code: i32) -> StoreError {
    match code & 0xff {
        5 | 6 => StoreError::Locked,    // SQLITE_BUSY, SQLITE_LOCKED
        8 => StoreError::ReadOnly,      // SQLITE_READONLY
        11 | 26 => StoreError::Damaged, // SQLITE_CORRUPT, SQLITE_NOTADB
        13 => StoreError::DiscFull,     // SQLITE_FULL
        _ => StoreError::Database { code },
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the driver's enum is non-exhaustive; what is not named is a defect with code 0"
        )]
        match &error {
            sqlx::Error::Database(inner) => {
                from_code(inner.code().and_then(|code| code.parse().ok()).unwrap_or(0))
            }
            sqlx::Error::PoolTimedOut => StoreError::Locked,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => StoreError::Closed,
            _ => StoreError::Database { code: 0 },
        }
    }
}
