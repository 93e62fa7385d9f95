//! A known vendor with which nothing is signed cannot be put into a register.

use callwright_compliance::vendor::Register;
use callwright_compliance::vendor::known::{KNOWN, Unsigned};

fn main() {
    let known: &'static Unsigned = &KNOWN[0];
    let _ = Register { rows: vec![known] };
}
