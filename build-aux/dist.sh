#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: dist.sh SRCDIR NAME
# Writes NAME.tar.gz here: the files of HEAD, and configure, so that who builds
# from it needs no autoconf. The same commit gives the same bytes.
set -eu
srcdir=$1
name=$2
if [ -n "$(git -C "$srcdir" rev-parse --show-prefix)" ]; then
  echo "dist: $srcdir is not the top of a git checkout" >&2
  exit 1
fi
if [ -n "$(git -C "$srcdir" status --porcelain)" ]; then
  echo 'dist: there are changes that are not committed: they stay out' >&2
fi
stage=$(mktemp -d "${TMPDIR:-/tmp}/netdiag-dist.XXXXXX")
trap 'rm -rf "$stage"' EXIT

git -C "$srcdir" archive --format=tar --prefix="$name/" HEAD >"$stage/tar"
tar -C "$stage" -xf "$stage/tar"
"$stage/$name/autogen.sh"
rm -rf "$stage/$name/autom4te.cache"
tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner \
  --mode=u+rw,go=rX --format=ustar \
  --mtime="@$(git -C "$srcdir" log -1 --format=%ct)" \
  -cf - "$name" | gzip -9n >"$name.tar.gz"
echo "$name.tar.gz"
