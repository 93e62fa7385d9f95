//! Tests of the whole: the house's own rules, and the system from outside.
//!
//! Everything lies in `tests/`; this library is empty. Tests of one crate stand beside its code, not here.
//!
//! | test | what it holds |
//! |---|---|
//! | `whole_call` | one call end to end on real audio, judged by the carrier's own log |
//! | `bad_input` | whatever the carrier, the far end or a vendor does, a call ends in a typed outcome |
//! | `last_word` | a stop that comes between the decision and the dialling has the last word |
//! | `canary` | planted people are in no log, journal, error, panic or open file |
//! | `hostile` | a far end that asks for everything, and a model that obeys it, come to nothing that is not allowed |
//! | `hosted_vendors` | whole calls through hosted vendors' protocols, and what becomes of each vendor's faults (`make vendors`) |
//! | `results` | what calls found out, as FHIR, a page, CSV and JSON |
//! | `egress` | connections are made in the approved modules only |
//! | `compliance_docs` | every rule has its row in `docs/compliance.md`, and every row a test that is there |
//! | `tidy` | the rules of the house that a reader of the source can check |
//! | `dependencies` | who may depend on whom, and on what |
