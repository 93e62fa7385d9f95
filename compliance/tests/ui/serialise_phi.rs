//! Protected health information is written into no JSON and no other form, neither alone nor as a field of what is.

use callwright_compliance::PhiString;
use serde::Serialize;

#[derive(Serialize)]
struct Patient {
    name: PhiString,
}

fn main() {
    let name = PhiString::new(String::from("Maria"));
    let _ = serde_json::to_string(&name);
    let _ = serde_json::to_value(name);
}
