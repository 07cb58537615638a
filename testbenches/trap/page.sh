#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/trap-matrix.md is what ringwalk trap --page says: page.sh SOURCE_DIR RINGWALK
set -u
page=$1/docs/trap-matrix.md
said=$(mktemp)
trap 'rm -f "$said"' EXIT
"$2" trap --page >"$said" || { echo "ringwalk trap --page fails"; exit 1; }
diff "$page" "$said" || { echo "$page is not what ringwalk trap --page says"; exit 1; }
