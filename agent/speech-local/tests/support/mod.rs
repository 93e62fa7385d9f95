//! What the measurements share: a telephone line, and sentences with values drawn at random.

pub(crate) mod sentences;
pub(crate) mod telephone;
