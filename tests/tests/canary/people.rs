//! The planted patient's payer, and where one looks for what was planted.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use callwright_sim::Scenario;

use crate::forms::found_in;
use crate::support::house::scenario;

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Who asks for all that identifies the patient, and gives a number that identifies the call.
pub(crate) fn payer() -> Scenario {
    let mut payer = scenario("brief");
    payer.patient.first_name = "Zebulon".to_owned();
    payer.patient.last_name = "Quackenbush".to_owned();
    payer.patient.date_of_birth = "1949-07-23".to_owned();
    payer.patient.member_id = "XQ9081726354".to_owned();
    let person = payer.representative.as_mut().expect("the brief payer has a person");
    let mut birth = person.requests[0].clone();
    birth.id = "date_of_birth".to_owned();
    birth.ask = "can i have the patient's date of birth?".to_owned();
    let mut name = birth.clone();
    name.id = "name".to_owned();
    name.ask = "what is the patient's name?".to_owned();
    person.requests.extend([birth, name]);
    for topic in &mut person.topics {
        if topic.id == "reference" {
            topic.answer =
                "the reference number is eight one six three five two nine zero seven four."
                    .to_owned();
        }
    }
    payer
}

/// Asserts that no file below a folder holds a planted form; notes the files' names.
pub(crate) fn scan_files(folder: &Path, scanned: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scan_files(&path, scanned);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert_eq!(found_in(&text), [""; 0], "{}", path.display());
            scanned.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}
