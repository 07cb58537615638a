#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The default run of a block bench agrees, and no bit is left undecided; a short run leaves some, so
# the list can be other than empty.
# usage: decided.sh RINGWALK BLOCK [OPTIONS OF THE BLOCK...]
set -eu
run() {
  "$@" --no-bundle --quiet --json - | tr -d '\n\t'
}
none='"undecided":[[:space:]]*\[\]'
json=$(run "$@")
echo "$json"
grep -q "$none" <<<"$json"
! grep -q "$none" < <(run "$@" --requests 100)
