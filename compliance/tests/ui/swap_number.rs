//! The number in a permit cannot be put in another's place.

use callwright_compliance::{DialPermit, PhoneNumber};

fn swap(mut permit: DialPermit, other: PhoneNumber) {
    permit.number = other;
}

fn main() {}
