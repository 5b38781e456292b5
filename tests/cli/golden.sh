#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# golden.sh: for one target, the lines of ping(8).
#
# Each situation is met by ping(8) of iputils and by netdiag. golden/NAME.txt is
# what ping(8) printed, with times normalised; ping(8) has to print it again,
# where it is here, and netdiag has to print it too, line for line. It may say
# more behind the last of these lines, in words listed below.
# With ND_UPDATE_GOLDEN=1 the files are written anew.

. "$(dirname "$0")/lib.sh"
need_lab
enter
make_tmp
lab_up

GOLDEN=$CLI/golden

# Numbers that are times, and the probes in flight at once, which follow
# from them.
normal() {
	sed -E -e 's/ time=[0-9.]+ ms/ time=T ms/' \
	    -e 's/, time [0-9]+ms$/, time Tms/' \
	    -e 's/(,|^) ?pipe [0-9]+//' \
	    -e 's|^(rtt min/avg/max/mdev =) [0-9.]+(/[0-9.]+){3} ms|\1 T ms|' \
	    -e 's|ipg/ewma [0-9.]+/[0-9.]+ ms|ipg/ewma T ms|' \
	    -e 's|^\[[0-9]+\.[0-9]{6}\] |[T] |' "$1"
}

FURTHER='^(p50/p95/p99/jitter = [0-9./-]+ ms'
FURTHER+='|[0-9]+ (late|unfinished|send errors?|invalid).*)$'

# both NAME INTERRUPT-AT OPTION...: INTERRUPT-AT is the pattern of the line that
# SIGINT follows, or -.
both() {
	local name=$1 at=$2 program lines
	shift 2
	for program in ping netdiag; do
		local command=(ping)
		[ "$program" = ping ] || command=("$NETDIAG" ping)
		if [ "$program" = ping ] && [ -z "$iputils" ]; then
			continue
		fi
		responder_start
		start "$program" "${command[@]}" "$@"
		if [ "$at" != - ]; then
			await "$program" "$at"
			kill -INT "$pid"
		fi
		end "$program"
		printf '%s\n' "exit status $rc" >"$tmp/$program.rc"
		normal "$tmp/$program.out" >"$tmp/$program.txt"
	done
	if [ -z "$iputils" ]; then
		skip "$name-ping8" "no ping of iputils 20221126"
	else
		[ -z "${ND_UPDATE_GOLDEN:-}" ] ||
		    cat "$tmp/ping.txt" "$tmp/ping.rc" >"$GOLDEN/$name.txt"
		cat "$tmp/ping.txt" "$tmp/ping.rc" >"$tmp/whole"
		differ "$tmp/whole" "$GOLDEN/$name.txt"
		verdict "$name-ping8"
	fi
	lines=$(($(wc -l <"$GOLDEN/$name.txt") - 1))
	{
		head -n "$lines" "$tmp/netdiag.txt"
		cat "$tmp/netdiag.rc"
	} >"$tmp/whole"
	differ "$tmp/whole" "$GOLDEN/$name.txt"
	tail -n "+$((lines + 1))" "$tmp/netdiag.txt" |
	    grep -vE "$FURTHER" >"$tmp/further"
	expect_empty further
	expect_empty netdiag.err
	verdict "$name"
}

differ() {
	diff "$1" "$2" >"$tmp/diff" ||
	    why+=" $(grep '^[<>]' "$tmp/diff" | head -n 4 | tr '\n' '|')"
}

iputils=
case $(ping -V 2>/dev/null) in
*"iputils 20221126"*) iputils=yes ;;
esac

QUICK=(-i 0.05)

both no-loss - -c 4 "${QUICK[@]}" 192.0.2.1
both no-loss-v6 - -c 4 "${QUICK[@]}" 2001:db8::1
both partial-loss - -c 7 "${QUICK[@]}" -W 0.5 192.0.2.3
both duplicates - -c 5 "${QUICK[@]}" 192.0.2.5
both errors - -c 18 "${QUICK[@]}" 192.0.2.12
both errors-v6 - -c 13 "${QUICK[@]}" 2001:db8::12
both all-lost - -c 3 "${QUICK[@]}" -W 0.5 192.0.2.4
both interrupted '*icmp_seq=2 *' -l 2 -i 100 192.0.2.1
both mixed - -c 9 "${QUICK[@]}" -W 0.5 192.0.2.8
both quiet - -q -c 4 "${QUICK[@]}" -W 0.5 192.0.2.3
both timestamps - -D -c 2 "${QUICK[@]}" 192.0.2.1
both outstanding - -O -c 4 "${QUICK[@]}" -W 0.5 192.0.2.3
both large-payload - -s 1000 -c 2 "${QUICK[@]}" 192.0.2.1
both pattern - -p 0aff1 -c 1 192.0.2.1
both pattern-quiet - -q -p ff -c 1 192.0.2.1
both source - -I 192.0.2.254 -c 1 192.0.2.1
both device - -I veth0 -c 1 192.0.2.1
both device-v6 - -I veth0 -c 1 2001:db8::1
both adaptive - -A -c 3 192.0.2.1
# Which address of the host's own file would be tried first is its affair.
echo '127.0.0.1 localhost' >"$tmp/hosts"
mount --bind "$tmp/hosts" /etc/hosts
both name - -c 2 "${QUICK[@]}" localhost

# What differs on purpose: a probe in flight at the interrupt was not lost.
responder_start
start netdiag "$NETDIAG" ping -l 3 -i 100 192.0.2.3
await netdiag '*icmp_seq=2 *'
kill -INT "$pid"
end netdiag
expect_rc 0
expect_line netdiag.out '^2 packets transmitted, 2 received, 0% packet loss, '
expect_line netdiag.out '^1 unfinished$'
verdict in-flight

# Nor do the RTTs count duplicates: as many as replies.
responder_start
run_to json "$NETDIAG" ping --json -q -c 3 "${QUICK[@]}" 192.0.2.5
expect_rc 0
expect_line json.out '"received":3,.*"duplicates":1,.*"loss_pct":0,'
verdict duplicates-apart

exit "$failed"
