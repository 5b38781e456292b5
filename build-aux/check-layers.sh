#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: check-layers.sh SRCDIR SOURCE...
# The rules of the house that a compiler does not enforce:
# - includes point down: wire < net < engine < diag < netdiag.h < cmd;
# - engine and net name no diagnostic, in a comment neither;
# - the library does not print, exit, read the environment, or touch signals
#   and locale;
# - every source is one that the Makefile lists (SOURCE...).
set -u
aux=$(cd "$(dirname "$0")" && pwd)
cd "$1" || exit 1
shift
listed=" $* "
failed=0

found=$(find lib cmd -name '*.[ch]' | LC_ALL=C sort |
  xargs awk -f "$aux/layers.awk") || failed=1
[ -z "$found" ] || printf '%s\n' "$found" >&2

for dir in lib cmd tests/unit tests/lab; do
  [ ! -d "$dir" ] || find "$dir" -name '*.c'
done | LC_ALL=C sort | {
  unlisted=0
  while read -r file; do
    case $listed in
    *" $file "*) ;;
    *)
      echo "$file: not listed in the Makefile" >&2
      unlisted=1
      ;;
    esac
  done
  exit $unlisted
} || failed=1

[ $failed -ne 0 ] || echo 'check-layers: ok'
exit $failed
