#!/usr/bin/env bash
# Runs the demo several times in a row and says how many calls came out complete. What each said is kept.
#
#   scripts/demos.sh COUNT FOLDER
#
# It exits with 0 only where all of them are complete.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

count=${1:?how many}
folder=${2:?where to keep what they say}
mkdir -p "$folder"

complete=0
for ((run = 1; run <= count; run++)); do
    log="$folder/$run.log"
    began=$SECONDS
    if cargo run --locked --quiet --package callwright -- demo >"$log" 2>&1; then
        complete=$((complete + 1))
        verdict=complete
    else
        verdict="NOT complete (exit code $?); see $log"
    fi
    printf 'demo %2d of %d: %s, %d s\n' "$run" "$count" "$verdict" $((SECONDS - began))
done
echo "demos: $complete of $count complete"
[[ $complete -eq $count ]]
