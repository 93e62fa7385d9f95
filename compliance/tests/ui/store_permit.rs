//! Neither a permit nor protected health information crosses a process or a disk, in either direction.

use callwright_compliance::gate::Admitted;
use callwright_compliance::vendor::EgressPermit;
use callwright_compliance::{DialPermit, PhiString, RecordingPermit};

fn stored<T: serde::Serialize>() {}
fn read<T: serde::de::DeserializeOwned>() {}

fn main() {
    stored::<DialPermit>();
    stored::<RecordingPermit>();
    stored::<EgressPermit>();
    stored::<Admitted>();
    stored::<PhiString>();
    read::<DialPermit>();
    read::<PhiString>();
}
