//! The recorder: one stereo file a leg, far end left and near end right, under the permits that compliance
//! gives.
//!
//! - It exists only with a [`MachineAudioPermit`]: menus and hold are kept. Frames wait ten seconds in memory
//!   before they are written, because a person is noticed late.
//! - [`Recorder::human_from`] cuts at the first human sound: from there on frames wait, up to thirty seconds.
//! - [`Recorder::permit`] releases what waits. Without it the oldest frame past thirty seconds is zeroised
//!   and silence is written in its place, so that the timeline stays true; what still waits at the end is
//!   zeroised.
//! - [`Recorder::forget_waiting`] zeroises what waits of people who are gone before they were told.
//! - [`Recorder::machine_again`] takes a false alarm back, on proof that nobody was established meanwhile.
//! - [`Recorder::objected`] keeps what lies before the objection, deletes from there on, on the file too, and
//!   records no more.
//!
//! A disk that fails does not end any of this. Audio that it does not take is lost and leaves silence, so
//! that every frame stays where it belongs; what cannot be deleted is tried again, and at the end the whole
//! file is deleted instead. So an error is to be told to the operator, and the recorder to be kept and told
//! everything as before.
//!
//! It writes one file and nothing else: it neither seals nor uploads, and does not know whether a permit
//! still covers who is speaking (`Gate::covers` does; the caller says [`Recorder::human_from`] whenever it
//! arms the gate for somebody new). Overwriting in place is what a file system lets a program do; on
//! copy-on-write storage and SSDs old blocks may outlive it, which is why the folder of recordings belongs on
//! an encrypted volume. Writes go through a small buffer and block for as long as the disk does.

mod disk;
mod error;
mod holdback;
mod tape;

use crate::frame::{Frame, SampleTime};
use crate::playout::MachinesOnly;
use callwright_compliance::recording::{MachineAudioPermit, RecordingPermit};
use disk::WavFile;
pub use error::RecorderError;
use std::io;
use std::path::Path;
use tape::{Bounds, Sink, Tape};

/// Frames that wait before they are written: ten seconds, within which a person is noticed and an objection
/// understood.
const SETTLE_FRAMES: usize = 500;

/// Frames of people that may wait for a permit: thirty seconds (the design's bound on undisclosed audio).
const WAIT_FRAMES: usize = 1_500;

const BOUNDS: Bounds = Bounds { settle: SETTLE_FRAMES, wait: WAIT_FRAMES };

/// What a finished recording holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Length of the file, ms.
    pub length_ms: u64,
    /// How much of people's speech was not kept, for want of a permit, ms.
    pub forgotten_ms: u64,
    /// Whether an objection ended it.
    pub objected: bool,
}

/// See the module.
pub struct Recorder {
    tape: Tape,
    file: Option<WavFile>,
    machine: MachineAudioPermit,
    people: Option<RecordingPermit>,
    /// How often the gate had been told to arm when only machines were last known to be on the line.
    armings: u64,
    length: u64,
}

impl Recorder {
    /// Creates the file at `path`, which must not exist. The first frame pushed is at `start`.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn create(
        path: &Path,
        machine: MachineAudioPermit,
        start: SampleTime,
    ) -> Result<Recorder, RecorderError> {
        let file = WavFile::create(path).map_err(RecorderError::failed("created"))?;
        Ok(Recorder::on(file, machine, start))
    }

    fn on(file: WavFile, machine: MachineAudioPermit, start: SampleTime) -> Recorder {
        Recorder {
            tape: Tape::new(start, BOUNDS),
            file: Some(file),
            machine,
            people: None,
            armings: 0,
            length: 0,
        }
    }

    /// The permit under which machines are recorded.
    pub fn machine_permit(&self) -> &MachineAudioPermit {
        &self.machine
    }

    /// The permit under which people are recorded now, for `Gate::covers`.
    #[must_use]
    pub fn people_permit(&self) -> Option<&RecordingPermit> {
        self.people.as_ref()
    }

    /// Whether people's audio waits for a permit.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.tape.is_waiting()
    }

    /// Takes the next 20 ms of both ends, mu-law.
    ///
    /// # Errors
    /// [`RecorderError`]; up to 200 ms of kept audio are lost then, and silence is in their place. The recording
    /// goes on.
    pub fn frame(&mut self, far: &Frame, near: &Frame) -> Result<(), RecorderError> {
        self.with(|tape, file| tape.push(far, near, file))
    }

    /// A human sound began at `at`. A permit that was given before does not cover it.
    ///
    /// # Errors
    /// [`RecorderError`], where audio from `at` on had been written and could not be blanked. It is tried again
    /// later, and by [`Recorder::finish`] at the latest.
    pub fn human_from(&mut self, at: SampleTime) -> Result<(), RecorderError> {
        self.people = None;
        self.with(|tape, file| tape.human_from(at, file))
    }

    /// Only machines are on the line. Where the gate was not armed since they were last known to be alone, the
    /// sound for which `human_from` was called was a machine's, and what waited is kept as machine audio.
    /// Where it was armed, somebody may have spoken: what waited is zeroised, silence takes its place, and
    /// audio from here on is kept. Nothing happens while a permit for people is in force.
    ///
    /// # Errors
    /// [`RecorderError`], as for [`Recorder::frame`].
    pub fn machine_again(&mut self, proof: MachinesOnly<'_>) -> Result<(), RecorderError> {
        let armings = proof.armings();
        let nobody = armings == self.armings;
        self.armings = armings;
        self.with(|tape, file| tape.machine_again(nobody, file))
    }

    /// Whoever spoke since [`Recorder::human_from`] is gone and was never told, or was an operator: what waits of them is zeroised, and
    /// silence takes its place. A permit for others releases only what comes after. Nothing happens where nothing waits.
    ///
    /// # Errors
    /// [`RecorderError`], as for [`Recorder::frame`].
    pub fn forget_waiting(&mut self) -> Result<(), RecorderError> {
        self.with(|tape, file| tape.forget_waiting(file))
    }

    /// The disclosure was proven: keeps what waits, and what people say from here on.
    ///
    /// # Errors
    /// [`RecorderError::OtherCall`] for the permit of another call: it is dropped, and what waits goes on
    /// waiting. Otherwise as for [`Recorder::frame`].
    pub fn permit(&mut self, permit: RecordingPermit) -> Result<(), RecorderError> {
        if permit.decision_id() != self.machine.decision_id() {
            return Err(RecorderError::OtherCall);
        }
        if self.file.is_some() {
            self.people = Some(permit);
        }
        self.with(|tape, file| tape.permitted(file))
    }

    /// Somebody objected, from `at` on. The file is closed; frames that come later are taken and forgotten.
    ///
    /// # Errors
    /// [`RecorderError`], where something could not be deleted: say so to the operator.
    pub fn objected(&mut self, at: SampleTime) -> Result<(), RecorderError> {
        self.people = None;
        let deleted = self.with(|tape, file| tape.objected(at, file));
        let Some(file) = &mut self.file else {
            return deleted;
        };
        let kept = self.tape.stopped_from().unwrap_or(0).min(file.frames());
        // Cutting is tried even where the first deletion failed: it deletes once more.
        let cut = file.cut(kept);
        self.length = file.frames();
        if !file.owes() {
            self.file = None;
        }
        match cut {
            Err(error) if error.is_about_deletion() => Err(error),
            cut => deleted.and(cut),
        }
    }

    /// The leg is over: writes what may be kept, zeroises the rest and closes the file. What had to be deleted
    /// and could not be is tried once more; where that fails, the whole file is deleted.
    ///
    /// # Errors
    /// [`RecorderError`]: [`RecorderError::Deleted`] where there is no file any more,
    /// [`RecorderError::NotDeleted`] where there is one that must not be kept.
    pub fn finish(mut self) -> Result<Recorded, RecorderError> {
        let objected = self.tape.stopped_from().is_some();
        let kept = self.with(|tape, file| tape.finish(file));
        if let Some(mut file) = self.file.take() {
            // Closing deletes what is owed, whether or not the last frames could be written.
            file.close()?;
            self.length = file.frames();
        }
        kept?;
        Ok(Recorded {
            length_ms: self.length * 20,
            forgotten_ms: self.tape.forgotten() * 20,
            objected,
        })
    }

    fn with(
        &mut self,
        act: impl FnOnce(&mut Tape, &mut WavFile) -> io::Result<()>,
    ) -> Result<(), RecorderError> {
        match &mut self.file {
            Some(file) => act(&mut self.tape, file).map_err(RecorderError::failed("written")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
