//! Results for people and for other systems: what calls found out about a request, as FHIR, a page to print, CSV or JSON.
//!
//! A [`Document`] gathers everything once, with its audit rows; a renderer turns it into text and asks nobody. What is rendered is
//! patient data still, and leaves here as [`PhiString`]. Values stay in `Phi` until then.
//!
//! It does not judge an answer, does not complete what a payer left out, and sends nothing anywhere.

mod csv;
mod document;
mod ending;
mod fhir;
mod html;
mod json;
#[cfg(test)]
mod made_up;
mod reading;
mod terms;
mod told;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use callwright_compliance::{PhiString, Purpose};
use callwright_store::{RequestState, StoreError};

pub use document::{Document, Outcome, Sources};

/// The form of a rendered result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Format {
    /// One JSON object in this program's own form
    Json,
    /// A FHIR R4 CoverageEligibilityResponse
    Fhir,
    /// A page to print
    Html,
    /// One row an answer, for a spreadsheet
    Csv,
}

/// Why there is no result, or why it could not be written. No message holds a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// No attempt at the request has ended yet.
    #[error("there is no result yet: the request is {state}, and no attempt at it has ended")]
    None {
        /// Where the request stands.
        state: RequestState,
    },
    /// The pack of this version has no such question set.
    #[error(
        "the prompt pack has no question set {set:?}: render the result with the version that asked it"
    )]
    NoQuestions {
        /// Its id.
        set: String,
    },
    /// What the call itself wrote down cannot be read.
    #[error(
        "the result file of call {call} is damaged: put it back from a backup, or move it away to do without what it tells"
    )]
    CallFile {
        /// The call's id.
        call: String,
    },
    /// The store.
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    /// A result is never written over what is there.
    #[error("{path} is there already: give another path, or move it away", path = path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// The form itself could not be written: a fault of ours.
    #[error("the result could not be put into its form: a fault of the program")]
    Form,
}

impl ResultError {
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> ResultError {
        let path = path.to_owned();
        move |source| ResultError::File { path, source }
    }
}

impl Document {
    /// The result in a form. It is a patient's data, whatever the form.
    ///
    /// # Errors
    /// [`ResultError::Form`].
    pub fn render(&self, format: Format) -> Result<PhiString, ResultError> {
        match format {
            Format::Json => json::render(self),
            Format::Fhir => fhir::render(self),
            Format::Html => Ok(html::render(self)),
            Format::Csv => Ok(csv::render(self)),
        }
    }
}

/// The files that [`write_all`] writes.
pub const FILES: [(&str, Format); 3] = [
    ("result.fhir.json", Format::Fhir),
    ("result.html", Format::Html),
    ("result.csv", Format::Csv),
];

/// Writes a result beside `result.json`, in each form, readable by its owner only.
///
/// The files lie open. That is for made-up patients, or for a folder that the operator answers for.
///
/// # Errors
/// [`ResultError::File`], [`ResultError::Form`].
pub fn write_all(folder: &Path, document: &Document) -> Result<(), ResultError> {
    for (name, format) in FILES {
        let path = folder.join(name);
        let text = document.render(format)?;
        write(std::fs::OpenOptions::new().create(true).truncate(true), &path, &text)?;
    }
    Ok(())
}

/// Writes a rendered result into a file that is not there yet, readable by its owner only.
///
/// # Errors
/// [`ResultError::Exists`], [`ResultError::File`].
pub fn write_new(path: &Path, text: &PhiString) -> Result<(), ResultError> {
    match write(std::fs::OpenOptions::new().create_new(true), path, text) {
        Err(ResultError::File { path, source }) if source.kind() == ErrorKind::AlreadyExists => {
            Err(ResultError::Exists { path })
        }
        done => done,
    }
}

fn write(
    options: &mut std::fs::OpenOptions,
    path: &Path,
    text: &PhiString,
) -> Result<(), ResultError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let opened = options.write(true).mode(0o600).open(path);
    let mut file = opened.map_err(ResultError::file(path))?;
    let text = text.expose(Purpose::RenderResult);
    file.write_all(text.as_bytes()).map_err(ResultError::file(path))
}
