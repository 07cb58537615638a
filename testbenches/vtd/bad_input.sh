#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cannot be asked of the judge gets one line and status 2. usage: bad_input.sh PYTHON -B VTD RINGWALK QEMU IMAGE
set -u
failed=0
refused() {
  said=$("$@" 2>&1 >/dev/null)
  status=$?
  if [ $status -ne 2 ] || [ "$(echo "$said" | wc -l)" -ne 1 ] || [ "${said#vtd: }" = "$said" ]; then
    echo "status $status: $*"
    echo "$said"
    failed=1
  fi
}
refused "$@" --seeds 3 2
refused "$@" --seeds 1
refused "$@" --seeds a b
refused "$@" --cases 0
refused "$@" --lockstep -1
refused "$@" --nothing
refused "$@" --keep /dev/null/x
python=$1 flag=$2 script=$3 ringwalk=$4 qemu=$5 image=$6
refused "$python" "$flag" "$script" "$ringwalk" no-such-qemu "$image"
refused "$python" "$flag" "$script" "$ringwalk" "$qemu" /no/such/image
exit $failed
