//! Tones on the line: keys (DTMF) and call progress (ringback, busy, reorder, dial tone, special information
//! tones, fax).
//!
//! All of it is Goertzel filters over 8 kHz frames: no FFT, no allocation. A voice activity detector fires on
//! tones, so these run beside it. Keys sent as RTP telephone-events or as messages of the carrier do not pass
//! here.

pub mod dtmf;
pub mod goertzel;
pub mod progress;

pub use progress::Progress;
