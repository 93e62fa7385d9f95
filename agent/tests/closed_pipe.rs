//! The exit code is the verdict, also where whoever reads the output has gone before it was written: `callwright check … | head -1` in a
//! script that looks at the code of `callwright` must not learn that all is well.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::pipe;
use std::process::{Command, Stdio};

/// The exit code of the real program when the pipe that it writes into is closed from the beginning.
fn code(words: &[&str]) -> Option<i32> {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_callwright"));
    let child = command.args(words).stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    child.status().unwrap().code()
}

#[test]
fn a_refusal_stays_one() {
    assert_eq!(code(&["policy", "explain", "--to", "911", "--class", "payer"]), Some(3));
}

#[test]
fn what_is_missing_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.toml");
    fs::write(&path, include_str!("../../deploy/callwright.toml")).unwrap();
    let config = path.to_str().unwrap();
    assert_eq!(code(&["check", "--config", config]), Some(1));
    assert_eq!(code(&["check", "--config", config, "--json"]), Some(1));
    assert_eq!(code(&["audit", "verify", config]), Some(2), "no database is there");
}

#[test]
fn what_is_good_is_good() {
    assert_eq!(code(&["sim", "payer"]), Some(0));
}
