#!/bin/sh
# SPDX-License-Identifier: MIT
# Generates ./configure and config.h.in. Needs autoconf, nothing else.
set -e
cd "$(dirname "$0")"
"${AUTOCONF:-autoconf}" --warnings=all
"${AUTOHEADER:-autoheader}" --warnings=all
# autoheader leaves an unchanged file old: make would come back for it.
touch config.h.in
