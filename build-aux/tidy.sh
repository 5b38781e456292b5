#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tidy.sh CLANG-TIDY FILE FLAG...
# clang-tidy over one file: what it says comes in one piece, for several run at
# once, and without its count of the warnings in system headers.
tidy=$1
file=$2
shift 2
found=$("$tidy" --quiet "$file" -- "$@" 2>&1)
status=$?
printf '%s\n' "$found" |
  grep -v -E '^([0-9]+ warnings?( and [0-9]+ errors?)? generated\.)?$'
exit $status
