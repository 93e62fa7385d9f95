//! What must not compile: permits forged, cloned, stored or used twice, and protected health information printed.
//!
//! The `.stderr` files hold the compiler's words, so the compiler is pinned in `rust-toolchain.toml`.

#[test]
fn forbidden_things_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
