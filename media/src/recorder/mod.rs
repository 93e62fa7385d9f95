//! The recorder: one stereo file a leg, far end left and near end right, under the permits that compliance
//! gives.
//!
//! - It exists only with a [`MachineAudioPermit`]: menus and hold are kept. Frames wait ten seconds in memory
//!   before they are written, because a person is noticed late.
//! - [`Recorder::human_from`] cuts at the first human sound: from there on frames wait, up to thirty seconds.
//! - [`Recorder::permit`] releases what waits. Without it the oldest frame past thirty seconds is zeroised
//!   and silence is written in its place, so that the timeline stays true; what still waits at the end is
//!   zeroised.
//! - [`Recorder::objected`] keeps what lies before the objection, deletes from there on, on the file too, and
//!   records no more.
//!
//! It writes one file and nothing else: it neither seals nor uploads, and does not know whether a permit
//! still covers who is speaking (`Gate::covers` does; the caller says [`Recorder::human_from`] whenever it
//! arms the gate for somebody new). Overwriting in place is what a file system lets a program do; on
//! copy-on-write storage and SSDs old blocks may outlive it, which is why the folder of recordings belongs on
//! an encrypted volume. Writes go through a small buffer and block for as long as the disk does.

mod disk;
mod holdback;
mod tape;

use crate::frame::{Frame, SampleTime};
use callwright_compliance::recording::{MachineAudioPermit, RecordingPermit};
use disk::WavFile;
use std::path::Path;
use tape::{Bounds, Sink, Tape};

/// Frames that wait before they are written: ten seconds, within which a person is noticed and an objection
/// understood.
const SETTLE_FRAMES: usize = 500;

/// Frames of people that may wait for a permit: thirty seconds (the design's bound on undisclosed audio).
const WAIT_FRAMES: usize = 1_500;

const BOUNDS: Bounds = Bounds {
    settle: SETTLE_FRAMES,
    wait: WAIT_FRAMES,
};

/// The file could not be made, written or closed.
#[derive(Debug, thiserror::Error)]
#[error("the recording could not be {doing}: {source}")]
pub struct RecorderError {
    /// What failed.
    doing: &'static str,
    /// Why.
    #[source]
    source: hound::Error,
}

fn failed(doing: &'static str) -> impl FnOnce(hound::Error) -> RecorderError {
    move |source| RecorderError { doing, source }
}

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
        let file = WavFile::create(path).map_err(failed("created"))?;
        Ok(Recorder {
            tape: Tape::new(start, BOUNDS),
            file: Some(file),
            machine,
            people: None,
            length: 0,
        })
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
    /// [`RecorderError`]; the frames of this moment may be missing from the file.
    pub fn frame(&mut self, far: &Frame, near: &Frame) -> Result<(), RecorderError> {
        self.with(|tape, file| tape.push(far, near, file))
    }

    /// A human sound began at `at`. A permit that was given before does not cover it.
    ///
    /// # Errors
    /// [`RecorderError`], where audio from `at` on had been written and could not be blanked.
    pub fn human_from(&mut self, at: SampleTime) -> Result<(), RecorderError> {
        self.people = None;
        self.with(|tape, file| tape.human_from(at, file))
    }

    /// The sound for which `human_from` was called was a machine's after all; what waited is kept as machine
    /// audio.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn machine_again(&mut self) -> Result<(), RecorderError> {
        self.with(|tape, file| tape.machine_again(file))
    }

    /// The disclosure was proven: keeps what waits, and what people say from here on.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn permit(&mut self, permit: RecordingPermit) -> Result<(), RecorderError> {
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
        let Some(file) = self.file.take() else {
            return deleted;
        };
        let kept = self.tape.stopped_from().unwrap_or(0).min(file.frames());
        self.length = kept;
        // Cutting is tried even where the first deletion failed: it deletes once more.
        let cut = file.finalize_cut(kept).map_err(failed("cut"));
        deleted.and(cut)
    }

    /// The leg is over: writes what may be kept, zeroises the rest and closes the file.
    ///
    /// # Errors
    /// [`RecorderError`].
    pub fn finish(mut self) -> Result<Recorded, RecorderError> {
        let objected = self.tape.stopped_from().is_some();
        self.with(|tape, file| tape.finish(file))?;
        if let Some(file) = self.file.take() {
            self.length = file.frames();
            file.finalize().map_err(failed("closed"))?;
        }
        Ok(Recorded {
            length_ms: self.length * 20,
            forgotten_ms: self.tape.forgotten() * 20,
            objected,
        })
    }

    fn with(
        &mut self,
        act: impl FnOnce(&mut Tape, &mut WavFile) -> Result<(), hound::Error>,
    ) -> Result<(), RecorderError> {
        match &mut self.file {
            Some(file) => act(&mut self.tape, file).map_err(failed("written")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
