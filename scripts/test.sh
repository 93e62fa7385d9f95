#!/usr/bin/env bash
# Runs every Rust test of the workspace: unit, property, compile-fail, socket and whole-call tests, and the examples in the
# documentation. With cargo-nextest, if it is here, else with cargo's own runner. The runner's summary is the last thing printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if cargo nextest --version >/dev/null 2>&1; then
    # nextest does not run documentation examples. They go first, so that its summary closes.
    cargo test --locked --workspace --doc
    cargo nextest run --locked --workspace
else
    echo "test: cargo-nextest is not installed; cargo's own runner does as well"
    cargo test --locked --workspace
fi
