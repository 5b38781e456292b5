#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: MAKE=make distcheck.sh NAME
# Does with NAME.tar.gz what its readers will: configure without autoconf, from
# sources that cannot be written, build, check, install and uninstall.
set -eu
name=$1
top=$PWD/distcheck
clean() {
  [ ! -d "$top" ] || chmod -R u+w "$top"
  rm -rf "$top"
}
clean
mkdir "$top" "$top/build"
trap clean EXIT
tar -C "$top" -xzf "$name.tar.gz"
chmod -R a-w "$top/$name"
AUTOCONF=false
AUTOHEADER=false
export AUTOCONF AUTOHEADER

cd "$top/build"
"../$name/configure" --prefix=/usr --enable-werror
$MAKE all
$MAKE check
$MAKE DESTDIR="$top/root" install
for file in bin/netdiag lib/libnetdiag.a lib/pkgconfig/netdiag.pc \
  include/netdiag.h; do
  if [ ! -f "$top/root/usr/$file" ]; then
    echo "distcheck: not installed: $file" >&2
    exit 1
  fi
done
$MAKE DESTDIR="$top/root" uninstall
left=$(find "$top/root" ! -type d)
if [ -n "$left" ]; then
  printf 'distcheck: left by uninstall:\n%s\n' "$left" >&2
  exit 1
fi
$MAKE distclean
left=$(find . ! -type d)
if [ -n "$left" ]; then
  printf 'distcheck: left by distclean:\n%s\n' "$left" >&2
  exit 1
fi
echo "distcheck: $name.tar.gz is fit to be given away"
