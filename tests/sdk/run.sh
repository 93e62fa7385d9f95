#!/usr/bin/env bash
# Runs the vendors' official Python SDKs against our simulators of them: Deepgram, OpenAI, ElevenLabs and Twilio.
#
#   tests/sdk/run.sh
#
# It makes a virtual environment under the target folder, installs the pinned packages (from the network, the first time), starts
# the simulators, and says one line for each check and how many passed. It exits with 0 only where all of them did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

here=tests/sdk
target=${CARGO_TARGET_DIR:-target}
venv=$target/sdk-venv
log=$target/sdk-simulators.log

if ! cmp --silent "$here/requirements.txt" "$venv/installed.txt"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/installed.txt"
fi

cargo build --locked --quiet --package callwright-sim --example vendors

# The simulators stop when their standard input is closed, so also when this script dies.
coproc simulators { exec "$target/debug/examples/vendors" --minutes 10 2>"$log"; }
process=$!
input=${simulators[1]}
stop() {
    exec {input}>&-
    wait "$process" 2>/dev/null || true
}
trap stop EXIT
if ! read -r -t 120 SIMULATORS <&"${simulators[0]}"; then
    echo "sdk: the simulators did not start; see $log" >&2
    exit 1
fi
export SIMULATORS PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here

began=$SECONDS
results=$target/sdk-results.txt
: >"$results"
for vendor in deepgram openai elevenlabs twilio; do
    if ! timeout 120 "$venv/bin/python" "$here/${vendor}_sdk.py" | tee -a "$results"; then
        # A check that fails has said so; a script that dies has not.
        grep --quiet "^FAIL  ${vendor}_sdk" "$results" || echo "FAIL  ${vendor}_sdk died" | tee -a "$results"
    fi
done
passed=$(grep --count '^ok ' "$results" || true)
failed=$(grep --count '^FAIL ' "$results" || true)
packages=$(sed -n 's/^\(deepgram-sdk\|openai\|elevenlabs\|twilio\)==/\1 /p' "$here/requirements.txt" | paste --serial --delimiters=, | sed 's/,/, /g')
echo "sdk: $passed passed, $failed failed in $((SECONDS - began)) s ($packages)"
[[ $failed -eq 0 && $passed -gt 0 ]]
