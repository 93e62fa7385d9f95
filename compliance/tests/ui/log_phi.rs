//! Protected health information is no field of a log line, and no part of an error or a panic.

use callwright_compliance::PhiString;
use std::error::Error;

#[derive(Debug)]
struct NotCovered {
    member: PhiString,
}

fn main() {
    let (heard, kept) = (PhiString::new(String::from("W1")), PhiString::new(String::from("W2")));
    tracing::info!(member = %heard, "a log line");
    tracing::info!(member = ?heard, "a log line");
    tracing::info!(member = heard, "a log line");
    assert_eq!(heard, kept);
    assert!(heard == kept, "{heard}");
    let _: Box<dyn Error> = heard.into();
    std::panic::panic_any(format!("{kept:?}"));
}
