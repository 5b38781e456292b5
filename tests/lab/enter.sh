#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# enter.sh: a shell, or COMMAND, within the example internet. Nothing is left
# of it when that ends. Exits 125 where no such namespace can be had.
#
# usage: enter.sh [COMMAND...]
# environment: NETDIAG, NETSIM, SRCDIR

set -u
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=tests/lab/device.sh
. "$here/device.sh"

hello() {
	cat <<-END
	An internet behind one device: $(grep -c '^router' "$here/example.net") routers,
	65,536 hosts, IPv4 and IPv6. It is gone when this shell ends (exit). Try
	$(sed -n 's/^#   /    /p' "$here/example.net")
	END
}

inside() {

	cd "$tmp" || exit
	device_up "$here/example.net" >>"$tmp/log" 2>&1 || exit 125
	cd - >/dev/null || exit
	trap device_down EXIT
	allow_ping_sockets
	: >"$tmp/up"
	[ $# -eq 0 ] || { "$@"; return; }
	hello
	echo 'PS1="lab\$ "' >"$tmp/rc"
	bash --noprofile --rcfile "$tmp/rc"
	return 0 # the last command's status is nobody's concern
}

if [ -n "${ND_LAB_INSIDE:-}" ]; then
	tmp=$ND_LAB_INSIDE
	unset ND_LAB_INSIDE
	inside "$@"
	exit
fi

NETDIAG=$(readlink -f "${NETDIAG:-$here/../../netdiag}")
NETSIM=$(readlink -f "${NETSIM:-$here/netsim/netsim}")
export NETDIAG NETSIM
PATH=${NETDIAG%/*}:$PATH
tmp=$(mktemp -d /tmp/netdiag-lab.XXXXXX) && : >"$tmp/log" || exit 125
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 143' TERM
for DEVICE in tun veth; do
	export DEVICE
	ND_LAB_INSIDE=$tmp enter bash "$0" "$@"
	status=$?
	[ ! -e "$tmp/up" ] || exit "$status"
done
echo "lab: no namespace with a device here: $(tail -n 1 "$tmp/log")" >&2
exit 125
