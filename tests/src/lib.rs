//! Tests of the whole: the house's own rules, and the system from outside.
//!
//! Everything lies in `tests/`; this library is empty. Tests of one crate stand beside its code, not here.
//!
//! | test | what it holds |
//! |---|---|
//! | `tidy` | the rules of the house that a reader of the source can check |
//! | `dependencies` | who may depend on whom, and on what |
