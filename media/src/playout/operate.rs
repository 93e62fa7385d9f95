//! The gate, operated: what the call learns about the far end, handed to the gate that the playout owns.
//!
//! Whatever voids an earlier admission cuts what was admitted by it, here and at the carrier.

use super::Playout;
use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::{ArmReason, Counterparty, Gate, Mode, PersonWasHeard};

impl Playout {
    /// The gate, to look at. It is operated through this type's methods only.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The gate's mode.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.gate.mode()
    }

    /// Arms the gate, and cuts whatever was let pass before and may not be heard any more.
    pub fn arm(&mut self, why: ArmReason) {
        self.gate.arm(why);
        self.drop_stale();
    }

    /// Goes back to menu mode; see [`Gate::menu`].
    ///
    /// # Errors
    /// [`PersonWasHeard`]; the gate then stays as it is.
    pub fn menu(&mut self) -> Result<(), PersonWasHeard> {
        let result = self.gate.menu();
        self.drop_stale();
        result
    }

    /// The far end was shown to be the payer; see [`Gate::counterparty`].
    pub fn counterparty(&mut self, evidence: Counterparty) {
        self.gate.counterparty(evidence);
    }

    /// What the far end's last act asked for; see [`Gate::asked`].
    pub fn asked(&mut self, fields: FieldSet) {
        self.gate.asked(fields);
    }

    /// Somebody objected to being recorded; see [`Gate::objected`]. The recorder must be told too.
    pub fn objected(&mut self) {
        self.gate.objected();
    }
}
