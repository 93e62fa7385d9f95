//! The file: stereo WAV, 16 bits at 8 kHz, far end left and near end right.
//!
//! It is created new, readable by its owner only, and its header is brought up to date every few seconds, so
//! that a crash leaves a file that plays. What was written can be blanked or cut off in place. It decides
//! nothing.

use super::holdback::Pair;
use super::tape::Sink;
use crate::frame::{FRAME, SAMPLE_RATE};
use crate::g711;
use hound::{SampleFormat, WavSpec, WavWriter};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Frames between two updates of the header: five seconds.
const FLUSH_EVERY: u64 = 250;

/// Bytes of one frame: two channels of two bytes.
const FRAME_BYTES: u64 = FRAME as u64 * 4;

/// Bytes of the canonical header that hound writes for 16-bit PCM: RIFF 12, `fmt ` 24, `data` 8.
const HEADER_BYTES: u64 = 44;
const RIFF_SIZE_AT: u64 = 4;
const DATA_SIZE_AT: u64 = 40;

pub(super) struct WavFile {
    writer: WavWriter<BufWriter<File>>,
    path: PathBuf,
    frames: u64,
}

impl WavFile {
    pub(super) fn create(path: &Path) -> Result<WavFile, hound::Error> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(hound::Error::IoError)?;
        let spec = WavSpec {
            channels: 2,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::new(BufWriter::new(file), spec)?;
        writer.flush()?;
        Ok(WavFile {
            writer,
            path: path.to_owned(),
            frames: 0,
        })
    }

    /// Brings the header up to date and closes the file.
    pub(super) fn finalize(self) -> Result<(), hound::Error> {
        self.writer.finalize()
    }

    /// A second handle on the file, to change what lies behind the writer.
    fn reopen(&mut self) -> Result<File, hound::Error> {
        self.writer.flush()?;
        OpenOptions::new()
            .write(true)
            .open(&self.path)
            .map_err(hound::Error::IoError)
    }

    /// Brings the header up to date, closes the file, and cuts off everything from frame `frames` on,
    /// overwritten first.
    pub(super) fn finalize_cut(mut self, frames: u64) -> Result<(), hound::Error> {
        if frames < self.frames {
            self.blank(frames, self.frames)?;
        }
        let kept = frames.min(self.frames);
        let path = self.path;
        self.writer.finalize()?;
        let file = OpenOptions::new().write(true).open(path)?;
        cut_off(file, kept).map_err(hound::Error::IoError)
    }

    fn advance(&mut self) -> Result<(), hound::Error> {
        self.frames += 1;
        if self.frames.is_multiple_of(FLUSH_EVERY) {
            self.writer.flush()?;
        }
        Ok(())
    }

    fn write_samples(
        &mut self,
        mut sample: impl FnMut(usize) -> (i16, i16),
    ) -> Result<(), hound::Error> {
        let mut writer = self.writer.get_i16_writer(2 * FRAME as u32);
        for n in 0..FRAME {
            let (left, right) = sample(n);
            writer.write_sample(left);
            writer.write_sample(right);
        }
        writer.flush()
    }
}

fn cut_off(mut file: File, frames: u64) -> io::Result<()> {
    let length = HEADER_BYTES + frames * FRAME_BYTES;
    // A call of 150 minutes has 288 MB: sizes fit the 32 bits that WAV has.
    let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    file.set_len(length)?;
    file.seek(SeekFrom::Start(RIFF_SIZE_AT))?;
    file.write_all(&size(length - 8))?;
    file.seek(SeekFrom::Start(DATA_SIZE_AT))?;
    file.write_all(&size(frames * FRAME_BYTES))?;
    file.sync_all()
}

impl Sink for WavFile {
    type Error = hound::Error;

    fn frames(&self) -> u64 {
        self.frames
    }

    fn write(&mut self, pair: &Pair) -> Result<(), hound::Error> {
        self.write_samples(|n| (g711::decode(pair.far[n]), g711::decode(pair.near[n])))?;
        self.advance()
    }

    fn silence(&mut self) -> Result<(), hound::Error> {
        self.write_samples(|_| (0, 0))?;
        self.advance()
    }

    fn blank(&mut self, from: u64, to: u64) -> Result<(), hound::Error> {
        let mut file = self.reopen()?;
        file.seek(SeekFrom::Start(HEADER_BYTES + from * FRAME_BYTES))?;
        let zeros = [0_u8; FRAME_BYTES as usize];
        for _ in from..to {
            file.write_all(&zeros)?;
        }
        file.sync_all()?;
        Ok(())
    }
}
