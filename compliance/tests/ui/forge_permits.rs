//! A permit is made by `decide` alone, audio permits by the permit and the gate alone.

use callwright_compliance::gate::Admitted;
use callwright_compliance::vendor::EgressPermit;
use callwright_compliance::{DialPermit, MachineAudioPermit, RecordingPermit};

fn main() {
    let _ = DialPermit {};
    let _ = MachineAudioPermit {};
    let _ = RecordingPermit {};
    let _ = EgressPermit {};
    let _ = Admitted {};
}
