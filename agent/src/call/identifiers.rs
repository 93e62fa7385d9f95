//! What is known to identify the patient: given to the coverer, and, in the forms in which it could stand in a text, a last look at what
//! a model was sent.
//!
//! It covers nothing: that is `understanding::cover`'s work, by other means. The last look only finds what slipped through, so that a
//! result can say so.

use std::collections::{BTreeMap, BTreeSet};

use callwright_compliance::egress::{Field, FieldSet};
use callwright_compliance::{PhiString, Purpose};
use callwright_core::DataItem;
use callwright_prompts::spoken;
use callwright_understanding::Coverer;
use zeroize::Zeroize;

use super::translate;

/// Shorter forms occur by chance.
const FORM_MIN: usize = 5;
/// Shorter names are ordinary words too often.
const NAME_MIN: usize = 3;

/// The coverer of one call, which knows the patient's names and numbers.
pub(crate) fn coverer(
    items: &BTreeMap<DataItem, PhiString>,
    names: &[String],
    vocabulary: &BTreeSet<String>,
) -> Coverer {
    let mut coverer = Coverer::new(vocabulary);
    names.iter().for_each(|name| coverer.name(name));
    for (item, value) in items {
        match item {
            DataItem::DateOfService
            | DataItem::GroupNumber
            | DataItem::MemberId
            | DataItem::PatientDateOfBirth
            | DataItem::Ssn => coverer.identifier(value.expose(Purpose::Compare)),
            // Names are given as such; the provider's business is no secret of the patient's.
            DataItem::CallbackNumber
            | DataItem::CallerName
            | DataItem::Npi
            | DataItem::PatientName
            | DataItem::ProviderAddress
            | DataItem::ProviderName
            | DataItem::ReasonForCall
            | DataItem::Relationship
            | DataItem::TaxId => {}
        }
    }
    coverer
}

/// The forms of one patient's identifiers.
#[derive(Default)]
pub(crate) struct Identifiers {
    /// Letters and digits alone, anywhere in the text.
    forms: Vec<(Field, String)>,
    /// Whole words of the text.
    names: Vec<(Field, String)>,
}

impl Identifiers {
    /// The forms of these items. A name that is also a word of `vocabulary` is left out: it would be found in every question.
    pub(crate) fn of(
        items: &BTreeMap<DataItem, PhiString>,
        vocabulary: &BTreeSet<String>,
    ) -> Identifiers {
        let mut known = Identifiers::default();
        for (item, value) in items {
            let field = translate::field(*item);
            let text = value.expose(Purpose::Compare);
            match item {
                DataItem::MemberId | DataItem::GroupNumber | DataItem::Ssn => {
                    known.form(field, text);
                    known.form(
                        field,
                        &text.chars().filter(char::is_ascii_digit).collect::<String>(),
                    );
                    known.form(field, &spoken::letters_digits(text));
                    known.form(field, &spoken::digits(text));
                }
                DataItem::PatientDateOfBirth => known.date(field, text),
                DataItem::PatientName => {
                    let words = text.split(|c: char| !c.is_alphanumeric());
                    let words = words.filter(|word| word.chars().count() >= NAME_MIN);
                    let names = words.map(str::to_lowercase);
                    let names = names.filter(|name| !vocabulary.contains(name));
                    known.names.extend(names.map(|name| (field, name)));
                }
                // The provider's and the payer's own business is no secret of the patient's.
                DataItem::CallbackNumber
                | DataItem::CallerName
                | DataItem::DateOfService
                | DataItem::Npi
                | DataItem::ProviderAddress
                | DataItem::ProviderName
                | DataItem::ReasonForCall
                | DataItem::Relationship
                | DataItem::TaxId => {}
            }
        }
        known
    }

    fn form(&mut self, field: Field, text: &str) {
        let form = bare(text);
        if form.len() >= FORM_MIN {
            self.forms.push((field, form));
        }
    }

    fn date(&mut self, field: Field, text: &str) {
        let parts: Vec<&str> = text.splitn(3, '-').collect();
        let [year, month, day] = parts[..] else { return };
        self.form(field, &format!("{year}{month}{day}"));
        self.form(field, &format!("{month}{day}{year}"));
        let number = |text: &str| text.parse().ok();
        if let (Ok(year), Some(month), Some(day)) = (year.parse(), number(month), number(day))
            && let Some(words) = spoken::date(year, month, day)
        {
            let name = words.split(' ').next().unwrap_or_default();
            self.form(field, &format!("{month}{day}{year}"));
            self.form(field, &format!("{name}{day}{year}"));
            self.form(field, &words);
        }
    }

    /// The fields whose values stand in the text.
    pub(crate) fn found_in(&self, text: &str) -> FieldSet {
        let mut whole = bare(text);
        let mut found = FieldSet::EMPTY;
        for (field, form) in &self.forms {
            if whole.contains(form.as_str()) {
                found.insert(*field);
            }
        }
        whole.zeroize();
        let lower = text.to_lowercase();
        let words = || lower.split(|c: char| !c.is_alphanumeric());
        for (field, name) in &self.names {
            if words().any(|word| word == name) {
                found.insert(*field);
            }
        }
        found
    }
}

impl Drop for Identifiers {
    fn drop(&mut self) {
        self.forms.iter_mut().chain(&mut self.names).for_each(|(_, text)| text.zeroize());
    }
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use callwright_compliance::Phi;

    use super::*;

    fn known() -> Identifiers {
        let phi = |text: &str| Phi::new(text.to_owned());
        let items = BTreeMap::from([
            (DataItem::MemberId, phi("W47291835")),
            (DataItem::PatientDateOfBirth, phi("1985-04-12")),
            (DataItem::PatientName, phi("Maria May Lopez")),
            (DataItem::Npi, phi("1234567893")),
        ]);
        Identifiers::of(&items, &BTreeSet::from(["may".to_owned()]))
    }

    #[test]
    fn each_identifier_is_found_in_each_form() {
        for (text, field) in [
            ("her id is W47291835", Field::MemberId),
            ("id 4729-1835", Field::MemberId),
            ("four, seven, two, nine, one, eight, three, five", Field::MemberId),
            ("born 04/12/1985", Field::PatientDateOfBirth),
            ("1985-04-12", Field::PatientDateOfBirth),
            ("4/12/1985", Field::PatientDateOfBirth),
            ("April 12, 1985", Field::PatientDateOfBirth),
            ("April twelfth, nineteen eighty five", Field::PatientDateOfBirth),
            ("Mrs. LOPEZ", Field::PatientName),
        ] {
            assert!(known().found_in(text).contains(field), "{text}");
        }
    }

    #[test]
    fn what_is_not_the_patients_is_not_found() {
        let text = "may i have the n p i is 1234567893, {member_id}, forty dollars, marias";
        assert!(known().found_in(text).is_empty());
    }
}
