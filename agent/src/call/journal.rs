//! The journal of a call: one line an input, with the outputs it caused and a chained digest.
//!
//! It holds ids, enums and times, so it holds no patient data, and any copy of the program can replay it. Words, audio and vendors'
//! answers lie beside it, sealed; this module does not know them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use callwright_core::{Config, Input, Now, Output};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of the format.
pub const VERSION: u32 = 1;

/// What a replay needs to know before the first input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the format.
    pub v: u32,
    /// The version of the program.
    pub program: String,
    /// The call's id.
    pub call: String,
    /// When the call began, by the wall clock.
    pub began_at: jiff::Timestamp,
    /// The digest of the policy it was permitted under, in hexadecimal.
    pub policy: String,
    /// The digest of the prompt pack, in hexadecimal.
    pub prompts: String,
    /// The digest of the payer directory, in hexadecimal.
    pub directory: String,
    /// The core's configuration.
    pub config: Config,
}

/// One input and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place, from 1.
    pub seq: u64,
    /// Both clocks.
    pub now: Now,
    /// The input.
    pub input: Input,
    /// What came out.
    pub outputs: Vec<Output>,
    /// SHA-256 over the digest before it and this line without it, in hexadecimal.
    pub digest: String,
}

/// The chain of digests: each line vouches for all lines before it.
#[derive(Clone, Debug)]
pub struct Chain(String);

impl Chain {
    /// The chain of a journal with this header.
    #[must_use]
    pub fn new(header: &Header) -> Chain {
        Chain(hex(&Sha256::digest(serde_json::to_vec(header).unwrap_or_default())))
    }

    /// The next entry of the chain.
    pub fn entry(&mut self, seq: u64, now: Now, input: Input, outputs: Vec<Output>) -> Entry {
        let mut entry = Entry { seq, now, input, outputs, digest: String::new() };
        let mut hash = Sha256::new();
        hash.update(self.0.as_bytes());
        hash.update(serde_json::to_vec(&entry).unwrap_or_default());
        self.0 = hex(&hash.finalize());
        entry.digest.clone_from(&self.0);
        entry
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a journal. Each line is in the file when the next one is written.
pub struct Journal {
    out: BufWriter<File>,
    chain: Chain,
    seq: u64,
}

impl Journal {
    /// Begins a journal.
    ///
    /// # Errors
    /// Those of the file.
    pub fn create(path: &Path, header: &Header) -> std::io::Result<Journal> {
        let mut out = BufWriter::new(File::create_new(path)?);
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        Ok(Journal { out, chain: Chain::new(header), seq: 0 })
    }

    /// Writes one input with its outputs.
    ///
    /// # Errors
    /// Those of the file.
    pub fn write(&mut self, now: Now, input: Input, outputs: &[Output]) -> std::io::Result<()> {
        self.seq += 1;
        let entry = self.chain.entry(self.seq, now, input, outputs.to_vec());
        serde_json::to_writer(&mut self.out, &entry)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
