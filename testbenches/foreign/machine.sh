#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The whole machine around another MMU, another IOMMU: programs agree with an MMU that walks ahead beside an IOMMU
# with four requests in flight, and with an IOMMU that caches nothing; an MMU that forgets U/S and an IOMMU that
# keeps a request for good are found and explained; what cannot be built is said in one line.
# usage: machine.sh RINGWALK FOREIGN_DIR PROGRAMS_DIR CACHE
set -u
ringwalk=$1 foreign=$2 programs=$3 cache=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "$*"
  failed=1
}

# agrees PROGRAM WAITS STATUS OPTION...: one that asks for what the design lacks fails its own check, in agreement.
agrees() {
  program=$1 waits=$2 want=$3
  shift 3
  said=$("$ringwalk" run "$@" --rtl-build "$cache" --wait-states "$waits" --no-bundle --quiet --max-cycles 20000000 \
    "$programs/$program.elf" 2>&1)
  status=$?
  if [ $status -ne "$want" ] || ! grep -q '^verdict: agreed' <<<"$said"; then
    fail "$program, wait states $waits, $*: status $status: $said"
  fi
}

for run in "demo 0 0" "stale 0 0" "gates64 2 0" "pagetorture 0 0" "remap 1 4" "traffic 3 0"; do
  read -r program waits want <<<"$run"
  agrees "$program" "$waits" "$want" --mmu-rtl "$foreign/ahead" --iommu-rtl "$foreign/manywalks"
done
for run in "demo 0 0" "demo 3 0" "remap 0 4" "traffic 0 0" "dmaattack 3 4" "hiding 1 0" "platform 0 0"; do
  read -r program waits want <<<"$run"
  agrees "$program" "$waits" "$want" --iommu-rtl "$foreign/plainvtd"
done
# Random structures, messages, DMA, queues and commands.
for seed in 1 2 3; do
  agrees vtd $seed 0 --iommu-rtl "$foreign/plainvtd" --append "seed=$seed cases=30 aw=48"
done

# Broken: U/S does not deny a user's read; what is blocked is never answered.
cp -r "$foreign/notlb" "$work/mmu"
cp -r "$foreign/plainvtd" "$work/iommu"
sed -i "s/if (req.user) return !us ||/if (req.user) return 1'b0 ||/" "$work/mmu/notlb_rules.sv"
sed -i "s/assign dma_rsp_valid_o = step == Reply;/assign dma_rsp_valid_o = step == Reply \&\& good;/" "$work/iommu/plainvtd.sv"
cmp -s "$foreign/notlb/notlb_rules.sv" "$work/mmu/notlb_rules.sv" && fail "notlb_rules.sv has no such line any more"
cmp -s "$foreign/plainvtd/plainvtd.sv" "$work/iommu/plainvtd.sv" && fail "plainvtd.sv has no such line any more"

# found PROGRAM TEXT...: the broken pair in it is a mismatch, told so.
found() {
  program=$1
  shift
  said=$("$ringwalk" run --mmu-rtl "$work/mmu" --iommu-rtl "$work/iommu" --rtl-build "$work/build" --no-bundle --quiet \
    "$programs/$program.elf" 2>&1)
  status=$?
  [ $status -eq 1 ] || fail "the broken design, $program: status $status: $said"
  for text; do
    grep -qF "$text" <<<"$said" || fail "the broken design, $program: no '$text' in: $said"
  done
}
found demo 'stream legality, field verdict' 'ILLEGAL: access rights (4.6)' 'DENIES U/S (4.6.1)'
found remap 'stream dma, field dma_rsp_valid_o' 'not in 5000 cycles'

# refused TEXT ARGUMENT...: one line, status 2.
refused() {
  text=$1
  shift
  said=$("$ringwalk" run --rtl-build "$work/build" "$@" 2>&1)
  status=$?
  if [ $status -ne 2 ] || [ "$(wc -l <<<"$said")" -ne 1 ] || ! grep -qF "$text" <<<"$said"; then
    fail "$*: status $status, no one line with '$text': $said"
  fi
}
sed -i '/flush_ready_o/d' "$work/mmu/mmu.sv"
refused 'no such folder' --mmu-rtl "$work/none" "$programs/demo.elf"
refused 'wants a folder' "$programs/demo.elf" --mmu-rtl
refused 'ringwalk run: ' --mmu-rtl "$work/mmu" "$programs/demo.elf"
refused 'beside --mmu-rtl' --mmu-rtl "$foreign/ahead" --own-mmu "$programs/demo.elf"
refused 'beside --iommu-rtl' --iommu-rtl "$foreign/plainvtd" --own-iommu=1 "$programs/demo.elf"
refused "unknown key 'records'" --mmu-rtl "$foreign/plainvtd" "$programs/demo.elf"
sed -i '/dma_ready_o,/d' "$work/iommu/plainvtd.sv"
refused 'ringwalk run: ' --iommu-rtl "$work/iommu" "$programs/demo.elf"
exit $failed
