//! Opening a database: its file, its connections, its migrations and the check of its key.
//!
//! SQLite in WAL mode (<https://www.sqlite.org/wal.html>): one connection writes, several read what was committed.
//! `synchronous = FULL`, because a dial intent must survive a power cut. This module runs no act and reads no patient value.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr};

use crate::error::StoreError;
use crate::keys::{KeyRing, OTHERS, sync_folder};
use crate::sealed::Sealed;

/// Every migration in order. A migration that has shipped is never edited: its digest is kept in each database.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (2, "registers", include_str!("../migrations/0002_registers.sql")),
    (3, "checkpoints", include_str!("../migrations/0003_checkpoints.sql")),
    (4, "retention", include_str!("../migrations/0004_retention.sql")),
    (5, "incidents", include_str!("../migrations/0005_incidents.sql")),
    (6, "register", include_str!("../migrations/0006_register.sql")),
    (7, "test_number", include_str!("../migrations/0007_test_number.sql")),
];
/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an act waits for the writer before it is [`StoreError::Locked`]. Above [`BUSY_TIMEOUT`], so that the database's own
/// answer comes first.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);
/// Reading connections: more than the two cores of a small machine would only queue on the disc.
const READERS: u32 = 4;

/// The two pools of a database.
pub(crate) struct Pools {
    /// One connection: SQLite has one writer, and waiting here is fair, while waiting on its lock is not.
    pub(crate) writer: SqlitePool,
    /// Connections that cannot write.
    pub(crate) readers: SqlitePool,
}

impl Pools {
    /// Opens or creates the file at `path`, brings its schema up to date, and checks its key.
    pub(crate) async fn open(path: &Path, keys: &KeyRing) -> Result<Pools, StoreError> {
        prepare_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Pools::connect(options, "query_only", keys).await
    }

    /// A database that ends with the store. A reader sees what a transaction has not committed yet.
    pub(crate) async fn in_memory(keys: &KeyRing) -> Result<Pools, StoreError> {
        let options = SqliteConnectOptions::from_str("sqlite::memory:")?;
        Pools::connect(options, "read_uncommitted", keys).await
    }

    async fn connect(
        options: SqliteConnectOptions,
        reader_pragma: &'static str,
        keys: &KeyRing,
    ) -> Result<Pools, StoreError> {
        let options = options
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // Freed pages are overwritten: an erased data key must not stay in the file.
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF")
            // Statements never reach a log, not even slow ones.
            .disable_statement_logging();
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let writer = pool().max_connections(1).connect_with(options.clone()).await?;
        let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
        migrate(&mut tx).await?;
        check_key(&mut tx, keys).await?;
        tx.commit().await?;
        let readers = pool()
            .max_connections(READERS)
            .min_connections(1)
            .connect_with(options.pragma(reader_pragma, "ON"))
            .await?;
        Ok(Pools { writer, readers })
    }
}

/// Creates the file for its owner only, or refuses one that others may read. SQLite gives its `-wal` and `-shm` files the same mode.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(file) => file
            .sync_all()
            .and_then(|()| sync_folder(path))
            .map_err(|error| StoreError::file("create the database", path, &error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path)
                .map_err(|error| StoreError::file("open the database", path, &error))?;
            let mode = metadata.permissions().mode() & 0o777;
            if mode & OTHERS != 0 {
                return Err(StoreError::DatabasePermissions { path: path.to_owned(), mode });
            }
            Ok(())
        }
        Err(error) => Err(StoreError::file("create the database", path, &error)),
    }
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|&(version, name, sql)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations)
}

/// Runs what is missing, inside the caller's transaction: two programs that open a new file at once do not meet half-way.
async fn migrate(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let migrator = migrator();
    let known = migrator.iter().map(|migration| migration.version).max().unwrap_or(0);
    migrator.run(conn).await.map_err(|error| refused(error, known))
}

fn refused(error: MigrateError, known: i64) -> StoreError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the driver's enum is non-exhaustive; the others cannot come from a fixed list of simple migrations"
    )]
    match error {
        MigrateError::VersionMissing(found) if found > known => {
            StoreError::NewerDatabase { found, known }
        }
        MigrateError::VersionMissing(version)
        | MigrateError::VersionMismatch(version)
        | MigrateError::Dirty(version) => StoreError::ChangedMigration(version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        _ => StoreError::Database { code: 0 },
    }
}

/// A new database takes the key it is given; an old one must know it.
async fn check_key(conn: &mut SqliteConnection, keys: &KeyRing) -> Result<(), StoreError> {
    let kept: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT sealed FROM key_check").fetch_optional(&mut *conn).await?;
    match kept {
        Some(bytes) => {
            let check = Sealed::from_bytes(bytes)
                .map_err(|_| StoreError::Stored { table: "key_check", column: "sealed" })?;
            if keys.opens(&check) { Ok(()) } else { Err(StoreError::WrongKey) }
        }
        None => {
            let check = keys.check_value()?;
            sqlx::query("INSERT INTO key_check (only_row, sealed) VALUES (1, ?)")
                .bind(check.as_bytes().to_vec())
                .execute(conn)
                .await?;
            Ok(())
        }
    }
}
