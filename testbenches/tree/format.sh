#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-format has nothing to change.
cd "$1" || exit 1
find model cosim testbenches rtl \( -name '*.c' -o -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 clang-format --dry-run -Werror
