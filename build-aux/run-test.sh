#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: run-test.sh DIRECTORY COMMAND [ARGUMENT...]
# Runs a test program and keeps its output as DIRECTORY/log. It fails as the
# command does, and where a sanitizer has reported anything: Criterion passes a
# test whose worker leaks as it exits.
set -eu
dir=$1
shift
rm -rf "$dir"
mkdir -p "$dir"

# Open to all: a program that has left root behind has its reports written.
reports=$(mktemp -d "${TMPDIR:-/tmp}/netdiag-san.XXXXXX")
trap 'rm -rf "$reports"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 1777 "$reports"
# 99 is no exit status of netdiag, so none of its tests can take it for one.
ASAN_OPTIONS=log_path=$reports/asan:exitcode=99
UBSAN_OPTIONS=log_path=$reports/ubsan:print_stacktrace=1:exitcode=99
aux=$(cd "$(dirname "$0")" && pwd)
LSAN_OPTIONS=suppressions=$aux/lsan.supp:print_suppressions=0
export ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS

{
  status=0
  "$@" 2>&1 || status=$?
  echo "$status" >"$dir/status"
} | tee "$dir/log"
status=$(cat "$dir/status")

for report in "$reports"/*; do
  [ -e "$report" ] || continue
  cat "$report" >&2
  cp "$report" "$dir"
  [ "$status" -ne 0 ] || status=1
done
exit "$status"
