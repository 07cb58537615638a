#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The legality oracle beside exact mode, then alone: no translation ILLEGAL or unjudged, and in every
# paging mode some are legal and stale.
# usage: legality.sh RINGWALK SEED...
set -eu
ringwalk=$1
shift
check() {
  local json
  json=$("$ringwalk" mmu --seed "$@" --no-bundle --quiet --json - | tr -d '\n\t ')
  echo "seed $*: $json" | cut -c1-400
  grep -q '"illegal":0,' <<<"$json"
  grep -q '"unjudged":0,' <<<"$json"
  ! grep -qE '"legal_stale_in":[^}]*:0[,}]' <<<"$json"
  [ "$(grep -oE '"legal_stale_in":[^}]*' <<<"$json" | tr , '\n' | wc -l)" = 5 ]
}
for seed in "$@"; do
  check "$seed" --legality
done
check "$1" --legality --wait-states 7
check "$1" --legality=only
# Without the option nothing is judged.
"$ringwalk" mmu --requests 100 --no-bundle --quiet --json - | tr -d '\n\t ' | grep -q '"fresh":0,'
