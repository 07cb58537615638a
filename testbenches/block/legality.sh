#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The legality oracle beside exact mode, then alone: no answer ILLEGAL or unjudged, and of every kind
# (paging mode, structure) some are legal and stale.
# usage: legality.sh RINGWALK mmu|iommu SEED...
set -eu
ringwalk=$1
block=$2
shift 2
check() {
  local json
  json=$("$ringwalk" "$block" --seed "$@" --no-bundle --quiet --json - | tr -d '\n\t ')
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
"$ringwalk" "$block" --requests 100 --no-bundle --quiet --json - | tr -d '\n\t ' | grep -q '"fresh":0,'
