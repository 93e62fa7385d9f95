# Two commands do everything on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
# Nothing here asks a question. What is missing on the machine is named first and then installed (scripts/setup.sh).

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

# Where rustup puts cargo on a machine that had none.
export PATH := $(or $(CARGO_HOME),$(HOME)/.cargo)/bin:$(PATH)

# Arguments for the demo: make demo ARGS="--scenario acme-medical --out out/demo"
ARGS ?=
# How many demos `make demo-ten` runs, and where it keeps what they said.
DEMOS ?= 10
DEMO_OUT ?= out/demo-ten
# Where `make scenarios` keeps what they said.
SCENARIO_OUT ?= out/scenarios
# The target without an operating system that the core must build for.
BARE := x86_64-unknown-none
# `advisories` wants the network: make deny DENY="advisories bans licenses sources"
DENY ?= bans licenses sources

.PHONY: help
help: ## this list
	@echo "callwright: insurance-verification calls, placed under policy"
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf '  make %-10s %s\n' "$$name" "$$what"; done
	@echo
	@echo '  ARGS="..." passes arguments to the demo; make demo ARGS=--help lists them.'

.PHONY: setup
setup: ## install what demo and test need, if it is not there
	@scripts/setup.sh

.PHONY: demo
demo: setup ## one verification call, on real audio, on this machine (two and a half minutes)
	@cargo build --locked --package callwright
	@cargo run --locked --quiet --package callwright -- demo $(ARGS)

.PHONY: demo-ten
demo-ten: setup ## ten demos in a row; each must come out complete
	@cargo build --locked --package callwright
	@scripts/demos.sh $(DEMOS) $(DEMO_OUT)

.PHONY: test
test: setup ## all Rust tests, on SQLite
	@scripts/test.sh

.PHONY: test-all
test-all: tools test check no-std deny shell fhir hostile vendors sdk scenarios demo-ten ## the tests, and everything else that can be checked

.PHONY: tools
tools:
	@scripts/setup.sh --tools

.PHONY: check
check: fmt clippy doc ## formatting, lints and documentation

.PHONY: fmt
fmt: setup ## is every file formatted?
	@cargo fmt --all --check

.PHONY: clippy
clippy: setup ## are there lints?
	@cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: doc
doc: setup ## does the documentation build, without a broken link?
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

.PHONY: no-std
no-std: setup ## does the core build where there is no operating system?
	@if ! command -v rustup >/dev/null; then \
		echo "no-std: skipped: without rustup the target $(BARE) cannot be installed"; \
	elif ! rustup target list --installed | grep -qx $(BARE) && ! rustup target add $(BARE); then \
		echo "no-std: skipped: the target $(BARE) could not be installed"; \
	else \
		cargo build --locked --package callwright-core --target $(BARE); \
		echo "no-std: callwright-core builds for $(BARE)"; \
	fi

.PHONY: deny
deny: setup ## dependencies: who may use what, licences, sources
	@if command -v cargo-deny >/dev/null; then \
		cargo deny --locked check $(DENY); \
	else \
		echo "deny: skipped: cargo-deny is not installed (cargo install --locked cargo-deny); the test 'dependencies' checks who may use what"; \
	fi

.PHONY: shell
shell: ## are the shell scripts sound?
	@if command -v shellcheck >/dev/null; then \
		shellcheck scripts/*.sh tests/fhir/run.sh tests/sdk/run.sh .ci/run && echo "shell: the scripts are sound"; \
	else \
		echo "shell: skipped: shellcheck is not installed (scripts/setup.sh --tools)"; \
	fi

.PHONY: vendors
vendors: setup ## whole calls through hosted vendors' protocols, and what becomes of each vendor's faults
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --package acceptance --run-ignored only --success-output final -E 'binary(hosted_vendors)'; \
	else \
		cargo test --locked --package acceptance --test hosted_vendors -- --ignored --nocapture --test-threads 2; \
	fi

.PHONY: sdk
sdk: ## do the vendors' own SDKs take our simulators for the real thing?
	@tests/sdk/run.sh

.PHONY: hostile
hostile: setup ## a thousand calls in virtual time with a hostile far end and a model that obeys it
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked --package acceptance --run-ignored only --no-capture -E 'binary(hostile)'; \
	else \
		cargo test --locked --package acceptance --test hostile -- --ignored --nocapture; \
	fi

.PHONY: scenarios
scenarios: setup ## each scenario, with local and with simulated vendors; all must come out complete
	@cargo build --locked --package callwright
	@scripts/scenarios.sh $(SCENARIO_OUT)

.PHONY: fhir
fhir: ## are the results FHIR, to a validator that is not ours?
	@tests/fhir/run.sh || { code=$$?; [ $$code = 2 ] || exit $$code; echo "fhir: skipped: the validator could not be installed"; }
