//! From a configuration to services: opens the store, the payers' files, the voices and ears, and the carrier's client.
//!
//! It listens on nothing and starts no task.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use callwright_compliance::ObjectId;
use callwright_core::Limits;
use callwright_dialplan::payer::{Directory, DirectoryErrors};
use callwright_dialplan::twilio::{self, Client, ClientConfig, Credentials, Secret};
use callwright_prompts::Pack;
use callwright_store::{CallId, Code, KeyRing, Store, StoreError};
use callwright_vendors::VendorError;

use super::StoreFiles;
use super::{Config, SecretError};
use crate::api::Registry;
use crate::call::Vendors;
use crate::call::clips::ClipShelf;
use crate::clock::Clock;
use crate::panics::Broke;
use crate::services::{Carrier, Services};

/// Why the services could not be made. Each message says what to mend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A secret is not where the file says.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The store or its key.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// The payers' files.
    #[error(transparent)]
    Directory(#[from] DirectoryErrors),
    /// The carrier's settings.
    #[error("the carrier: {0}")]
    Carrier(#[from] twilio::ConfigError),
    /// A vendor on this machine.
    #[error(transparent)]
    Vendor(#[from] VendorError),
    /// A file or folder.
    #[error("{path}: {kind}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        kind: std::io::ErrorKind,
    },
    /// Data that is part of the program does not parse, or a task of it broke: a fault of ours.
    #[error("a fault of the program itself: {0}")]
    Program(String),
}

impl StartError {
    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> StartError {
        let path = path.to_owned();
        move |error| StartError::File { path, kind: error.kind() }
    }

    pub(super) fn program(why: impl std::fmt::Display) -> StartError {
        StartError::Program(why.to_string())
    }
}

/// What was opened.
pub struct Opened {
    /// The services.
    pub services: Services,
    /// The secret that the carrier signs its requests with.
    pub signing: Secret,
}

impl StoreFiles {
    /// Opens the store as it is.
    ///
    /// # Errors
    /// [`StartError::Store`].
    pub async fn open(&self) -> Result<Store, StartError> {
        let keys = KeyRing::open(&self.key_file)?;
        Ok(Store::open(&self.database, keys).await?)
    }
}

impl Config {
    /// Opens the store with its key file, and enters the people whom its registers do not know yet. The key file must be there; a
    /// database that is not is made.
    ///
    /// # Errors
    /// [`StartError::Store`].
    pub async fn open_store(&self) -> Result<Store, StartError> {
        let store = self.store.open().await?;
        store.enter_people(Clock.wall()).await?;
        Ok(store)
    }

    /// The payers: those of the folder, or those that are part of the program.
    ///
    /// # Errors
    /// [`StartError::Directory`] with every mistake of every file, [`StartError::File`].
    pub fn directory(&self) -> Result<Directory, StartError> {
        let Some(folder) = &self.payers else {
            return Ok(Directory::embedded()?);
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(StartError::file(folder))? {
            let path = entry.map_err(StartError::file(folder))?.path();
            if path.extension().is_some_and(|end| end == "toml") {
                let text = std::fs::read_to_string(&path).map_err(StartError::file(&path))?;
                files.push((path.display().to_string(), text));
            }
        }
        files.sort();
        Ok(Directory::parse(files)?)
    }

    /// The carrier's client, and the secret that it and its webhooks share.
    ///
    /// # Errors
    /// [`StartError::Secret`], [`StartError::Carrier`].
    pub fn client(&self) -> Result<(Client, Secret), StartError> {
        let secret = Secret::new(std::mem::take(&mut *self.carrier.auth_token.read()?));
        let credentials = Credentials::auth_token(&self.carrier.account_sid, secret.clone());
        let mut config = ClientConfig::new(credentials);
        config.base_url.clone_from(&self.carrier.base_url);
        Ok((Client::new(config)?, secret))
    }

    /// Opens everything that calls need.
    ///
    /// # Errors
    /// The first [`StartError`]; `callwright check` lists all that is missing.
    pub async fn open(&self, clock: Clock) -> Result<Opened, StartError> {
        let (client, signing) = self.client()?;
        let directory = self.directory()?;
        let pack = Arc::new(Pack::embedded().map_err(StartError::program)?);
        let store = self.open_store().await?;
        let folder = &self.calls.folder;
        std::fs::create_dir_all(folder).map_err(StartError::file(folder))?;
        let directory = Arc::new(directory);
        let vendors = self.vendors(Arc::clone(&pack), Arc::clone(&directory)).await?;
        let node = format!("node-{}", CallId::random()?);
        let running_max = usize::try_from(self.policy.limits.system_running_max).unwrap_or(1);
        let services = Services {
            clock,
            node: Code::new(&node)?,
            node_id: ObjectId::new(&node).map_err(StartError::program)?,
            store,
            policy: self.policy.clone(),
            directory,
            pack,
            vendors,
            clips: ClipShelf::default(),
            carrier: Carrier {
                client: Arc::new(client),
                id: self.carrier.vendor.clone(),
                from: self.carrier.from.clone(),
                cents_per_minute: self.carrier.cents_per_minute,
            },
            registry: Arc::new(Registry::new(running_max.max(1))),
            public_url: self.server.public_url.clone(),
            calls_dir: folder.clone(),
            keeping: self.calls.keeping,
            limits: Limits::default(),
        };
        Ok(Opened { services, signing })
    }

    /// Building a model takes seconds the first time, so it is done off the threads that carry live audio.
    async fn vendors(
        &self,
        pack: Arc<Pack>,
        directory: Arc<Directory>,
    ) -> Result<Vendors, StartError> {
        let (choice, cache) = (self.vendors.clone(), self.speech_cache.clone());
        let before_notice = self.policy.recording.before_notice;
        let open = tokio::task::spawn_blocking(move || {
            choice.open(before_notice, &pack, &directory, &cache)
        });
        open.await.map_err(|error| StartError::program(Broke::from(&error)))?
    }
}
