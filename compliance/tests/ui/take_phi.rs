//! Protected health information has no exit without a purpose.

use callwright_compliance::PhiString;

fn main() {
    let name = PhiString::new(String::from("Maria"));
    let _: &str = name.as_ref();
    let _: &String = &*name;
    let _ = name.clone();
    let _ = name.0;
}
