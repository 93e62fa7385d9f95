//! What waits for a disclosure to be proven (rule D2): words and vendor bodies, thirty seconds of them, as the recorder holds audio.
//!
//! What is older goes, though the disclosure may yet be proven; and everything goes where whoever said it is gone before it was. It does
//! not decide who was told: the gate does.

use callwright_core::Micros;

use super::driver::Driver;

/// How long words of people who were not told yet may wait in memory (the design's bound; the recorder's own is the same).
const WAIT: Micros = Micros::from_s(30);

/// How often it is looked after. Until then words are kept a second longer in memory, and are gone before anything is kept of them.
const EVERY_MS: u64 = 1_000;

impl Driver {
    /// Lets go of what has waited for too long, now and then.
    pub(super) fn hold_back(&mut self) {
        let now = self.session.now().as_ms();
        if self.waiting_from.is_some() && now >= self.held_back_at + EVERY_MS {
            self.held_back_at = now;
            self.forget_what_waited_too_long();
        }
    }

    /// Lets go of what has waited for too long.
    pub(super) fn forget_what_waited_too_long(&mut self) {
        let Some(from) = self.waiting_from else { return };
        let until = self.session.now().as_ms().saturating_sub(WAIT.as_ms());
        self.vault.forget_words_between(from, u32::try_from(until).unwrap_or(u32::MAX));
        if let Some(from) = self.silent_from {
            self.exchanges.forget_between(from, self.watch.at().since(WAIT));
        }
    }

    /// Whoever spoke and was not told is gone, or was an operator: what waited of them is not kept by what others are told later.
    pub(super) fn forget_what_waits(&mut self) {
        if let Some(from) = self.waiting_from {
            self.vault.forget_words_from(from);
            if let Some(from) = self.silent_from {
                self.exchanges.forget_from(from);
            }
        }
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.forget_waiting()
        {
            tracing::error!(call = self.plan.id, %error, "recording");
        }
    }
}
