//! The file: stereo WAV, 16 bits at 8 kHz, far end left and near end right, in the form that `hound` writes.
//!
//! It is created new, readable by its owner only, and its header is brought up to date every few seconds, so
//! that a crash leaves a file that plays. Every frame has its place, counted from the first: what cannot be
//! written leaves silence there and nothing moves. What was written can be overwritten or cut off in place;
//! what could not be is owed, tried again, and at the end takes the whole file with it. It decides nothing.

use super::RecorderError;
use super::holdback::Pair;
use super::tape::Sink;
use crate::frame::{FRAME, SAMPLE_RATE};
use crate::g711;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, Zeroizing};

/// Frames that are written at once: 200 ms.
const BUFFER_FRAMES: usize = 10;

/// Frames between two updates of the header: five seconds.
const HEADER_EVERY: u64 = 250;

/// Bytes of one frame: two channels of two bytes.
const FRAME_BYTES: usize = FRAME * 4;

/// Bytes of the canonical header for 16-bit PCM: RIFF 12 (its size at byte 4), `fmt ` 24, `data` 8 (its size at byte 40). Microsoft,
/// "Multimedia Programming Interface and Data Specifications 1.0", 1991.
const HEADER_BYTES: usize = 44;

/// Stretches that are owed one by one; further ones are joined with the last, and what lies between goes too.
const OWED_MAX: usize = 16;

/// What a file can do. Tests have one that fails.
pub(super) trait Disk: Send {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts off, or lengthens with zeros.
    fn set_len(&mut self, bytes: u64) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    /// Takes it out of its folder.
    fn remove(&mut self) -> io::Result<()>;
}

struct OnDisk {
    file: File,
    path: PathBuf,
}

impl Disk for OnDisk {
    fn write_at(&mut self, place: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(bytes)
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_all()
    }

    fn remove(&mut self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

pub(super) struct WavFile {
    disk: Box<dyn Disk>,
    header: [u8; HEADER_BYTES],
    /// Frames `settled..frames`, as they will be written.
    buffer: Zeroizing<Vec<u8>>,
    /// Frames handed in.
    frames: u64,
    /// Frames handed to the disk, whether it took them or not.
    settled: u64,
    /// Frames that the header tells of: those that the file has.
    extent: u64,
    /// Settled frames that had to be overwritten and were not yet.
    owed: Vec<Range<u64>>,
    closed: bool,
}

impl WavFile {
    pub(super) fn create(path: &Path) -> io::Result<WavFile> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let path = path.to_owned();
        WavFile::on(Box::new(OnDisk { file, path }))
    }

    pub(super) fn on(mut disk: Box<dyn Disk>) -> io::Result<WavFile> {
        let header = empty_header()?;
        disk.write_at(0, &header)?;
        Ok(WavFile {
            disk,
            header,
            buffer: Zeroizing::new(Vec::with_capacity(BUFFER_FRAMES * FRAME_BYTES)),
            frames: 0,
            settled: 0,
            extent: 0,
            owed: Vec::new(),
            closed: false,
        })
    }

    /// Whether something that had to be deleted may still be there.
    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Overwrites what is owed, or deletes the file; then writes the rest and brings the header up to date.
    pub(super) fn close(&mut self) -> Result<(), RecorderError> {
        self.closed = true;
        self.pay()?;
        let flushed = self.flush();
        // Where the last frames could not be written they are silence.
        let sized = self.disk.set_len(place(self.frames));
        if sized.is_ok() {
            self.extent = self.frames;
        }
        let closed = self.write_header().and_then(|()| self.disk.sync());
        flushed.and(sized).and(closed).map_err(RecorderError::failed("closed"))
    }

    /// Overwrites and cuts off everything from frame `kept` on, and closes the file. Every step is tried,
    /// whatever became of the one before; where none of them deleted, the file goes.
    pub(super) fn cut(&mut self, kept: u64) -> Result<(), RecorderError> {
        let blanked = self.blank(kept, self.frames);
        let in_memory = kept.saturating_sub(self.settled) as usize * FRAME_BYTES;
        self.buffer.truncate(in_memory);
        self.frames = self.frames.min(kept);
        let cut = if kept < self.settled { self.disk.set_len(place(kept)) } else { Ok(()) };
        self.settled = self.settled.min(kept);
        // Where nothing can be cut off, the header still ends it here.
        self.extent = self.extent.min(kept);
        if cut.is_ok() {
            for owed in &mut self.owed {
                owed.end = owed.end.min(kept);
            }
            self.owed.retain(|owed| !owed.is_empty());
        }
        let closed = self.close();
        let steps = blanked.and(cut).map_err(RecorderError::failed("cut"));
        // That the file is gone, or is not, is the graver news.
        match closed {
            Err(error) if error.is_about_deletion() => Err(error),
            closed => steps.and(closed),
        }
    }

    /// Overwrites what is owed, and says whether that went well.
    fn retry(&mut self) -> io::Result<()> {
        let mut result = Ok(());
        for owed in std::mem::take(&mut self.owed) {
            result = result.and(self.overwrite(owed));
        }
        result
    }

    /// As `retry`; where that fails, deletes the file.
    fn pay(&mut self) -> Result<(), RecorderError> {
        let Err(source) = self.retry() else {
            return Ok(());
        };
        self.buffer.zeroize();
        // Both are tried: either of them deletes.
        let emptied = self.disk.set_len(0);
        let removed = self.disk.remove();
        if emptied.is_err() && removed.is_err() {
            return Err(RecorderError::NotDeleted { source });
        }
        self.owed.clear();
        (self.frames, self.settled, self.extent) = (0, 0, 0);
        Err(RecorderError::Deleted { source })
    }

    /// Overwrites settled frames with silence; they are owed where that fails.
    fn overwrite(&mut self, frames: Range<u64>) -> io::Result<()> {
        let result = self.zeros(&frames).and_then(|()| self.disk.sync());
        if result.is_ok() {
            self.extent = self.extent.max(frames.end).min(self.frames);
        } else {
            self.owe(frames);
        }
        result
    }

    fn zeros(&mut self, frames: &Range<u64>) -> io::Result<()> {
        const ZEROS: [u8; BUFFER_FRAMES * FRAME_BYTES] = [0; BUFFER_FRAMES * FRAME_BYTES];
        let mut result = Ok(());
        for first in frames.clone().step_by(BUFFER_FRAMES) {
            let count = (frames.end - first).min(BUFFER_FRAMES as u64) as usize;
            // What can be overwritten is, even where something else cannot.
            let step = self.disk.write_at(place(first), &ZEROS[..count * FRAME_BYTES]);
            result = result.and(step);
        }
        result
    }

    fn owe(&mut self, frames: Range<u64>) {
        let full = self.owed.len() == OWED_MAX;
        match self.owed.last_mut() {
            Some(last) if full => {
                *last = last.start.min(frames.start)..last.end.max(frames.end);
            }
            Some(_) | None => self.owed.push(frames),
        }
    }

    fn push(&mut self, sample: impl Fn(usize) -> (i16, i16)) -> io::Result<()> {
        for n in 0..FRAME {
            let (left, right) = sample(n);
            self.buffer.extend_from_slice(&left.to_le_bytes());
            self.buffer.extend_from_slice(&right.to_le_bytes());
        }
        self.frames += 1;
        if self.buffer.len() < BUFFER_FRAMES * FRAME_BYTES {
            return Ok(());
        }
        let flushed = self.flush();
        if self.frames.is_multiple_of(HEADER_EVERY) {
            return flushed.and(self.write_header());
        }
        flushed
    }

    /// Writes the buffer. What the disk does not take is forgotten; its place stays.
    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let written = self.disk.write_at(place(self.settled), &self.buffer);
        self.buffer.zeroize();
        self.settled = self.frames;
        if written.is_ok() {
            self.extent = self.settled;
        }
        written
    }

    fn write_header(&mut self) -> io::Result<()> {
        self.disk.write_at(0, &sized(self.header, self.extent))
    }
}

/// A call that ends without a close, as a task that is dropped, still deletes what it owes.
impl Drop for WavFile {
    fn drop(&mut self) {
        if (!self.closed || self.owes())
            && let Err(error) = self.close()
        {
            tracing::error!(%error, "recording left open");
        }
    }
}

/// Where a frame begins in the file.
const fn place(frame: u64) -> u64 {
    HEADER_BYTES as u64 + frame * FRAME_BYTES as u64
}

/// What every file is: PCM, 16 bits, 8 kHz, far end left and near end right.
const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: SAMPLE_RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

/// The canonical header as `hound` writes it, of a file without a frame.
fn empty_header() -> io::Result<[u8; HEADER_BYTES]> {
    let mut bytes = io::Cursor::new(Vec::with_capacity(HEADER_BYTES));
    let writer = WavWriter::new(&mut bytes, SPEC).map_err(io::Error::other)?;
    writer.finalize().map_err(io::Error::other)?;
    let other = |_| io::Error::other("hound's header is not the canonical one");
    <[u8; HEADER_BYTES]>::try_from(bytes.into_inner()).map_err(other)
}

/// The header of a file of so many frames: the two sizes in it are ours, because the file is cut and filled at any place.
fn sized(mut header: [u8; HEADER_BYTES], frames: u64) -> [u8; HEADER_BYTES] {
    // A call of 150 minutes has 288 MB: sizes fit the 32 bits that WAV has.
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    header[4..8].copy_from_slice(&size(place(frames) - 8));
    header[40..44].copy_from_slice(&size(frames * FRAME_BYTES as u64));
    header
}

impl Sink for WavFile {
    type Error = io::Error;

    fn frames(&self) -> u64 {
        self.frames
    }

    fn write(&mut self, pair: &Pair) -> io::Result<()> {
        self.push(|n| (g711::decode(pair.far[n]), g711::decode(pair.near[n])))
    }

    fn silence(&mut self) -> io::Result<()> {
        self.push(|_| (0, 0))
    }

    fn blank(&mut self, from: u64, to: u64) -> io::Result<()> {
        // What is still in memory needs no disk.
        let in_memory = |frame: u64| frame.saturating_sub(self.settled) as usize * FRAME_BYTES;
        let (first, last) = (in_memory(from), in_memory(to.min(self.frames)));
        if first < last {
            self.buffer[first..last].zeroize();
        }
        let earlier = self.retry();
        let settled = from..to.min(self.settled);
        if settled.is_empty() {
            return earlier;
        }
        earlier.and(self.overwrite(settled))
    }
}
