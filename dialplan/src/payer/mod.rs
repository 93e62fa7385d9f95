//! The payer directory: provider lines, opening hours, where a number was published and how a payer names itself.
//!
//! The directory is data, one TOML file a payer. It is not the tenant's allowlist (rule N3): a line found here may still
//! not be called. It reads no files; [`Directory::parse`] takes their names and texts.

mod error;
mod hours;
mod parse;
mod raw;

use std::collections::BTreeMap;

use callwright_compliance::class::CallPurpose;
use callwright_compliance::egress::{Destination, FieldSet, allowed, allowed_to_payer};
use callwright_compliance::hours::PayerHours;
use callwright_compliance::id::PayerId;
use callwright_compliance::number::PhoneNumber;
use jiff::civil::Date;

pub use error::{DirectoryError, DirectoryErrors, DirectoryProblem};
pub use hours::{HoursError, next_open};

use crate::menu::{MenuMap, MenuMapId, words};

/// The grammar of every id in the directory: lower-case letters, digits and hyphens, at most 64.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Where the payer published the number, and when somebody saw it there (the evidence that rule N3 asks for).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The page, `https` only.
    pub url: String,
    /// The day on which the number was seen there.
    pub seen_on: Date,
}

/// One provider line of a payer.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id, unique within the payer.
    pub id: String,
    /// The number to dial.
    pub number: PhoneNumber,
    /// What it answers questions about.
    pub purposes: Vec<CallPurpose>,
    /// What it wants to be told before it gives any benefits, as far as the payer says so: rule V2 refuses a call that may not give it.
    /// Only facts about the patient, the provider and the call can be wanted.
    pub needs: FieldSet,
    /// When it answers, in the payer's own zone: evidence for rule H2. See [`next_open`].
    pub hours: PayerHours,
    /// Where the number was published.
    pub publication: Publication,
    /// The map of its phone menu.
    pub menu: MenuMapId,
}

/// One payer.
#[derive(Clone, Debug)]
pub struct PayerEntry {
    /// Its id.
    pub id: PayerId,
    /// Its name, as people write it.
    pub name: String,
    /// How it names itself when it answers, in lower-case words.
    pub spoken: Vec<String>,
    /// Its provider lines.
    pub lines: Vec<Line>,
    /// What of a request it may be given at most, by purpose; without a list, what the policy for the purpose allows.
    fields: BTreeMap<CallPurpose, FieldSet>,
}

impl PayerEntry {
    /// The fields that may be given to this payer on a call with this purpose (rule V2): the policy's, less those that the payer's own
    /// list leaves out.
    #[must_use]
    pub fn allowed(&self, purpose: CallPurpose) -> FieldSet {
        match self.fields.get(&purpose) {
            Some(list) => allowed_to_payer(purpose, *list),
            None => allowed(Destination::FarEnd, purpose),
        }
    }

    /// The line for `purpose`, the first one listed that serves it.
    #[must_use]
    pub fn line(&self, purpose: CallPurpose) -> Option<&Line> {
        self.lines.iter().find(|line| line.purposes.contains(&purpose))
    }

    /// Whether the far end said one of the payer's own names: all words of it, in order, none between.
    ///
    /// No slip of the recogniser is forgiven here, for the answer opens the way for patient values.
    #[must_use]
    pub fn names_itself(&self, heard: &[&str]) -> bool {
        let heard = words::normalise(heard.iter().copied());
        self.spoken.iter().any(|name| {
            let name = words::normalise(name.split_whitespace());
            !name.is_empty() && heard.windows(name.len()).any(|window| window == name)
        })
    }
}

/// All payers and menu maps.
#[derive(Clone, Debug)]
pub struct Directory {
    payers: BTreeMap<PayerId, PayerEntry>,
    menus: BTreeMap<MenuMapId, MenuMap>,
    digest: [u8; 32],
}

/// The files that are part of the program, by name.
const EMBEDDED: &[(&str, &str)] = &[
    ("acme-dental.toml", include_str!("../../data/payers/acme-dental.toml")),
    ("acme-health.toml", include_str!("../../data/payers/acme-health.toml")),
];

impl Directory {
    /// The directory that is part of the program.
    ///
    /// # Errors
    /// All mistakes of all files at once; for the embedded files a test shows that there are none.
    pub fn embedded() -> Result<Directory, DirectoryErrors> {
        Directory::parse(EMBEDDED.iter().copied())
    }

    /// Reads payer files, given as pairs of name and text. The name is used in messages only.
    ///
    /// # Errors
    /// All mistakes of all files at once, each with its file and place.
    pub fn parse<N, T>(
        files: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Directory, DirectoryErrors>
    where
        N: AsRef<str>,
        T: AsRef<str>,
    {
        parse::directory(files)
    }

    /// The payer with this id.
    #[must_use]
    pub fn payer(&self, id: &PayerId) -> Option<&PayerEntry> {
        self.payers.get(id)
    }

    /// All payers, by id.
    pub fn payers(&self) -> impl Iterator<Item = &PayerEntry> {
        self.payers.values()
    }

    /// The payer and line that a number belongs to.
    #[must_use]
    pub fn line_of(&self, number: &PhoneNumber) -> Option<(&PayerEntry, &Line)> {
        self.payers.values().find_map(|payer| {
            payer.lines.iter().find(|line| line.number == *number).map(|line| (payer, line))
        })
    }

    /// The menu map with this id.
    #[must_use]
    pub fn menu(&self, id: &MenuMapId) -> Option<&MenuMap> {
        self.menus.get(id)
    }

    /// SHA-256 over names and texts of the files, for the facts' evidence and the journal's header.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

#[cfg(test)]
mod tests;
