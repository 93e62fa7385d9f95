//! Near-end playout: what the agent says and keys, on its way to the carrier, behind the disclosure gate.
//!
//! [`Playout`] owns the call's [`Gate`]: an item enters the queue only with the gate's [`Admitted`], and
//! there is no other way to the wire. It does no IO and reads no clock. The caller sends what
//! [`Playout::poll_transmit`] gives, hands in the carrier's marks with [`Playout::on_mark`], calls
//! [`Playout::tick`] once for every far-end frame, and drains [`Playout::poll_event`] after each call.
//!
//! Items are played in the order in which they were queued: clips (whole), segments (whole or streamed) and
//! keys. A carrier with marks gets audio as soon as it is there, in messages of 200 ms: it buffers and plays
//! in real time, and a cut is a `Clear`. An item is done when its mark comes back in the epoch in which it
//! was sent. A carrier without marks is fed in real time, 400 ms ahead, and an item is done when its length
//! has gone by.
//!
//! `tick` also moves a virtual copy of the carrier's buffer, which gives the near-end audio being heard now
//! (for the recorder) and how much of a cut item was played. It is an estimate: the way to the carrier takes
//! time that it does not know.
//!
//! Audio of items may say a patient's values. It is held only until played; it is not zeroised, because
//! [`Bytes`] is shared with the socket's buffers.

mod entry;
mod item;
mod mark;
mod operate;
#[cfg(test)]
mod tests;

use crate::frame::{FRAME, Frame, SAMPLE_RATE, SampleTime};
use crate::g711;
use crate::tone::dtmf::{self, Key};
use bytes::Bytes;
use callwright_compliance::egress::FieldSet;
use callwright_compliance::gate::{
    Admitted, ClipKind, Gate, GateRefusal, Item, KeySource, NextStep, PlayProof, ProofBy,
};
use entry::{Entry, Mark};
pub use item::{
    Cut, DoneBy, ItemId, MarkSupport, PlayoutConfig, PlayoutError, PlayoutEvent, Transmit,
};
use mark::MarkName;
pub use mark::{MarkCounts, MarkVerdict};
pub use operate::MachinesOnly;
use std::collections::VecDeque;

/// The longest message: 200 ms. Fewer writes than frames, and a cut loses at most so much more than it must.
const MESSAGE: usize = 1_600;

/// How far ahead of real time a carrier without marks is fed: 400 ms.
const LEAD: usize = 3_200;

/// Frames after an item's end before a paced clock counts it as heard: half a second for the way there.
const SETTLE: u32 = 25;

/// Frames after an item's estimated end before a mark is given up: five seconds.
const GIVE_UP: u32 = 250;

/// The shortest audio that can be a disclosure: half a second. Less is a synthesiser's failure, not words.
const DISCLOSURE_MIN: usize = 500 * SampleTime::PER_MS as usize;

/// How much of a disclosure may be unheard by the estimate when its mark comes back: 600 ms, for the way to
/// the carrier and the estimate's error.
const MARK_SLACK: usize = 600 * SampleTime::PER_MS as usize;

/// Audio that may be queued: longer than any turn; a model that will not stop is stopped here.
const QUEUED_S_MAX: u32 = 120;

/// Items that may be queued.
const ITEMS_MAX: usize = 64;

/// See the module.
pub struct Playout {
    gate: Gate,
    config: PlayoutConfig,
    entries: VecDeque<Entry>,
    clear_due: bool,
    next_mark: u64,
    events: VecDeque<PlayoutEvent>,
    counts: MarkCounts,
    /// How often the gate was told to arm.
    armings: u64,
}

impl Playout {
    /// The playout of a leg. `gate` stays with it for the rest of the call.
    #[must_use]
    pub fn new(gate: Gate, config: PlayoutConfig) -> Playout {
        Playout {
            gate,
            config,
            entries: VecDeque::new(),
            clear_due: false,
            next_mark: 1,
            events: VecDeque::new(),
            counts: MarkCounts::default(),
            armings: 0,
        }
    }

    /// What came back from the carrier, counted.
    #[must_use]
    pub fn mark_counts(&self) -> MarkCounts {
        self.counts
    }

    /// Whether nothing is queued or being played.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.entries.is_empty()
    }

    /// Milliseconds of audio queued and not yet played, by the estimate.
    #[must_use]
    pub fn queued_ms(&self) -> u32 {
        crate::frame::bytes_as_ms(self.held())
    }

    /// Queues a fixed clip.
    ///
    /// # Errors
    /// [`PlayoutError`]; nothing is queued then.
    pub fn clip(&mut self, id: ItemId, clip: ClipKind, audio: Bytes) -> Result<(), PlayoutError> {
        self.whole(id, Item::Clip(clip), audio)
    }

    /// Queues words that are there as a whole. `carries` names the fields whose values they say.
    ///
    /// # Errors
    /// [`PlayoutError`]; nothing is queued then.
    pub fn segment(
        &mut self,
        id: ItemId,
        carries: FieldSet,
        audio: Bytes,
    ) -> Result<(), PlayoutError> {
        self.whole(id, Item::Segment { carries }, audio)
    }

    /// Queues a phrase of the payer's menu map.
    ///
    /// # Errors
    /// [`PlayoutError`]; nothing is queued then.
    pub fn menu_answer(&mut self, id: ItemId, audio: Bytes) -> Result<(), PlayoutError> {
        self.whole(id, Item::MenuAnswer, audio)
    }

    /// Queues keys, as tones. `carries` names the field whose value they are, if they are one.
    ///
    /// # Errors
    /// [`PlayoutError`]; nothing is queued then.
    pub fn keys(
        &mut self,
        id: ItemId,
        source: KeySource,
        carries: FieldSet,
        keys: &[Key],
    ) -> Result<(), PlayoutError> {
        let audio = Bytes::from(dtmf::generate(keys, self.config.press));
        self.whole(id, Item::Keys { source, carries }, audio)
    }

    /// Leave for the carrier to press keys in place of tones. What it presses is not heard in our audio, so nothing is queued: use the proof
    /// at once.
    ///
    /// # Errors
    /// What the gate has against it.
    pub fn keys_by_carrier(
        &mut self,
        source: KeySource,
        carries: FieldSet,
    ) -> Result<Admitted, GateRefusal> {
        self.gate.admit(&Item::Keys { source, carries })
    }

    /// Begins a segment whose audio comes in pieces.
    ///
    /// # Errors
    /// [`PlayoutError`]; nothing is queued then.
    pub fn begin_segment(&mut self, id: ItemId, carries: FieldSet) -> Result<(), PlayoutError> {
        self.check_room(id, 0)?;
        let admitted = self.gate.admit(&Item::Segment { carries })?;
        self.enter(id, admitted);
        Ok(())
    }

    /// Appends audio to a segment that was begun.
    ///
    /// # Errors
    /// [`PlayoutError::Gone`] where it was finished or cut meanwhile, [`PlayoutError::Full`]; the audio is
    /// not taken then.
    pub fn append(&mut self, id: ItemId, audio: Bytes) -> Result<(), PlayoutError> {
        let room = self.has_room(audio.len());
        let seconds = self.config.queued_s_max;
        let entry = self.open_segment(id)?;
        if !room {
            return Err(PlayoutError::Full { seconds });
        }
        entry.append(audio);
        Ok(())
    }

    /// Says that a begun segment is whole.
    ///
    /// # Errors
    /// [`PlayoutError::Gone`] where it was finished or cut meanwhile.
    pub fn finish(&mut self, id: ItemId) -> Result<(), PlayoutError> {
        self.open_segment(id)?.finished = true;
        Ok(())
    }

    /// Cuts what is queued and what is being heard; says what became of each item by events.
    pub fn cut(&mut self, cut: Cut) {
        self.flush(|entry, _| cut == Cut::Interruption && !entry.is_interruptible());
    }

    /// The next thing to send.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        // An item is admitted when queued, and anything that voids it cuts it. This looks again at the last
        // moment.
        self.drop_stale();
        if self.clear_due {
            self.clear_due = false;
            return Some(Transmit::Clear);
        }
        let mut ahead = 0;
        for at in 0..self.entries.len() {
            // A clip that is heard to its end is alone at the carrier, so that a cut of its neighbours does
            // not clear it.
            let alone = !self.entries[at].is_interruptible();
            if at > 0 && (alone || !self.entries[at - 1].is_interruptible()) {
                return None;
            }
            let entry = &mut self.entries[at];
            ahead += entry.flying_bytes();
            if entry.unsent_bytes() > 0 {
                let most = match self.config.marks {
                    MarkSupport::Echo => MESSAGE,
                    MarkSupport::None => MESSAGE.min(LEAD.saturating_sub(ahead)),
                };
                return if most == 0 { None } else { entry.take(most).map(Transmit::Media) };
            }
            if !entry.finished {
                return None;
            }
            if entry.mark == Mark::Unsent && self.config.marks == MarkSupport::Echo {
                let number = self.next_mark;
                self.next_mark += 1;
                entry.mark = Mark::Out(number);
                let epoch = self.gate.epoch();
                return Some(Transmit::Mark(MarkName { epoch, number }.write()));
            }
        }
        None
    }

    /// The carrier sent a mark back.
    pub fn on_mark(&mut self, name: &str) -> MarkVerdict {
        let verdict = self.judge_mark(name);
        self.counts.count(verdict);
        self.settle();
        verdict
    }

    /// One far-end frame has come: 20 ms have gone by. Gives the near-end frame that the far end hears now,
    /// by the estimate; mu-law silence where nothing is played.
    pub fn tick(&mut self) -> Frame {
        let mut frame = [g711::SILENCE; FRAME];
        let mut filled = 0;
        for entry in &mut self.entries {
            if filled < FRAME {
                let played = entry.play(&mut frame[filled..]);
                filled += played;
                if played > 0 && !entry.started {
                    entry.started = true;
                    self.events.push_back(PlayoutEvent::Started { id: entry.id });
                }
            }
            if !entry.is_played_out() {
                break;
            }
            entry.over = entry.over.saturating_add(1);
        }
        self.settle();
        frame
    }

    /// The next event, oldest first.
    pub fn poll_event(&mut self) -> Option<PlayoutEvent> {
        self.events.pop_front()
    }

    fn whole(&mut self, id: ItemId, item: Item, audio: Bytes) -> Result<(), PlayoutError> {
        check_audio(&item, &audio)?;
        self.check_room(id, audio.len())?;
        let admitted = self.gate.admit(&item)?;
        let entry = self.enter(id, admitted);
        entry.append(audio);
        entry.finished = true;
        Ok(())
    }

    fn enter(&mut self, id: ItemId, admitted: Admitted) -> &mut Entry {
        self.entries.push_back(Entry::new(id, admitted));
        let last = self.entries.len() - 1;
        &mut self.entries[last]
    }

    fn held(&self) -> usize {
        self.entries.iter().map(Entry::held).sum()
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.held() + bytes <= self.config.queued_s_max as usize * SAMPLE_RATE as usize
    }

    fn check_room(&self, id: ItemId, bytes: usize) -> Result<(), PlayoutError> {
        if self.entries.iter().any(|entry| entry.id == id) {
            return Err(PlayoutError::DuplicateId);
        }
        if self.entries.len() == ITEMS_MAX || !self.has_room(bytes) {
            let seconds = self.config.queued_s_max;
            return Err(PlayoutError::Full { seconds });
        }
        Ok(())
    }

    fn open_segment(&mut self, id: ItemId) -> Result<&mut Entry, PlayoutError> {
        self.entries
            .iter_mut()
            .find(|entry| entry.id == id && !entry.finished)
            .ok_or(PlayoutError::Gone)
    }

    fn drop_stale(&mut self) {
        if self.entries.iter().any(|entry| !self.gate.still_passes(&entry.admitted)) {
            self.flush(|entry, gate| gate.still_passes(&entry.admitted));
        }
    }

    /// Throws away every entry that `spare` does not keep. Where one of them is at the carrier the carrier is
    /// cleared, which takes everything there; what is spared and not yet sent is then admitted anew, into the
    /// new epoch.
    fn flush(&mut self, spare: impl Fn(&Entry, &Gate) -> bool) {
        let clears = self.entries.iter().any(|entry| entry.is_out() && !spare(entry, &self.gate));
        let mut victims = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            if spare(&entry, &self.gate) && !(clears && entry.is_out()) {
                self.entries.push_back(entry);
            } else {
                victims.push(entry);
            }
        }
        if clears {
            self.clear_due = true;
            self.gate.cleared();
        }
        for entry in victims {
            let played_ms = entry.played_ms();
            let next = entry.clip().map_or(NextStep::Continue, |clip| {
                self.gate.interrupted(clip, played_ms, entry.total_ms())
            });
            self.events.push_back(PlayoutEvent::Cut { id: entry.id, played_ms, next });
        }
        if clears {
            self.admit_again();
        }
    }

    fn admit_again(&mut self) {
        for mut entry in std::mem::take(&mut self.entries) {
            match self.gate.admit(&entry.admitted.item()) {
                Ok(admitted) => {
                    entry.admitted = admitted;
                    self.entries.push_back(entry);
                }
                Err(_) => self.events.push_back(PlayoutEvent::Cut {
                    id: entry.id,
                    played_ms: 0,
                    next: NextStep::Continue,
                }),
            }
        }
    }

    fn judge_mark(&mut self, name: &str) -> MarkVerdict {
        let Some(MarkName { epoch, number }) = MarkName::read(name) else {
            return MarkVerdict::Unknown;
        };
        if number == 0 || number >= self.next_mark {
            return MarkVerdict::Unknown;
        }
        if epoch != self.gate.epoch() {
            return MarkVerdict::AfterClear;
        }
        let place = self
            .entries
            .iter()
            .position(|entry| matches!(entry.mark, Mark::Out(n) | Mark::Back(n) if n == number));
        let Some(place) = place else {
            return MarkVerdict::Repeated;
        };
        let entry = &mut self.entries[place];
        if entry.mark == Mark::Back(number) {
            return MarkVerdict::Repeated;
        }
        if !entry.may_be_over() {
            return MarkVerdict::TooEarly;
        }
        entry.mark = Mark::Back(number);
        if place > 0 {
            self.counts.out_of_order += 1;
        }
        MarkVerdict::Proved
    }

    /// Takes items that are done from the front.
    fn settle(&mut self) {
        while let Some(by) = self.entries.front().and_then(|entry| self.is_done(entry)) {
            let Some(mut entry) = self.entries.pop_front() else {
                return;
            };
            entry.catch_up();
            if !entry.started {
                self.events.push_back(PlayoutEvent::Started { id: entry.id });
            }
            let next = self.prove(&entry, by);
            self.events.push_back(PlayoutEvent::Done { id: entry.id, by, next });
        }
    }

    /// Tells the gate how the end of an item is known. What that proves is told before that the item is done.
    fn prove(&mut self, entry: &Entry, by: DoneBy) -> NextStep {
        let by = match by {
            DoneBy::Mark => ProofBy::Mark,
            DoneBy::PacedClock => ProofBy::PacedClock,
            DoneBy::Unproven => {
                self.counts.missing += 1;
                return entry.clip().map_or(NextStep::Continue, |clip| self.gate.unproven(clip));
            }
        };
        // The epoch in which it was let pass: an item that outlived a clear proves nothing.
        let epoch = entry.admitted.epoch();
        if let Some(clip) = entry.clip()
            && let Some(opened) = self.gate.played(clip, PlayProof { epoch, by })
        {
            let id = entry.id;
            self.events.push_back(PlayoutEvent::GateOpened { id, opened });
        }
        NextStep::Continue
    }

    fn is_done(&self, entry: &Entry) -> Option<DoneBy> {
        match self.config.marks {
            MarkSupport::Echo if matches!(entry.mark, Mark::Back(_)) => Some(DoneBy::Mark),
            MarkSupport::Echo => {
                (entry.is_played_out() && entry.over >= GIVE_UP).then_some(DoneBy::Unproven)
            }
            MarkSupport::None => {
                (entry.is_played_out() && entry.over >= SETTLE).then_some(DoneBy::PacedClock)
            }
        }
    }
}

/// Audio of no length would be "played" as soon as it is queued, and its mark would prove a disclosure that
/// nobody can have heard.
fn check_audio(item: &Item, audio: &Bytes) -> Result<(), PlayoutError> {
    if audio.is_empty() {
        return Err(PlayoutError::Empty);
    }
    match item {
        Item::Clip(clip) if clip.is_disclosure() && audio.len() < DISCLOSURE_MIN => {
            let ms = crate::frame::bytes_as_ms(audio.len());
            Err(PlayoutError::DisclosureTooShort { ms })
        }
        Item::Clip(_) | Item::Keys { .. } | Item::MenuAnswer | Item::Segment { .. } => Ok(()),
    }
}
