//! Placing a call uses the permit up.

use callwright_compliance::DialPermit;

fn originate(_: DialPermit) {}

fn twice(permit: DialPermit) {
    originate(permit);
    originate(permit);
}

fn main() {}
