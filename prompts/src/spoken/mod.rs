//! Spoken forms: values as words, paced for the telephone.
//!
//! Commas are pauses: a voice stops for a moment at each, so that a person can write down, and a recogniser can hear,
//! one item at a time. The forms are lower case but for single letters, which are capitals so that a voice names them.
//! No digit is left as a figure and none is dropped. The way back, from words to values, is in `understanding`.
//!
//! These functions take plain values because they also serve tests and corpora; a caller that holds a patient's value
//! exposes it for speaking and drops the words when they are spoken.

mod date;
mod frequency;
mod identifier;
mod number;

pub use date::{date, day, year};
pub use frequency::{Interval, frequency, months};
pub use identifier::{digits, letter, letters_digits, npi, phone, spelled, tax_id};
pub use number::{count, money, number, percent};
