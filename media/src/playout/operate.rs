//! The gate, operated: what the call learns about the far end, handed to the gate that the playout owns.
//!
//! Whatever voids an earlier admission cuts what was admitted by it, here and at the carrier.

use super::Playout;
use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::{ArmReason, Counterparty, Gate, Mode, PersonWasHeard};

/// Proof that only machines are on the line: the gate is in menu mode. `Recorder::machine_again` takes it.
///
/// Only [`Playout::machines_only`] makes one. It borrows the playout, so the gate cannot be armed while it
/// lives: it is never out of date.
#[must_use = "the recorder takes the proof"]
pub struct MachinesOnly<'a>(&'a Playout);

impl MachinesOnly<'_> {
    /// How often the gate was told to arm. The same number twice: nobody was established between.
    pub(crate) fn armings(self) -> u64 {
        self.0.armings
    }
}

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
        self.armings += 1;
        self.gate.arm(why);
        self.drop_stale();
    }

    /// An operator takes the line; see [`Gate::taken_over`]. Cuts whatever of the agent's may not be heard any more.
    pub fn taken_over(&mut self) {
        self.armings += 1;
        self.gate.taken_over();
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

    /// Proof that only machines are on the line; none while the gate is armed or open.
    pub fn machines_only(&self) -> Option<MachinesOnly<'_>> {
        match self.gate.mode() {
            Mode::Menu => Some(MachinesOnly(self)),
            Mode::Armed | Mode::Open | Mode::Operator => None,
        }
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
