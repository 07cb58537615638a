#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A design agrees on several seeds, without and with wait states, nothing unjudged.
# usage: own.sh RINGWALK mmu|iommu DESIGN CACHE
set -eu
for run in "1 0" "2 0" "3 2" "4 5" "5 7"; do
  read -r seed waits <<<"$run"
  json=$("$1" "$2" --rtl "$3" --rtl-build "$4" --seed "$seed" --wait-states "$waits" --requests 60000 \
    --no-bundle --quiet --json -)
  tr -d '\n\t ' <<<"$json" | cut -c1-300
  echo
  tr -d '\n\t ' <<<"$json" | grep -q '"verdict":"agreed".*"illegal":0,"unjudged":0'
done
