//! Who is asked for: exact identifiers, read from a file. They are not taken from the command line, which other users of a machine see.

use std::path::Path;

use callwright_compliance::Phi;
use callwright_store::Person;
use jiff::civil::Date;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::RightsError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identifiers {
    name: String,
    date_of_birth: String,
    #[serde(default)]
    member_id: Option<String>,
}

/// Reads a file of identifiers.
///
/// # Errors
/// [`RightsError::Identifiers`], which repeats nothing of the file.
pub fn read_person(path: &Path) -> Result<Person, RightsError> {
    let bad = |why: String| RightsError::Identifiers { why };
    let bytes = Zeroizing::new(std::fs::read(path).map_err(|error| bad(error.kind().to_string()))?);
    let read: Identifiers = serde_json::from_slice(&bytes).map_err(|error| {
        bad(format!(
            "it is not a file of identifiers (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let (name, born) = (Phi::new(read.name), Phi::new(read.date_of_birth));
    let member_id = read.member_id.map(Phi::new);
    let is_date = |text: &str| text.len() == 10 && text.parse::<Date>().is_ok();
    if !is_date(born.expose(callwright_compliance::Purpose::Validate)) {
        return Err(bad("`date_of_birth` is no date of the form YYYY-MM-DD".to_owned()));
    }
    Ok(Person { name, date_of_birth: born, member_id })
}
