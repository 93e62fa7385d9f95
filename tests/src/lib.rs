//! Tests of the whole: the house's own rules, and the system from outside.
//!
//! Everything lies in `tests/`; this library is empty. Tests of one crate stand beside its code, not here.
//!
//! | test | what it holds |
//! |---|---|
//! | `whole_call` | one call end to end on real audio, judged by the carrier's own log |
//! | `bad_input` | whatever the carrier, the far end or a vendor does, a call ends in a typed outcome |
//! | `canary` | planted people are in no log, journal, error, panic or open file |
//! | `tidy` | the rules of the house that a reader of the source can check |
//! | `dependencies` | who may depend on whom, and on what |
