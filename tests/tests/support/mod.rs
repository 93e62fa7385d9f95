//! A whole house for one call: the product's services around a simulated carrier and payer, over real sockets, in a folder of its own.
//!
//! Nothing of the product is replaced but its vendors, and those only where a test says so. It judges nothing: the tests do.

pub(crate) mod faulty;
pub(crate) mod house;
pub(crate) mod vendors;
