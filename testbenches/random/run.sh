#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random programs in lockstep: run.sh FROM TO MODE [--no-reduce] [randgen options], seeds FROM to TO.
# MODE is 64, 32, compat or system; randgen has --ring 3, --fuzz, --slots N, --paging 32|pae|4|5. OPTIONS go
# to ringwalk run (--wait-states 3); CORPUS=DIR keeps each program that reaches bins of coverage which none in DIR
# has reached (DIR/reached is what they have: ringwalk coverage); BUILD names the build directory, RINGWALK another ringwalk; KEEP=1
# keeps programs that agreed. A program that overwrote its own way out runs to the limit of cycles or halts
# for good, in agreement; more than one in ten of these is a failure of the generator. The first program that
# fails is made short (reduce.py).
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
work=${WORK:-$build/random}
if [ $# -lt 3 ]; then
  echo "usage: run.sh FROM TO 64|32|compat|system [--no-reduce] [--ring 3] [--fuzz] [--slots N] [--paging 32|pae|4|5]" >&2
  exit 2
fi
ringwalk=${RINGWALK:-$build/ringwalk}
# RUN: another tool that takes a program (testbenches/paths) instead of the lockstep.
run_one() {
  if [ -n "${RUN:-}" ]; then
    "$RUN" "$1"
  else
    "$ringwalk" run --no-bundle --quiet --seed "$seed" --max-cycles 4000000 ${OPTIONS:-} ${CORPUS:+--coverage "$p.cover"} "$1"
  fi
}

from=$1 to=$2 mode=$3
shift 3
reduce=1
[ -z "${RUN:-}" ] || reduce=
for word; do
  shift
  if [ "$word" = --no-reduce ]; then
    reduce=
  else
    set -- "$@" "$word"
  fi
done
# keep_if_new PROGRAM: into the corpus, if it has reached what the corpus has not.
keep_if_new() {
  new=$("$ringwalk" coverage "$p.cover" --beyond "$CORPUS/reached" | sed -n 's/^new bins: //p')
  if [ "${new:-0}" -ne 0 ]; then
    before=
    [ ! -f "$CORPUS/reached" ] || before=$CORPUS/reached
    cp "$1" "$CORPUS/" &&
      "$ringwalk" coverage ${before:+"$before"} "$p.cover" --into "$CORPUS/reached" >/dev/null || exit 2
    echo "seed $seed: $new new bins"
  fi
  rm -f "$p.cover" "$p.cover.lock"
}

mkdir -p "$work" ${CORPUS:+"$CORPUS"}
failed=0
endless=0
shutdown=0
seed=$from
while [ "$seed" -le "$to" ]; do
  p=$work/$mode$(echo "$*" | tr -d ' -')-$seed
  "$build/randgen" --seed "$seed" --mode "$mode" "$@" -o "$p.S" &&
    gcc -nostdlib -static -no-pie -Wl,--build-id=none,-n,--no-warn-rwx-segments -z noexecstack \
      -I "$here" -T "$here/link.ld" "$p.S" -o "$p.elf64" &&
    objcopy -O elf32-i386 "$p.elf64" "$p.elf" || exit 2
  run_one "$p.elf" >"$p.log" 2>&1
  status=$?
  if [ $status -eq 3 ] && grep -q '^verdict: limit' "$p.log"; then
    endless=$((endless + 1))
    status=0
  fi
  # It halted with interrupts off: one that ought to wake it would have been a mismatch by its deadline.
  if grep -q '^verdict: hang' "$p.log" && grep -q '^  at rip .*: hlt$' "$p.log"; then
    endless=$((endless + 1))
    status=0
  fi
  # A program checks nothing: what it writes to the port of its end has no meaning.
  [ $status -ne 4 ] || ! grep -q '^verdict: agreed' "$p.log" || status=0
  ! grep -q '^verdict: agreed (the guest shut down' "$p.log" || shutdown=$((shutdown + 1))
  [ $status -ne 0 ] || [ -z "${CORPUS:-}" ] || keep_if_new "$p.elf"
  if [ $status -eq 0 ]; then
    [ -n "${KEEP:-}" ] || rm -f "$p.S" "$p.elf64" "$p.elf" "$p.log"
  else
    failed=$((failed + 1))
    echo "seed $seed: $p.log"
    head -n 12 "$p.log"
    if [ -n "$reduce" ]; then
      reduce=
      python3 "$here/reduce.py" --randgen "$build/randgen" --out "$p-reduced" \
        --run "'$ringwalk' run --no-bundle --quiet --seed $seed ${OPTIONS:-}" -- --seed "$seed" --mode "$mode" "$@"
    fi
  fi
  seed=$((seed + 1))
done
echo "seeds $from to $to, mode $mode $*: $failed failed, $endless ran to the limit, $shutdown shut down"
[ "$failed" -eq 0 ] && [ $((endless * 10)) -le $((to - from + 10)) ]
