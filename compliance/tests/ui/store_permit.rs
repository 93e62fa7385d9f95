//! Neither a permit nor protected health information crosses a process or a disk.

use callwright_compliance::{DialPermit, PhiString};

fn stored<T: serde::Serialize>() {}

fn main() {
    stored::<DialPermit>();
    stored::<PhiString>();
}
