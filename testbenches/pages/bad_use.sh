#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ./rw lab, guest and docs used badly: one line, status 2, nothing made.
# usage: bad_use.sh SOURCE_DIR BUILD_DIR
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree" "$work/here"
for name in rw docs testbenches; do ln -s "$1/$name" "$work/tree/$name"; done
ln -s "$2" "$work/tree/build"
rw=$work/tree/rw
failed=0
export RW_AS_BUILT=1
cd "$work/here" || exit 1

# refuses TEXT ARGS...: rw ARGS says one line that has TEXT.
refuses() {
  text=$1
  shift
  said=$("$rw" "$@" 2>&1 </dev/null)
  status=$?
  if [ $status -ne 2 ] || [ "$(echo "$said" | wc -l)" -ne 1 ] || ! echo "$said" | grep -qF -- "$text"; then
    echo "rw $*: status $status: $said"
    failed=1
  fi
}

echo 'int main(void) { return 0; }' >good.c
refuses "no lab '0'" lab 0
refuses "no lab '99'" lab 99
refuses "no lab 'one'" lab one
refuses "lists the labs" lab 1 2
refuses "no source" guest
refuses "no such file" guest none.c
refuses "-o wants a file" guest good.c -o
refuses "neither an option" guest good.txt
refuses "takes one folder" docs --loud
refuses "takes one folder" docs a b
[ "$(ls)" = good.c ] || { echo "made: $(ls)"; failed=1; }
echo 'int main(void) { return x; }' >bad.c
"$rw" guest bad.c >said 2>&1
[ $? -eq 2 ] && grep -q 'bad.c:1' said && [ ! -e bad.elf ] || { echo "a program that does not compile:"; cat said; failed=1; }
"$rw" guest -DX=1 good.c -o other.elf >said 2>&1 && [ -s other.elf ] || { echo "a good program:"; cat said; failed=1; }
"$rw" lab 1 >said 2>&1 </dev/null || { echo "lab 1:"; tail -n 5 said; failed=1; }
[ "$("$rw" lab | grep -c '^[0-9]*\. ')" -eq "$(ls "$1"/docs/labs/[0-9]*.md | wc -l)" ] || { echo "rw lab lists:"; "$rw" lab; failed=1; }
exit $failed
