//! What may be said: the versioned packs, and the spoken forms of values.
//!
//! A [`Pack`] holds, for one language, the fixed disclosures and compliance clips, the sentences of the rule-based
//! model, the question sets with the words that tell one field from another, and the sentences a payer is likely to
//! say (the training domain of the local recogniser). A pack is data: it is read and checked as a whole, and every
//! mistake in it is reported at once by file and key.
//!
//! [`spoken`] turns digits, money and dates into words paced for the telephone. [`corpus`] draws training sentences
//! from a pack and a seed.
//!
//! This crate does not decide when something is said (that is the core), nor whether it may be (that is the gate in
//! `callwright-compliance`), and it never holds a patient's values: templates hold typed [`slots::Token`]s, which are
//! filled in where words are spoken.

pub mod clip;
pub mod corpus;
mod far_end;
pub mod lexicon;
pub mod model;
pub mod notice;
pub mod pack;
pub mod phrase;
pub mod problem;
pub mod question;
mod rng;
pub mod slots;
pub mod spoken;
mod vocabulary;

pub use clip::{Business, ClipName};
pub use model::ModelBrief;
pub use notice::{NoticeText, Notices, Places};
pub use pack::{Pack, Sources};
pub use phrase::PhraseName;
pub use problem::{PackError, Problem};
pub use question::{Choice, Pattern, Question, QuestionSet, ReadBack, Shares, ValueKind};
pub use slots::{Piece, Template, TemplateError, Token};
