//! The store over real files: what it keeps, what it seals, and what it refuses.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod checkpoints;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod number_proof;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod person;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod registers;
#[cfg(test)]
mod restoring;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tenancy;
