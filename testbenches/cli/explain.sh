#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ringwalk explain: addresses of the demo at three points of it, a device's, and what it refuses.
# usage: explain.sh RINGWALK DEMO_PROGRAM
set -u
ringwalk=$1
program=$2
main=0x$(nm "$program" | sed -n "s,^0*\([0-9a-f]*\) T main\$,\1,p")
failed=0

# says TEXT OPTION...: the explanation has TEXT in it.
says() {
  text=$1
  shift
  if ! out=$("$ringwalk" explain "$program" "$@" 2>&1) || ! echo "$out" | grep -qF -e "$text"; then
    echo "explain $*: no '$text' in:"
    echo "$out"
    failed=1
  fi
}

refuses() {
  text=$1
  shift
  out=$("$ringwalk" explain "$@" 2>&1)
  if [ $? -ne 2 ] || ! echo "$out" | grep -qF -e "$text" || [ "$(echo "$out" | wc -l)" -ne 1 ]; then
    echo "explain $*: no one line with '$text', status 2, but:"
    echo "$out"
    failed=1
  fi
}

says 'paging is off (CR0.PG = 0): physical address 0x1000' --va 0x1000 --at-instruction 10
says "at rip $main, ring 0" --va 0x1000 --at-rip "$main"
says 'DENIES U/S (4.6.1): user write, U/S = 0 of all entries' --va "$main" --at-rip "$main" --ring 3 --access=write
says 'so the tables give #PF(0x7: P W/R U/S).' --va "$main" --at-rip "$main" --ring=3 --access write
says 'so the tables give blocked, 5h (write not permitted).' --iova 0x1000 --sid 00:02.0 --access write
says 'so the tables give blocked, 2h (context entry not present).' --iova 0x1000 --sid 00:03.0
says 'DMA remapping is off' --iova 0 --sid 00:02.0 --at-instruction 10
says 'so the table gives: let through as it is.' --iova 0xFEE00000 --sid 00:02.0 --access write --data 0x31
says 'rejected' --iova 0xFEE00000 --sid 00:02.0
says 'rejected' --iova 0xFEE00002 --sid 00:02.0 --access write
refuses 'a message has 32 bits' "$program" --iova 0xFEE00000 --sid 00:02.0 --access write --data 0x100000000
refuses 'does not come to that point' "$program" --va 0 --at-rip 0x999
refuses 'does not come to that point' "$program" --va 0 --at-rip "$main" --nth 2
refuses 'takes --va or --iova' "$program"
refuses 'takes --va or --iova' "$program" --va 0 --iova 0 --sid 00:02.0
refuses '--iova and --sid go together' "$program" --iova 0
refuses "--sid: '00:20.0' is no value of it" "$program" --iova 0 --sid 00:20.0
refuses "--va: 'x' is no value of it" "$program" --va x
refuses "--access: 'execute' is no value of it" "$program" --va 0 --access execute
refuses 'a device does not fetch' "$program" --iova 0 --sid 00:02.0 --access fetch
refuses 'there are 0 to 3' "$program" --va 0 --ring 4
refuses '--nth counts from 1' "$program" --va 0 --nth 0
refuses 'cannot be opened' /nonexistent --va 0
refuses 'explain takes one program' --va 0
exit $failed
