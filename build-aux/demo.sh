#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: demo.sh NETDIAG LAB
# The main job, without a network: in the example internet of LAB (tests/lab),
# where a namespace with a device of its own can be had; else three echoes to
# each loopback address. A user to whom the system allows no echo at all gets a
# network namespace for that.
set -u
netdiag=$1
lab=$2

show() {
  echo "\$ $netdiag $*"
  "$netdiag" "$@" || status=$?
  echo
}

internet() {
  status=0
  show ping -c 3 -i 200ms 10.1.2.3
  show ping -q -c 10 -i 100ms 10.1.2.3 10.3.2.3 2001:db8:3::7 10.5.0.1
  [ $status -lt 2 ] # that some of them do not answer is nothing wrong
}

loopback() {
  status=0
  for target in 127.0.0.1 ::1; do
    if [ $target = ::1 ] && ! grep -q '^0\{31\}1 ' /proc/net/if_inet6 \
      2>/dev/null; then
      echo '(no IPv6 loopback on this host: ::1 is left out)'
      continue
    fi
    show ping -c 3 $target
    [ $status -ne 3 ] || break
  done
  return $status
}

case ${ND_DEMO_INSIDE:-} in
internet)
  internet
  exit
  ;;
loopback)
  ip link set lo up && loopback
  exit
  ;;
esac

echo 'An internet of 59 routers, simulated in a network namespace:'
echo
NETDIAG=$netdiag ND_DEMO_INSIDE=internet \
  bash "$lab/enter.sh" sh "$0" "$netdiag" "$lab"
status=$?
[ $status -eq 125 ] || exit $status
echo 'None here; so the loopback interface:'
echo
loopback
status=$?
if [ $status -eq 3 ] && [ "$(id -u)" -ne 0 ]; then
  echo 'Once more, where a user may: unshare --map-root-user --net'
  echo
  ND_DEMO_INSIDE=loopback unshare --map-root-user --net \
    sh "$0" "$netdiag" "$lab"
  status=$?
fi
exit $status
