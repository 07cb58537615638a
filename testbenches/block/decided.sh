#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The default run of a block bench agrees, and no bit is left undecided; a short run leaves some, so
# the list can be other than empty.
# usage: decided.sh RINGWALK BLOCK [SEED]
set -eu
run() {
  "$1" "$2" --seed "$3" --no-bundle --quiet --json - "${@:4}" | tr -d '\n\t'
}
none='"undecided":[[:space:]]*\[\]'
json=$(run "$1" "$2" "${3:-1}")
echo "$json"
grep -q "$none" <<<"$json"
! grep -q "$none" < <(run "$1" "$2" "${3:-1}" --requests 100)
