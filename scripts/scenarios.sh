#!/usr/bin/env bash
# Plays every demo scenario with local and with simulated vendors, and says which came out complete with every answer right.
#
#   scripts/scenarios.sh FOLDER
#
# It exits with 0 only where all of them did.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:?where to keep what they say}
mkdir -p "$folder"

wrong=0
for scenario in acme-medical acme-dental acme-dropped; do
    for vendors in local simulated; do
        name="$scenario-$vendors"
        began=$SECONDS
        if cargo run --locked --quiet --package callwright -- demo \
            --scenario "$scenario" --vendors "$vendors" --out "$folder/$name" >"$folder/$name.log" 2>&1; then
            verdict=complete
        else
            verdict="NOT complete (exit code $?); see $folder/$name.log"
            wrong=$((wrong + 1))
        fi
        printf 'scenario %-12s vendors %-9s: %s, %d s\n' "$scenario" "$vendors" "$verdict" $((SECONDS - began))
    done
done
echo "scenarios: $((6 - wrong)) of 6 complete"
[[ $wrong -eq 0 ]]
