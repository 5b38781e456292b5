#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: no-skips.sh TAP
# Names the tests that a TAP file says were skipped, which a synthesis of
# Criterion does not count. With ND_FAIL_ON_SKIP set, any of them is a failure.
skipped=$(grep -i '# SKIP' "$1") || exit 0
printf '%s\n' "$skipped" >&2
if [ -n "${ND_FAIL_ON_SKIP:-}" ]; then
  echo 'skipped, and ND_FAIL_ON_SKIP is set' >&2
  exit 1
fi
