//! What must not compile: permits forged, cloned, printed, stored or used twice, the gate forced open, and protected health information
//! printed, logged, serialised, compared, stored or put into an error.
//!
//! The `.stderr` files hold the compiler's words, so the compiler is pinned in `rust-toolchain.toml`.

#[test]
fn forbidden_things_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
