//! The clients of hosted vendors over real sockets: what they put on the wire, and what becomes of each fault. The servers here are
//! written from the vendors' protocol pages, with nothing of the clients' own code.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;
mod deepgram;
mod deepgram_faults;
mod elevenlabs;
mod elevenlabs_faults;
mod local;
mod openai;
mod openai_faults;
mod settings;
mod tls;
