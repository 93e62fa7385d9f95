//! Protected health information cannot be printed, and a struct that holds it cannot derive `Debug`.

use callwright_compliance::PhiString;

#[derive(Debug)]
struct Patient {
    name: PhiString,
}

fn main() {
    let name = PhiString::new(String::from("Maria"));
    println!("{name}");
    println!("{name:?}");
}
