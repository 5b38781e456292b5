#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: demo.sh NETDIAG
# The main job, without a network: three echoes to each loopback address. A user
# to whom the system allows no echo at all gets a network namespace of his own.
set -u
netdiag=$1

demo() {
  status=0
  for target in 127.0.0.1 ::1; do
    if [ $target = ::1 ] && ! grep -q '^0\{31\}1 ' /proc/net/if_inet6 \
      2>/dev/null; then
      echo '(no IPv6 loopback on this host: ::1 is left out)'
      continue
    fi
    echo "\$ $netdiag ping -c 3 $target"
    "$netdiag" ping -c 3 $target || status=$?
    echo
    [ $status -ne 3 ] || break
  done
  return $status
}

if [ "${ND_DEMO_INSIDE:-}" ]; then
  ip link set lo up && demo
  exit
fi
demo
status=$?
if [ $status -eq 3 ] && [ "$(id -u)" -ne 0 ]; then
  echo 'Once more, where a user may: unshare --map-root-user --net'
  echo
  ND_DEMO_INSIDE=1 unshare --map-root-user --net sh "$0" "$netdiag"
  status=$?
fi
exit $status
