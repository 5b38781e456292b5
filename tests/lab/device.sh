# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# device.sh: a namespace, and netsim behind a device in it. Sourced, not run.
# DEVICE is tun or, where /dev/net/tun is closed, veth; NETSIM is the program.

netsim=

# enter COMMAND...: in a network namespace, and without root in one of users.
enter() {
	local options=(--net)
	[ "$(id -u)" -eq 0 ] || options=(--user --map-root-user --net)
	unshare "${options[@]}" -- "$@"
}

# Which groups may have ping sockets is a matter of each network namespace; a
# user namespace knows but its own groups.
allow_ping_sockets() {
	local range file=/proc/sys/net/ipv4/ping_group_range
	for range in '0 2147483647' '0 0'; do
		{ echo "$range" >$file; } 2>/dev/null && return
	done
}

veth_up() {
	ip link add sim0 type veth peer name sim1 &&
	    echo 1 >/proc/sys/net/ipv6/conf/sim1/disable_ipv6 &&
	    ip link set sim0 arp off up &&
	    ip link set sim1 arp off up
}

# The kernel makes the address of IPv6 ready in a work queue of its own: until
# then what is sent to it does not come in.
local_route() {
	local i
	for ((i = 0; i < 500; i++)); do
		ip -6 route show table local dev sim0 |
		    grep -q '^local fd00:255::2 ' && return
		sleep 0.01
	done
	echo 'no local route' >&2
	return 1
}

addresses() {
	ip address add 10.255.0.2/30 dev sim0 &&
	    ip address add fd00:255::2/64 dev sim0 nodad &&
	    ip route add default dev sim0 &&
	    ip -6 route add default dev sim0 &&
	    local_route
}

# device_up TOPOLOGY [TRUTH [OPTION...]]: returns once packets are answered, by
# netsim with these options. Leaves a pipe and what it says in the working
# folder.
device_up() {
	local line='' options=(--tun sim0)
	ip link set lo up || return
	if [ "$DEVICE" = veth ]; then
		veth_up || return
		options=(--veth sim1)
	fi
	[ -z "${2:-}" ] || options+=(--truth "$2")
	options+=("${@:3}")
	rm -f ready
	mkfifo ready || return
	"$NETSIM" "${options[@]}" "$1" >ready 2>netsim.err &
	netsim=$!
	read -r -t 10 line <ready
	if [ "$line" != READY ]; then
		cat netsim.err >&2
		device_down
		return 1
	fi
	addresses
}

# The truth log is complete once it is over.
device_down() {
	local pid=$netsim
	[ -n "$pid" ] || return 0
	netsim=
	kill -TERM "$pid" 2>/dev/null
	wait "$pid"
}
