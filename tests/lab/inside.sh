#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# inside.sh: one scenario, in a network namespace that is nobody else's. Leaves
# in FOLDER what expect.py reads.
#
# usage: inside.sh FOLDER
# environment: NETDIAG, NETSIM, DEVICE (tun or veth), SRCDIR

set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
cd "$1" || exit 3

# shellcheck source=tests/lab/device.sh
. "$SRCDIR/tests/lab/device.sh"

options=()
[ ! -e stamps ] || options=(--stamps)
device_up topology.net truth.jsonl "${options[@]}" || exit 3
allow_ping_sockets

mapfile -d '' -t argv <argv
[ "${argv[0]}" != netdiag ] || argv[0]=$NETDIAG
limit=40
[ ! -e limit ] || limit=$(cat limit)
stdin=/dev/null
[ ! -e stdin ] || stdin=stdin

echo "$EPOCHREALTIME" >started
if [ -e signal ]; then
	read -r signal after <<<"$(cat signal)"
	"${argv[@]}" <"$stdin" >out 2>err &
	pid=$!
	sleep "$after"
	echo "$EPOCHREALTIME" >signalled
	kill -s "$signal" "$pid"
	timeout "$limit" tail --pid="$pid" -f /dev/null || kill -KILL "$pid"
	wait "$pid"
else
	timeout --kill-after 5 "$limit" "${argv[@]}" <"$stdin" >out 2>err
fi
echo $? >rc
device_down
