#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A quick sample of the oracle; 77 (skipped) where a process may not be traced.
set -u
oracle=$1
message=$("$oracle" --cases 1 2>&1)
if [ $? -eq 2 ]; then
  echo "skipped: $message"
  exit 77
fi
exec "$oracle" --seed 20250 --cases 30000
