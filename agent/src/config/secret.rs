//! Where a secret is: in a variable of the environment, or in a file of its own. Never in the configuration file.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::problem::Fault;
use super::section::Section;

/// A secret longer than this is some other file.
const SECRET_BYTES_MAX: usize = 4_096;

/// Where to read a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The variable of this name.
    Env(String),
    /// The file at this path: its first line.
    File(PathBuf),
}

/// Why a secret could not be read. The operator mends it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The variable is not set, or is empty.
    #[error("the environment has no {0}: set it before the program starts")]
    Unset(String),
    /// The file cannot be read.
    #[error("the secret in {path} cannot be read ({kind}): make the file, readable by this user")]
    File {
        /// Where it was looked for.
        path: PathBuf,
        /// The operating system's reason.
        kind: std::io::ErrorKind,
    },
    /// The file is empty, or no secret.
    #[error("{0} holds no secret: it should have one line, and nothing else")]
    Empty(PathBuf),
}

impl SecretSource {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`]; none of them holds the secret.
    pub fn read(&self) -> Result<Zeroizing<String>, SecretError> {
        match self {
            SecretSource::Env(name) => std::env::var(name)
                .ok()
                .filter(|secret| !secret.is_empty())
                .map(Zeroizing::new)
                .ok_or_else(|| SecretError::Unset(name.clone())),
            SecretSource::File(path) => {
                let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
                    SecretError::File { path: path.clone(), kind: error.kind() }
                })?;
                let line = text.trim();
                if line.is_empty() || line.len() > SECRET_BYTES_MAX || line.contains('\n') {
                    return Err(SecretError::Empty(path.clone()));
                }
                Ok(Zeroizing::new(line.to_owned()))
            }
        }
    }
}

/// Reads where a secret is, from one of two keys: the name of a variable, or the path of a file.
pub(super) fn source(
    section: &mut Section<'_>,
    base: &Path,
    (env_key, file_key): (&'static str, &'static str),
    mend: &str,
) -> Option<SecretSource> {
    let env = section.text(env_key, mend);
    let file = section.text(file_key, mend);
    match (env, file) {
        (Some(name), None) => Some(SecretSource::Env(name)),
        (None, Some(path)) => Some(SecretSource::File(base.join(path))),
        (None, None) => {
            section.note(env_key, Fault::Missing, mend);
            None
        }
        (Some(_), Some(_)) => {
            let both = Fault::Value(format!("it is there beside {file_key}"));
            section.note(env_key, both, "keep one of the two");
            None
        }
    }
}
