//! No permit can be printed: what cannot be written down cannot be read back as one, and a permit holds a number.

use callwright_compliance::gate::Admitted;
use callwright_compliance::vendor::EgressPermit;
use callwright_compliance::{DialPermit, RecordingPermit};

fn shown<T: std::fmt::Debug>() {}

fn main() {
    shown::<DialPermit>();
    shown::<RecordingPermit>();
    shown::<EgressPermit>();
    shown::<Admitted>();
}
