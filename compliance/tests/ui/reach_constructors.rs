//! The constructors behind the permits cannot be reached from outside.

use callwright_compliance::gate::{Admitted, Item};
use callwright_compliance::{DecisionId, DialPermit, MachineAudioPermit, RecordingGrant};

fn main() {
    let _ = DialPermit::new(todo!(), todo!());
    let _ = MachineAudioPermit::new(DecisionId(1));
    let _ = RecordingGrant::given(DecisionId(1)).mint(0);
    let _ = Admitted::new(Item::MenuAnswer, 0, 0);
}
