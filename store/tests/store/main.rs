//! The store over real files: what it keeps, what it seals, and what it refuses.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod incidents;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod queue;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tenancy;
