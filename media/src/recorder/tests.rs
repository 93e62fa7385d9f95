//! The file itself, read back: its header, its channels, and what a cut leaves.

use super::disk::WavFile;
use super::holdback::Pair;
use super::tape::Sink;
use crate::frame::FRAME;
use crate::g711;
use std::path::Path;

mod faults;

fn pair(far: u8, near: u8) -> Pair {
    Pair { far: [far; FRAME], near: [near; FRAME] }
}

fn read(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8_000, 16));
    reader.samples::<i16>().map(Result::unwrap).collect()
}

fn file_with(path: &Path, frames: u64) -> WavFile {
    let mut file = WavFile::create(path).unwrap();
    for _ in 0..frames {
        file.write(&pair(0x90, 0x10)).unwrap();
    }
    file
}

#[test]
fn far_is_left_and_near_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    file_with(&path, 3).close().unwrap();
    let samples = read(&path);
    assert_eq!(samples.len(), 3 * FRAME * 2);
    assert_eq!(samples[..2], [g711::decode(0x90), g711::decode(0x10)]);
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    file_with(&path, 1).close().unwrap();
    assert!(WavFile::create(&path).is_err());
}

#[test]
fn the_header_is_true_while_the_call_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let file = file_with(&path, 600);
    // What a crash at this moment would leave: everything up to the last update of the header.
    assert_eq!(read(&path).len(), 500 * FRAME * 2);
    drop(file);
}

#[test]
fn blanking_changes_only_what_it_should_and_writing_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    let mut file = file_with(&path, 10);
    file.blank(4, 7).unwrap();
    file.silence().unwrap();
    file.write(&pair(0x90, 0x10)).unwrap();
    file.close().unwrap();
    let silent: Vec<usize> = read(&path)
        .chunks(FRAME * 2)
        .enumerate()
        .filter(|(_, frame)| frame.iter().all(|sample| *sample == 0))
        .map(|(n, _)| n)
        .collect();
    assert_eq!(silent, [4, 5, 6, 10]);
    assert_eq!(read(&path).len(), 12 * FRAME * 2);
}

#[test]
fn a_cut_leaves_a_valid_shorter_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    file_with(&path, 10).cut(4).unwrap();
    let samples = read(&path);
    assert_eq!(samples.len(), 4 * FRAME * 2);
    assert!(samples.iter().all(|sample| *sample != 0));
    let length = std::fs::metadata(&path).unwrap().len();
    assert_eq!(length, 44 + 4 * FRAME as u64 * 4);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("call.wav");
    file_with(&path, 1).close().unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
