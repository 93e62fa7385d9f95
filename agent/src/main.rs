//! The `callwright` command.
fn main() {}
