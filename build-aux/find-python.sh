#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints a python3 that has jsonschema, which the first in PATH may lack;
# fails where there is none.
for python in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3 \
  /usr/local/bin/python3; do
  path=$(command -v "$python") || continue
  if "$path" -c 'import jsonschema' >/dev/null 2>&1; then
    printf '%s\n' "$path"
    exit 0
  fi
done
exit 1
