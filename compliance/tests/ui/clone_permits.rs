//! No permit can be cloned.

use callwright_compliance::gate::Admitted;
use callwright_compliance::vendor::EgressPermit;
use callwright_compliance::{DialPermit, MachineAudioPermit, RecordingGrant, RecordingPermit};

fn copies<T: Clone>() {}

fn main() {
    copies::<DialPermit>();
    copies::<MachineAudioPermit>();
    copies::<RecordingGrant>();
    copies::<RecordingPermit>();
    copies::<EgressPermit>();
    copies::<Admitted>();
}
