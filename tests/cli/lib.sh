# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh: what the scripts of this directory share. Sourced, not run.
#
# The lab is one network namespace with two ends of a veth pair: veth0 has
# addresses, a route to everything and no neighbour discovery; veth1 has
# nothing but responder.py, which answers for every address in its own way
# (see its table). So what a target does is certain, down to the packet.

set -u
export LC_ALL=C

SRCDIR=${SRCDIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
CLI=$SRCDIR/tests/cli
NETDIAG=$(readlink -f "${NETDIAG:-${BUILDDIR:-$SRCDIR}/netdiag}")
PYTHON=${PYTHON:-python3}
export SRCDIR NETDIAG PYTHON PYTHONDONTWRITEBYTECODE=1
LIMIT=60 # seconds after which a command that hangs has failed
SCRIPT=${0##*/}
SCRIPT=${SCRIPT%.sh}
failed=0
lines_missing=
pid=
responder=

ok() { echo "ok $SCRIPT-$1"; }
skip() { echo "skip $SCRIPT-$1: $2"; }
not_ok() {
	echo "not ok $SCRIPT-$1: $2"
	# shellcheck disable=SC2034 # the scripts exit with it
	failed=1
}

# check NAME [REASON]: ok if there is no reason against it.
check() {
	if [ -n "${2:-}" ]; then
		not_ok "$1" "$2"
	else
		ok "$1"
	fi
}

# Ends the script where there are no namespaces.
need_lab() {
	local tool
	if [ "$(id -u)" -ne 0 ]; then
		skip all "root is needed for namespaces"
		exit 0
	fi
	for tool in unshare ip mount; do
		command -v "$tool" >/dev/null && continue
		skip all "no $tool"
		exit 0
	done
	if ! unshare --net --mount true 2>/dev/null; then
		skip all "no namespaces"
		exit 0
	fi
}

# Runs the script once more, in network and mount namespaces of its own.
enter() {
	[ -z "${ND_CLI_INSIDE:-}" ] || return 0
	ND_CLI_INSIDE=1 exec unshare --net --mount --propagation private -- \
	    bash "$0"
}

tmp=
make_tmp() {
	tmp=$(mktemp -d "/tmp/netdiag-$SCRIPT.XXXXXX") || exit 1
	chmod 755 "$tmp"
	trap finish EXIT
}

finish() {
	responder_stop
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	rm -rf "$tmp"
}

# All goes through one gateway with a fixed neighbour entry: the kernel's table
# of neighbours is shared by all namespaces, and others may have filled it. Its
# address is nobody's, so that the kernel itself takes no notice at veth1.
lab_up() {
	ip link set lo up &&
	    ip link add veth0 address 02:00:00:00:00:01 type veth \
	        peer name veth1 address 02:00:00:00:00:02 &&
	    echo 1 >/proc/sys/net/ipv6/conf/veth1/disable_ipv6 &&
	    ip link set veth1 arp off up &&
	    ip link set veth0 up &&
	    ip address add 192.0.2.254/32 dev veth0 &&
	    ip address add 2001:db8::fe/128 dev veth0 nodad &&
	    lab_routes && return
	skip all "no veth pair"
	exit 0
}

# Also after veth0 was down.
lab_routes() {
	ip neigh replace 192.0.2.253 lladdr 02:00:00:00:00:03 \
	    nud permanent dev veth0 &&
	    ip neigh replace fe80::3 lladdr 02:00:00:00:00:03 \
	        nud permanent dev veth0 &&
	    ip route replace default via 192.0.2.253 dev veth0 onlink &&
	    ip -6 route replace default via fe80::3 dev veth0 || return
	# Until the kernel has seen that the link is up, it sends nothing.
	until ip -o link show veth0 | grep -q 'qdisc noqueue state UP'; do
		:
	done
}

# A responder that has seen nothing yet. It is over when we are: it reads from
# a pipe that we hold.
responder_start() {
	local line
	responder_stop
	rm -f "$tmp/ready" "$tmp/hold"
	mkfifo "$tmp/ready" "$tmp/hold"
	"$PYTHON" "$CLI/responder.py" veth1 02:00:00:00:00:01 \
	    <"$tmp/hold" >"$tmp/ready" &
	responder=$!
	exec 8>"$tmp/hold"
	read -r line <"$tmp/ready"
	[ "$line" = ready ]
}

responder_stop() {
	[ -n "$responder" ] || return 0
	exec 8>&-
	wait "$responder"
	responder=
}

# run_to NAME COMMAND...: output in $tmp/NAME.out and .err, status in $rc.
run_to() {
	local name=$1
	shift
	timeout --kill-after 5 "$LIMIT" "$@" \
	    </dev/null >"$tmp/$name.out" 2>"$tmp/$name.err" 8>&-
	rc=$?
}

# start NAME COMMAND...: in the background, as $pid; its standard output is
# descriptor 9, to be read by await.
start() {
	local name=$1
	shift
	rm -f "$tmp/pipe"
	mkfifo "$tmp/pipe"
	: >"$tmp/$name.out"
	"$@" </dev/null >"$tmp/pipe" 2>"$tmp/$name.err" 8>&- &
	pid=$!
	exec 9<"$tmp/pipe"
}

# await NAME PATTERN: reads on until a line matches, keeping all.
await() {
	local line
	while read -r -t "$LIMIT" line <&9; do
		printf '%s\n' "$line" >>"$tmp/$1.out"
		# shellcheck disable=SC2254 # it is a pattern
		case $line in
		$2) return 0 ;;
		esac
	done
	lines_missing="no line like '$2'"
	return 1
}

# await_err NAME PATTERN: the same in what is said on standard error.
await_err() {
	timeout "$LIMIT" tail -n +1 -F --pid="$pid" "$tmp/$1.err" \
	    2>/dev/null | grep -m 1 -q -- "$2" && return 0
	lines_missing="no line like '$2' on standard error"
	return 1
}

# end NAME: reads the rest, waits; status in $rc.
end() {
	timeout "$LIMIT" cat <&9 >>"$tmp/$1.out" || kill -KILL "$pid"
	exec 9<&-
	wait "$pid"
	rc=$?
	pid=
}

# Checks that say in $why what is wrong.
why=
expect_rc() {
	[ "$rc" -eq "$1" ] ||
	    why+=" exit status $rc and not $1;"
}
expect_line() {
	grep -qE -- "$2" "$tmp/$1" ||
	    why+=" no line like '$2' in: $(head -c 400 "$tmp/$1" | tr '\n' '|');"
}
expect_no_line() {
	! grep -qE -- "$2" "$tmp/$1" ||
	    why+=" '$(grep -m 1 -E -- "$2" "$tmp/$1")';"
}
expect_empty() {
	[ ! -s "$tmp/$1" ] || why+=" $1: $(head -c 300 "$tmp/$1" | tr '\n' '|');"
}
verdict() {
	check "$1" "${why# }$lines_missing"
	why=
	lines_missing=
}
