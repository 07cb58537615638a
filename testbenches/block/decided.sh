#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The default run of a block bench agrees, and no bit is left undecided.
# usage: decided.sh RINGWALK BLOCK [SEED]
set -eu
json=$("$1" "$2" --seed "${3:-1}" --no-bundle --quiet --json -)
echo "$json"
echo "$json" | tr -d '\n\t' | grep -q '"undecided":[[:space:]]*\[\]'
