#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# priv.sh: what the running program may do, in every way of starting it.
#
# Each case starts $NETDIAG in a network namespace of its own, waits for the
# first reply line and reads /proc/PID, or looks at how it refused to start.
# One line a case: "ok NAME", "not ok NAME: REASON" or "skip NAME: REASON".
# Exits 1 if a case is not ok.

set -u
export LC_ALL=C

NETDIAG=$(readlink -f "${NETDIAG:-./netdiag}")
USER_ID=65534
SUDO_USER_ID=1234
SUDO_GROUP_ID=2345
AS_USER=(setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups)
PING=(ping -c 30 -i 0.1 127.0.0.1)
LIMIT=20 # seconds after which a case that hangs has failed

unset SUDO_UID SUDO_GID
failed=0
pid=

tmp=$(mktemp -d /tmp/netdiag-priv.XXXXXX) || exit 1
chmod 755 "$tmp"
trap 'stop; rm -rf "$tmp"' EXIT

ok() { echo "ok $1"; }
skip() { echo "skip $1: $2"; }
not_ok() {
	echo "not ok $1: $2"
	failed=1
}

# Prefix of a command: network namespace with lo up, ping sockets for the
# groups $1, and no descriptor beyond 0 to 2, whoever left some to us. The
# command keeps the process id.
in_netns() {
	local range=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	exec unshare --net -- bash -c '
		range=$1
		shift
		for fd in /proc/$$/fd/*; do
			fd=${fd##*/}
			if ((fd > 2)); then
				eval "exec $fd>&-"
			fi
		done
		ip link set lo up &&
		    echo "$range" >/proc/sys/net/ipv4/ping_group_range &&
		    exec "$@"' in_netns "$range" "$@"
}
CLOSED="1 0"
OPEN="0 2147483647"

# Starts a command in the background and returns when it has printed a reply;
# else fails, with the reason in $why.
start() {
	local range=$1 line
	shift
	rm -f "$tmp/out"
	mkfifo "$tmp/out"
	in_netns "$range" "$@" </dev/null >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	exec 9<"$tmp/out"
	while read -r -t "$LIMIT" line <&9; do
		case $line in
		*" bytes from "*) return 0 ;;
		esac
	done
	why="no reply was printed: $(head -n 1 "$tmp/err")"
	return 1
}

stop() {
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null
	exec 9<&-
	wait "$pid" 2>/dev/null
	pid=
}

# The fields of a line of /proc/$pid/status.
status() {
	awk -v key="$1:" '$1 == key { $1 = ""; print substr($0, 2) }' \
	    "/proc/$pid/status"
}

# Compares a line of the status.
is() {
	local have
	have=$(status "$1")
	have=${have% }
	[ "$have" = "$2" ] || wrong+=" $1 is '$have' and not '$2';"
}

ZERO=0000000000000000

# Looks at the running program: it must be user $1, group $2. $3 lists what
# else is so: "root" (started by root: no bounding set and no groups),
# "bounding" (no bounding set), "plain" (it never had a privilege), "mapped"
# (in a user namespace, whose root owns what may not be traced).
inspect() {
	local uid=$1 gid=$2 how=" $3 " set fd flags
	wrong=
	for set in CapInh CapPrm CapEff CapAmb; do
		is "$set" "$ZERO"
	done
	case $how in
	*" root "* | *" bounding "*) is CapBnd "$ZERO" ;;
	esac
	case $how in
	*" root "*) is Groups "" ;;
	esac
	is NoNewPrivs 1
	is Uid "$uid $uid $uid $uid"
	is Gid "$gid $gid $gid $gid"
	for fd in "/proc/$pid/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -gt 2 ] || continue
		flags=$(awk '$1 == "flags:" { print $2 }' \
		    "/proc/$pid/fdinfo/$fd")
		((8#$flags & 8#2000000)) ||
		    wrong+=" descriptor $fd is not close-on-exec;"
	done
	# Its own user must not get at sockets that he may not open.
	case $how in
	*" plain "* | *" mapped "*) ;;
	*)
		[ "$(stat -c %u "/proc/$pid/fd")" = 0 ] ||
		    wrong+=" it can be traced by its user;"
		;;
	esac
	[ -z "$wrong" ]
}

# runs NAME UID GID HOW RANGE COMMAND...: it pings and has no privilege left.
runs() {
	local name=$1 uid=$2 gid=$3 how=$4
	shift 4
	if ! start "$@"; then
		not_ok "$name" "$why"
	elif ! inspect "$uid" "$gid" "$how"; then
		not_ok "$name" "${wrong# }"
	else
		ok "$name"
	fi
	stop
}

# ends NAME CODE PATTERN RANGE COMMAND...: it ends with that exit status, and
# its standard error matches the extended regular expression.
ends() {
	local name=$1 code=$2 pattern=$3 range=$4 rc err
	shift 4
	(in_netns "$range" timeout "$LIMIT" "$@") \
	    </dev/null >/dev/null 2>"$tmp/err"
	rc=$?
	err=$(tr '\n' ' ' <"$tmp/err")
	if [ "$rc" -ne "$code" ]; then
		not_ok "$name" "exit status $rc: $err"
	elif ! [[ $err =~ $pattern ]]; then
		not_ok "$name" "no /$pattern/ in: $err"
	else
		ok "$name"
	fi
}

REFUSED='^netdiag: ping: cannot open a raw ICMP socket: .* hint: '

# A copy whose place and mode are known: others can run it.
copy() {
	install -m "$2" "$NETDIAG" "$1"
}

if [ "$(id -u)" -ne 0 ]; then
	skip priv "root is needed to start the program as others"
	exit 0
fi
for tool in unshare setpriv setcap ip mount; do
	command -v "$tool" >/dev/null && continue
	skip priv "no $tool"
	exit 0
done
if ! unshare --net true 2>"$tmp/err"; then
	skip priv "no network namespaces: $(head -n 1 "$tmp/err")"
	exit 0
fi

plain=$tmp/netdiag
capped=$tmp/netdiag-capped
copy "$plain" 755
copy "$capped" 755

# ---- root -------------------------------------------------------------------

runs root "$USER_ID" "$USER_ID" root "$CLOSED" "$plain" "${PING[@]}"

runs root-with-groups "$USER_ID" "$USER_ID" root "$CLOSED" \
    setpriv --groups 4,27 "$plain" "${PING[@]}"

runs sudo "$SUDO_USER_ID" "$SUDO_GROUP_ID" root "$CLOSED" \
    env SUDO_UID=$SUDO_USER_ID SUDO_GID=$SUDO_GROUP_ID \
    "$plain" "${PING[@]}"

runs sudo-by-root "$USER_ID" "$USER_ID" root "$CLOSED" \
    env SUDO_UID=0 SUDO_GID=0 "$plain" "${PING[@]}"

ends root-without-setuid 3 'leave root' "$CLOSED" \
    setpriv --bounding-set -setuid "$plain" "${PING[@]}"

# ---- a capability for an ordinary user --------------------------------------

if setcap cap_net_raw=p "$capped" 2>"$tmp/err"; then
	runs setcap "$USER_ID" "$USER_ID" user "$CLOSED" \
	    "${AS_USER[@]}" "$capped" "${PING[@]}"

	ends bounding 3 "$REFUSED.*--cap-add=NET_RAW" "$CLOSED" \
	    setpriv --bounding-set -net_raw \
	    "${AS_USER[@]}" "$capped" "${PING[@]}"

	# Two steps: setpriv alone would keep its capabilities until it
	# executes the program, and no_new_privs would then let them through.
	ends no-new-privs 3 "$REFUSED.*AmbientCapabilities" "$CLOSED" \
	    "${AS_USER[@]}" setpriv --no-new-privs "$capped" "${PING[@]}"
else
	for name in setcap bounding no-new-privs; do
		skip "$name" "setcap: $(head -n 1 "$tmp/err")"
	done
fi

runs ambient "$USER_ID" "$USER_ID" user "$CLOSED" \
    "${AS_USER[@]}" --inh-caps +net_raw --ambient-caps +net_raw \
    --no-new-privs "$plain" "${PING[@]}"

# Not how it is installed, but no hole either.
copy "$tmp/netdiag-setuid" 4755
runs set-user-id "$USER_ID" "$USER_ID" bounding "$CLOSED" \
    "${AS_USER[@]}" "$tmp/netdiag-setuid" "${PING[@]}"

# The mount lives and dies with its namespace.
mkdir "$tmp/mnt"
# shellcheck disable=SC2016 # expanded by the inner shell
nosuid='mount -t tmpfs -o nosuid,mode=755 tmpfs "$1" &&
    install -m 755 "$2" "$1/netdiag" &&
    setcap cap_net_raw=p "$1/netdiag"'
if unshare --mount bash -c "$nosuid" nosuid "$tmp/mnt" "$plain" \
    2>"$tmp/err"; then
	ends nosuid 3 "$REFUSED.*nosuid mount" "$CLOSED" \
	    unshare --mount bash -c "$nosuid"' && shift 2 && exec "$@"' \
	    nosuid "$tmp/mnt" "$plain" \
	    "${AS_USER[@]}" "$tmp/mnt/netdiag" "${PING[@]}"
else
	skip nosuid "$(head -n 1 "$tmp/err")"
fi

# ---- no capability ----------------------------------------------------------

runs ping-sockets "$USER_ID" "$USER_ID" plain "$OPEN" \
    "${AS_USER[@]}" "$plain" "${PING[@]}"

ends nothing 3 "$REFUSED.*sudo setcap cap_net_raw=p $plain( |\$)" "$CLOSED" \
    "${AS_USER[@]}" "$plain" "${PING[@]}"

# ---- user namespaces --------------------------------------------------------

userns=(unshare --user --map-root-user)
if "${AS_USER[@]}" "${userns[@]}" true 2>"$tmp/err"; then
	# 0 inside is an ordinary user outside, where we look from.
	runs user-namespace "$USER_ID" "$USER_ID" "bounding mapped" "$CLOSED" \
	    "${AS_USER[@]}" "${userns[@]}" --net -- bash -c \
	    'ip link set lo up && exec "$@"' userns "$plain" "${PING[@]}"

	ends user-namespace-foreign-net 3 "$REFUSED.*user namespace" \
	    "$CLOSED" "${AS_USER[@]}" "${userns[@]}" "$plain" "${PING[@]}"
else
	for name in user-namespace user-namespace-foreign-net; do
		skip "$name" "$(head -n 1 "$tmp/err")"
	done
fi

# ---- limits of an ordinary user ---------------------------------------------

while read -r name pattern options; do
	# shellcheck disable=SC2086 # options are words
	ends "limits-$name" 2 "^netdiag: ping: .*$pattern" "$OPEN" \
	    "${AS_USER[@]}" "$plain" ping -c 1 $options 127.0.0.1
	# shellcheck disable=SC2086
	ends "limits-$name-root" 0 '' "$CLOSED" \
	    "$plain" ping -c 1 $options 127.0.0.1
done <<'END'
interval (-i|--interval) -i 0.001
rate --rate --rate 0
flood (-f|--flood) -f
preload (-l|--preload) -l 4
END

exit "$failed"
