#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bad input gets one line on standard error that begins with "ringwalk", and exit status 2; a guest that
# goes wrong gets a verdict. Nothing crashes, nothing hangs.
# usage: bad_input.sh RINGWALK PROGRAM_DIR
set -u
ringwalk=$1
programs=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# refused NAME ARGS...: status 2 and exactly one line on standard error.
refused() {
  local name=$1 status lines
  shift
  timeout 60 "$ringwalk" "$@" >"$work/out" 2>"$work/err"
  status=$?
  lines=$(wc -l <"$work/err")
  if [ $status -ne 2 ] || [ "$lines" -ne 1 ]; then
    echo "$name: status $status, $lines lines: $(head -n 3 "$work/err")"
    failed=1
  fi
}

# ends NAME STATUS VERDICT ARGS...: that exit status, that verdict in the JSON object.
ends() {
  local name=$1 want=$2 verdict=$3 status
  shift 3
  timeout 120 "$ringwalk" "$@" --no-bundle --quiet --json "$work/json" >"$work/out" 2>"$work/err"
  status=$?
  if [ $status -ne "$want" ] || ! grep -q "\"verdict\":[[:space:]]*\"$verdict\"" "$work/json"; then
    echo "$name: status $status, $(grep verdict "$work/json") $(head -n 2 "$work/err")"
    failed=1
  fi
}

demo=$programs/demo.elf
refused "no such file" run "$work/none.elf"
: >"$work/empty"
refused "empty file" run "$work/empty"
echo "not an image at all" >"$work/text"
refused "text file" run "$work/text"
head -c 300 "$demo" >"$work/cut"
refused "cut in the headers" run "$work/cut"
head -c 6000 "$demo" >"$work/cut2"
refused "cut in a segment" run "$work/cut2"
refused "too little memory" run --memory 4M --module /bin/bash --module /bin/bash --module /bin/bash --module /bin/bash "$demo"
refused "a module that is not there" run --module "$work/none" "$demo"
refused "serial input that is not there" run --serial-input "$work/none" "$demo"
refused "serial input that is a directory" model --serial-input "$work" "$demo"
refused "a directory" run "$work"
refused "a host program" run /bin/true
refused "unknown option" run --no-such-option "$demo"
refused "no program" run
refused "two programs" run "$demo" "$demo"
refused "bad number" run --seed abc "$demo"
refused "number out of range" run --wait-states 9 "$demo"
refused "no such feature" run --cpuid -frobnicate "$demo"
refused "no such capability" run --vtd -frob "$demo"
refused "no width left" run --vtd -39,-48,-57 "$demo"
refused "a source-id that is none" run --ioapic-sid ff:20.0 "$demo"
refused "the source-id of the host bridge" model --ioapic-sid 00:00.0 "$demo"
refused "no such register" run --start r8=1 "$demo"
refused "a register without a number" run --start rip= "$demo"
refused "a feature that is not implemented" model --cpuid +avx "$demo"
refused "no such personality" run --undefined amd "$demo"
refused "no such disk" run --disk "$work/none" "$demo"
refused "a directory as disk" model --disk "$work,ro" "$demo"
refused "a disk without a sector" run --disk "$work/text" "$demo"
refused "a disk that is no file" run --disk /dev/null "$demo"
refused "a power button without a cycle" run --power-button-at never "$demo"
refused "a command line that is too long" run --append "$(printf '%2048s' x)" "$demo"
refused "unknown command" frobnicate
refused "bad block option" mmu --seed x
refused "bad bus option" bus --wait-states 8
refused "block argument" iommu something
refused "legality in another way" mmu --legality=never
refused "legality of a block without it" bus --legality
refused "no such capability of the block" iommu --vtd -frob
refused "capabilities of a block that has none" mmu --vtd -ir
refused "replay of nothing" replay "$work/none"
refused "unwritable JSON" model --quiet --json /dev/full "$demo"
refused "unwritable trace" run --quiet --trace /no/such/dir/t --max-cycles 1000 "$demo"
refused "a range that is none" run --quiet --trace "$work/t,5" --max-cycles 1000 "$demo"
refused "no trace of the model alone" model --trace "$work/t" "$demo"
refused "no such instruction" trap sgtd
refused "unwritable wave" run --quiet --wave /no/such/dir/w.fst --max-cycles 1000 "$demo"
# ELF32 with two segments on top of each other: the second program header repeats the first.
python3 - "$demo" "$work/overlap" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
off, = struct.unpack_from("<I", data, 28)
data[off + 32:off + 64] = data[off:off + 32]
struct.pack_into("<H", data, 44, 2)
open(sys.argv[2], "wb").write(data)
PY
refused "overlapping segments" run "$work/overlap"
# The same with its segments where the firmware's tables are.
python3 - "$demo" "$work/firmware" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
off, = struct.unpack_from("<I", data, 28)
struct.pack_into("<I", data, off + 12, 0xE1000)
struct.pack_into("<I", data, off + 20, 0x1000 - 0x800)
struct.pack_into("<I", data, off + 16, 0x100)
open(sys.argv[2], "wb").write(data)
PY
refused "a segment among the firmware's tables" run "$work/firmware"
ends "limit of cycles" 3 limit run --max-cycles 5000 "$demo"
ends "limit of instructions" 3 limit run --max-instructions 1000 "$demo"
ends "guest: triple fault" 4 agreed run "$programs/bad_triple.elf"
ends "guest: halts for ever" 3 hang run "$programs/bad_halt.elf"
ends "guest: loops for ever" 3 limit run --max-cycles 300000 "$programs/bad_loop.elf"
ends "guest: runs into MMIO" 4 agreed run "$programs/bad_jump.elf"
ends "guest: DMA to nowhere" 0 agreed run "$programs/bad_dma.elf"
ends "guest: fails its check" 4 agreed run "$programs/bad_check.elf"
ends "guest: resets for ever" 3 limit run --max-cycles 300000 "$programs/bad_reset.elf"
ends "guest: resets into real mode" 4 agreed run "$programs/bad_real.elf"
grep -q "go on in real mode" "$work/out" || { echo "resets into real mode: without a word"; failed=1; }
ends "model: resets into real mode" 4 agreed model "$programs/bad_real.elf"
grep -q "go on in real mode" "$work/out" || { echo "model: resets into real mode: without a word"; failed=1; }
ends "model: resets for ever" 3 limit model --max-cycles 300000 "$programs/bad_reset.elf"
ends "model: triple fault" 4 agreed model "$programs/bad_triple.elf"
ends "model: halts for ever" 3 hang model "$programs/bad_halt.elf"
ends "model: loops for ever" 3 limit model --max-cycles 300000 "$programs/bad_loop.elf"
exit $failed
