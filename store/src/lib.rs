//! **Durable state**: practices, requests, calls, results, the evidence decisions rest on, and the audit chain, in one SQLite file.
//!
//! - Patient values exist on disc only sealed, under a data key of their request ([`KeyRing`], [`Sealed`]; rule K1).
//! - An act is a method of [`Tx`], and writes its own audit row; [`Tx::commit`] is the only way to keep either (rule A1).
//! - Every row is reached through its tenant; another tenant's row is [`StoreError::NotFound`] (rule T1).
//! - Time is an argument. The store reads no clock, starts no timer and decides nothing about calls.
//!
//! ```no_run
//! use callwright_store::{KeyRing, RandomId, Store};
//! use callwright_compliance::audit::Actor;
//! use callwright_compliance::{PersonId, TenantId};
//! # async fn example(now: jiff::Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeyRing::create("callwright.key".as_ref())?;
//! let store = Store::open("callwright.db".as_ref(), keys).await?;
//! let (tenant, admin) = (TenantId::random()?, Actor::Person(PersonId::new("admin-1")?));
//! store.found_practice(&tenant, "Oak Street Dental LLC", &admin, now).await?;
//! # Ok(()) }
//! ```
//!
//! What it does not do: it keeps no audio and no words (they are files, sealed by [`FileSealer`]), it starts no purge by
//! itself, and it has no second backend yet.

mod allowlist;
mod audit;
mod backup;
mod call;
mod checkpoint;
mod codec;
mod consent;
mod contact;
mod data_key;
mod dialling;
mod erasures;
mod error;
mod evidence;
mod hold;
mod id;
mod identifiers;
mod incident;
mod keys;
mod ledger;
mod number_proof;
mod open;
mod opt_out;
mod patient;
mod person;
mod practice;
mod queue;
mod register_key;
mod replaced;
mod request;
mod restore;
mod result;
mod retention;
mod sealed;
mod state;
mod store;
mod text;
mod tx;

pub use audit::Elsewhere;
pub use backup::Backup;
pub use call::{Call, CarrierSid, DialIntent, SID_BYTES_MAX};
pub use checkpoint::Unsigned;
pub use consent::{ConsentAbout, NewConsent};
pub use contact::{ContactNote, ContactPreference};
pub use data_key::FileSealer;
pub use dialling::{CallEnd, Ending, NewIntent};
pub use error::{Fault, Kind, RunningLimit, StoreError};
pub use evidence::{StopScope, Thrown, day_began};
pub use hold::{HoldScope, LegalHold, Lifted};
pub use id::{CallId, HoldId, IdError, IncidentId, LocationId, ProviderId, RandomId};
pub use identifiers::{Npi, TaxId};
pub use incident::{Incident, NewIncident, Opened, Taken};
pub use keys::KeyRing;
pub use ledger::{LedgerKey, LedgerScope, Unaccounted};
pub use number_proof::ProofAsked;
pub use opt_out::{Covering, Lifting, NewOptOut, OptOutEntry};
pub use patient::{PATIENT_VALUE_BYTES_MAX, Patient};
pub use person::Person;
pub use practice::{Location, Practice, Provider};
pub use queue::{Adopted, Lease};
pub use request::{Order, PAGE_ROWS_MAX, Page, Priority, Request};
pub use restore::{Erasures, IfThere, Restore, Restored};
pub use result::{Evidence, ResultField};
pub use retention::{ClassState, DueCall, DueKey, DueRequest, DueSearch, Found};
pub use sealed::{KeyId, Sealed};
pub use state::RequestState;
pub use store::Store;
pub use text::{CODE_BYTES_MAX, Code, NAME_CHARS_MAX, PATH_CHARS_MAX};
pub use tx::{Access, Tx};
