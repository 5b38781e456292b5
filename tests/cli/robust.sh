#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# robust.sh: what goes wrong around a run: signals, readers of the output, the
# resolver, the interface, system calls, the clock. No abort, no loss that was
# none, the right exit status.

. "$(dirname "$0")/lib.sh"
need_lab
enter
make_tmp
lab_up
responder_start

# A resolver that never answers, for longer than any case may last.
printf '%s\n' 'nameserver 192.0.2.4' 'options timeout:30 attempts:5' \
    >"$tmp/resolv.conf"
mount --bind "$tmp/resolv.conf" /etc/resolv.conf

PING=("$NETDIAG" ping)
JSON=("$NETDIAG" ping --json)

# agree NAME.out [TARGET:KEY=VALUE...]: the stream is whole, and says so.
agree() {
	local stream=$tmp/$1
	shift
	"$PYTHON" "$CLI/stream.py" "$rc" "$@" <"$stream" >"$tmp/stream" 2>&1 ||
	    why+=" $(tail -n 1 "$tmp/stream")"
}

# The packets that veth0 has received or sent so far.
RX=3
TX=11
counter() {
	awk -v field="$1" '$1 == "veth0:" { print $field }' /proc/net/dev
}

# packets DIRECTION SINCE N: waits for N more of them.
packets() {
	while [ $(($(counter "$1") - $2)) -lt "$3" ]; do
		:
	done
}

# ---- signals ----------------------------------------------------------------

for signal in INT TERM; do
	start run "${PING[@]}" -i 100 -l 2 192.0.2.1
	await run '*icmp_seq=2 *'
	kill -s "$signal" "$pid"
	end run
	expect_rc 0
	expect_line run.out '^2 packets transmitted, 2 received, 0% packet loss'
	verdict "SIG$signal-answered"

	tx=$(counter $TX)
	start run "${JSON[@]}" -i 100 -W 100 -l 3 192.0.2.4
	packets $TX "$tx" 3
	kill -s "$signal" "$pid"
	end run
	expect_rc 1
	agree run.out 192.0.2.4:sent=3 192.0.2.4:unfinished=3 \
	    192.0.2.4:lost=0 192.0.2.4:loss_pct=null \
	    end:reason='"interrupted"'
	verdict "SIG$signal-in-flight"
done

# Before anything was sent.
for pair in INT:130 TERM:143; do
	start run "${JSON[@]}" --resolve-timeout 100 dead.test
	await run '*"type":"begin"*'
	kill -s "${pair%:*}" "$pid"
	end run
	expect_rc "${pair#*:}"
	agree run.out end:reason='"interrupted"' end:sent=0
	verdict "SIG${pair%:*}-before-anything-was-sent"
done

start run "${PING[@]}" -i 100 192.0.2.1
await run '*icmp_seq=1 *'
kill -QUIT "$pid"
await_err run '^.*1/1 packets, 0% loss, min/avg/ewma/max = '
kill -INT "$pid"
end run
expect_rc 0
expect_line run.out '^1 packets transmitted, 1 received'
verdict SIGQUIT

# Two in the same moment, as timeout(1) sends them to its child and then to its
# group, are one.
start run "${PING[@]}" -i 100 192.0.2.1
await run '*icmp_seq=1 *'
kill -STOP "$pid"
kill -INT "$pid"
kill -TERM "$pid"
kill -CONT "$pid"
end run
expect_rc 0
expect_line run.out '^1 packets transmitted, 1 received'
verdict two-signals-at-once

# Until the first signal is no longer pending, a second one would be the same.
delivered() {
	while grep -q '^ShdPnd:.*[^0[:space:]]' "/proc/$pid/status"; do
		:
	done
}

SWEEP=(--rate 0 -c 1 --include-all 127.1.0.0/16)

# ---- the deadline -----------------------------------------------------------

# A probe that is due at the deadline itself is not sent.
for sent in 1 1 1 1 1 2; do
	run_to run "${JSON[@]}" -w "0.$((2 * sent))" -i 0.2 192.0.2.1
	expect_rc 0
	agree run.out 192.0.2.1:sent="$sent" 192.0.2.1:received="$sent" \
	    192.0.2.1:unfinished=0 end:reason='"deadline"'
done
verdict deadline-sends-nothing

# Of most targets of a block nothing is known when the deadline comes.
run_to run "${PING[@]}" --down -c 1 -w 0.5 127.0.0.0/16
expect_rc 1
expect_empty run.out
verdict deadline-down-leaves-out-what-was-not-probed

run_to run "${PING[@]}" -q -c 1 -w 0.5 127.0.0.0/16
expect_rc 1
expect_line run.out '^65534 targets: [0-9]+ alive, 0 down, [0-9]+ not probed; '
verdict deadline-not-probed

# ---- a reader that takes its time -------------------------------------------

# Nobody reads after the first line.
for pair in INT:130 TERM:143; do
	start run "${JSON[@]}" "${SWEEP[@]}"
	await run '*"type":"begin"*'
	kill -s "${pair%:*}" "$pid"
	delivered
	sleep 0.1
	kill -s "${pair%:*}" "$pid"
	wait "$pid"
	rc=$?
	pid=
	exec 9<&-
	expect_rc "${pair#*:}"
	verdict "SIG${pair%:*}-twice"
done

# Nobody reads until the signal has come.
start run "${JSON[@]}" "${SWEEP[@]}"
await run '*"type":"begin"*'
kill -INT "$pid"
delivered
end run
[ "$rc" -le 1 ] || [ "$rc" -eq 130 ] || why+=" exit status $rc;"
agree run.out end:reason='"interrupted"' begin:targets=65536
"$PYTHON" "$CLI/strict_schema.py" --run <"$tmp/run.out" \
    >"$tmp/strict" 2>&1 || why+=" $(cat "$tmp/strict")"
verdict SIGINT-while-nobody-reads

# Nobody reads, and the measurement is over: that is told on standard error.
for pair in INT:2 TERM:2; do
	start run "${JSON[@]}" -w 0.5 --rate 0 -c 1 --resolve-timeout 100 \
	    dead.test 127.1.0.0/24
	await_err run 'dead.test: not resolved in time'
	kill -s "${pair%:*}" "$pid"
	timeout 5 tail -f --pid="$pid" /dev/null || {
		why+=" it goes on;"
		kill -KILL "$pid"
	}
	wait "$pid"
	rc=$?
	pid=
	exec 9<&-
	expect_rc "${pair#*:}"
	verdict "SIG${pair%:*}-after-the-end-while-nobody-reads"
done

{
	timeout "$LIMIT" "${JSON[@]}" "${SWEEP[@]}" 2>"$tmp/run.err"
	echo $? >"$tmp/rc"
} | (
	sleep 3
	cat
) >"$tmp/run.out"
rc=$(cat "$tmp/rc")
expect_rc 0
expect_empty run.err
"$PYTHON" "$CLI/strict_schema.py" --run <"$tmp/run.out" \
    >"$tmp/strict" 2>&1 || why+=" $(cat "$tmp/strict")"
agree run.out end:received=65536 end:sent=65536 end:failed=0
for type in start probe summary; do
	[ "$(grep -c "\"type\":\"$type\"" "$tmp/run.out")" -eq 65536 ] ||
	    why+=" not 65536 records of type $type;"
done
tail -n 1 "$tmp/run.out" >"$tmp/last"
expect_line last '"stalled_ms":[0-9.]*[1-9]'
verdict sleeping-reader

# ---- standard output --------------------------------------------------------

for form in text json; do
	args=(--format "$form" -c 3 -i 0.05 192.0.2.1)
	timeout "$LIMIT" "${PING[@]}" "${args[@]}" >&- 2>"$tmp/run.err"
	rc=$?
	expect_rc 3
	expect_line run.err '^netdiag: ping: standard output: '
	verdict "closed-$form"

	timeout "$LIMIT" "${PING[@]}" "${args[@]}" >/dev/full 2>"$tmp/run.err"
	rc=$?
	expect_rc 3
	expect_line run.err '^netdiag: ping: standard output: [Nn]o space left'
	[ "$(wc -l <"$tmp/run.err")" -eq 1 ] || why+=" it says more than that;"
	verdict "full-$form"

	timeout "$LIMIT" "${PING[@]}" --format "$form" -i 0.05 192.0.2.1 \
	    2>"$tmp/run.err" | head -n 1 >"$tmp/run.out"
	rc=${PIPESTATUS[0]}
	expect_rc 141
	expect_empty run.err
	verdict "head-$form"
done
for words in "--help" "--version" "ping --help" "ping --version" "help ping"; do
	# shellcheck disable=SC2086 # words
	timeout "$LIMIT" "$NETDIAG" $words >/dev/full 2>"$tmp/run.err"
	rc=$?
	expect_rc 3
	expect_line run.err '^netdiag: .*standard output: '
done
verdict full-help
timeout "$LIMIT" "${PING[@]}" -c 1 192.0.2.1 2>&- >"$tmp/run.out"
rc=$?
expect_rc 0
expect_line run.out '^1 packets transmitted, 1 received'
verdict closed-stderr
timeout "$LIMIT" "${PING[@]}" -c 1 192.0.2.1 <&- >"$tmp/run.out" 2>&1
rc=$?
expect_rc 0
verdict closed-stdin

# ---- the resolver -----------------------------------------------------------

run_to run "${JSON[@]}" -c 2 -i 0.05 --resolve-timeout 0.5 dead.test 192.0.2.1
expect_rc 2
agree run.out dead.test:code='"resolve"' 192.0.2.1:received=2 end:unresolved=1 \
    end:reason='"done"'
verdict dead-resolver
run_to run "${JSON[@]}" -w 0.5 --resolve-timeout 100 192.0.2.1 dead.test
expect_rc 2
agree run.out dead.test:code='"resolve"' 192.0.2.1:received=1 \
    end:reason='"deadline"'
verdict dead-resolver-deadline
start run "${JSON[@]}" -i 100 --resolve-timeout 100 192.0.2.1 dead.test
await run '*"status":"reply"*'
kill -INT "$pid"
end run
expect_rc 2
agree run.out dead.test:code='"resolve"' 192.0.2.1:received=1 \
    end:reason='"interrupted"'
verdict dead-resolver-interrupted

# ---- the interface ----------------------------------------------------------

start run "${JSON[@]}" -i 0.05 -W 0.3 192.0.2.1
await run '*"status":"reply"*'
ip link set veth0 down
await run '*"status":"send_error"*'
ip link set veth0 up
lab_routes
await run '*"status":"reply"*'
kill -INT "$pid"
end run
expect_rc 0
agree run.out end:reason='"interrupted"' 192.0.2.1:errors=0
verdict interface-down-and-up

# ---- stopped with replies waiting -------------------------------------------

rx=$(counter $RX)
tx=$(counter $TX)
kill -STOP "$responder"
start run "${JSON[@]}" -l 3 -c 3 -i 100 -W 2 192.0.2.1
packets $TX "$tx" 3
kill -STOP "$pid"
kill -CONT "$responder"
packets $RX "$rx" 3
sleep 2.2 # longer than the timeout: that is the case
kill -CONT "$pid"
end run
expect_rc 0
agree run.out 192.0.2.1:received=3 192.0.2.1:lost=0 192.0.2.1:late=0
verdict stopped-with-replies-waiting

# ---- system calls -----------------------------------------------------------

# Sanitizers look for leaks by ptrace, which is taken then.
traced() {
	run_to run env ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" \
	    strace -f -qq -o "$tmp/strace" -e "inject=$1" \
	    "${JSON[@]}" -c 4 -i 0.05 -W 0.5 "$2"
	grep -q INJECTED "$tmp/strace" || why+=" nothing was injected;"
}
if ! strace -o /dev/null true 2>/dev/null; then
	skip system-calls "no strace"
else
	for target in 192.0.2.1 2001:db8::1; do
		version=$([[ $target == *:* ]] && echo v6 || echo v4)
		for error in ENOBUFS EAGAIN EINTR; do
			traced "sendto,sendmsg:error=$error:when=2..3" "$target"
			expect_rc 0
			agree run.out "$target:sent=4" "$target:received=4" \
			    "$target:lost=0" "$target:send_errors=0"
			verdict "send-$error-$version"
		done
		for error in EPERM ENETDOWN; do
			traced "sendto,sendmsg:error=$error:when=2..3" "$target"
			expect_rc 0
			agree run.out "$target:sent=2" "$target:received=2" \
			    "$target:lost=0" "$target:send_errors=2"
			verdict "send-$error-$version"
		done
		for error in EINTR ENOMEM ENOBUFS; do
			traced "recvmmsg,recvmsg:error=$error:when=2..5" \
			    "$target"
			expect_rc 0
			agree run.out "$target:sent=4" "$target:received=4" \
			    "$target:lost=0"
			verdict "receive-$error-$version"
		done
	done
fi

if nft add table ip netdiag 2>/dev/null &&
    nft add chain ip netdiag out \
        '{ type filter hook output priority 0; }' 2>/dev/null &&
    nft add rule ip netdiag out ip daddr 192.0.2.2 drop 2>/dev/null; then
	run_to run "${JSON[@]}" -c 2 -i 0.05 192.0.2.1 192.0.2.2
	expect_rc 1
	agree run.out 192.0.2.2:sent=0 192.0.2.2:send_errors=2 \
	    192.0.2.2:lost=0 192.0.2.1:received=2
	verdict firewall
	run_to run "${PING[@]}" -c 2 -i 0.05 192.0.2.2
	expect_rc 1
	expect_line run.err '^netdiag: ping: sendmsg: operation not permitted$'
	expect_line run.err '^hint: a firewall rule .*: nft list ruleset$'
	expect_line run.out '^2 send errors$'
	verdict firewall-hint
	# Two probes are let through: all that were sent are answered.
	nft add rule ip netdiag out ip daddr 192.0.2.1 \
	    limit rate 1/day burst 2 packets accept
	nft add rule ip netdiag out ip daddr 192.0.2.1 drop
	run_to run "${PING[@]}" -c 20 -i 0.02 --max-loss 1 192.0.2.1
	expect_rc 1
	expect_line run.out '^2 packets transmitted, 2 received, 0% packet loss'
	expect_line run.out \
	    '^failed: 90% loss with send errors \(--max-loss 1%\)$'
	verdict firewall-max-loss
	nft delete table ip netdiag
else
	skip firewall "no nft"
fi

# ---- routes that forbid -----------------------------------------------------

for kind in unreachable prohibit blackhole; do
	for target in 192.0.2.77 2001:db8::77; do
		version=$([[ $target == *:* ]] && echo v6 || echo v4)
		ip route add "$kind" "$target"
		run_to run "${PING[@]}" -c 3 -i 0.05 "$target"
		expect_rc 1
		expect_line run.err '^netdiag: ping: sendmsg: [a-z ]*$'
		expect_line run.err \
		    "^hint: .*ip route show table all match $target\$"
		[ "$(wc -l <"$tmp/run.err")" -eq 2 ] ||
		    why+=" it is not told once;"
		expect_line run.out '^3 send errors$'
		ip route del "$kind" "$target"
		verdict "route-$kind-$version"
	done
done

# ---- the wall clock ---------------------------------------------------------

if ! "${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$tmp/clockstep.so" \
    "$CLI/clockstep.c" 2>/dev/null; then
	skip clock-step "no compiler"
else
	for seconds in 3600 -3600; do
		run_to run env LD_PRELOAD="$tmp/clockstep.so" \
		    ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
		    CLOCKSTEP_S="$seconds" CLOCKSTEP_AT=3 \
		    "${JSON[@]}" -c 6 -i 0.05 -W 5 192.0.2.1
		expect_rc 0
		agree run.out 192.0.2.1:received=6 192.0.2.1:lost=0 \
		    192.0.2.1:late=0
		expect_line run.out '"clock":"kernel"'
		# None of an hour, and none below nothing.
		expect_no_line run.out '"rtt_(ms|max_ms)":[0-9]{4}'
		expect_no_line run.out '"rtt_(ms|min_ms)":-'
		[ "$(sed -E 's/.*"time":"([^"]*)".*/\1/' "$tmp/run.out" |
		    cut -c 12-13 | sort -u | wc -l)" -ge 2 ] ||
		    why+=" the clock was never stepped;"
		verdict "clock-step$seconds"
	done
fi

# ---- targets from files -----------------------------------------------------

mkdir -m 700 "$tmp/private"
printf '%s\n' '192.0.2.1' '2001:db8::1' >"$tmp/private/targets"
chmod 600 "$tmp/private/targets"
run_to run "${JSON[@]}" -c 1 "@$tmp/private/targets"
expect_rc 0
agree run.out 192.0.2.1:received=1 2001:db8::1:received=1 begin:targets=2
verdict file-of-root

timeout "$LIMIT" "${JSON[@]}" -c 1 - <"$tmp/private/targets" \
    >"$tmp/run.out" 2>"$tmp/run.err"
rc=$?
expect_rc 0
agree run.out 192.0.2.1:received=1 2001:db8::1:received=1 begin:targets=2
verdict standard-input

timeout "$LIMIT" "${JSON[@]}" -c 1 - </dev/null >"$tmp/run.out" 2>"$tmp/run.err"
rc=$?
expect_rc 2
expect_line run.err '^netdiag: ping: no targets in what was read$'
verdict empty-standard-input

install -m 755 "$NETDIAG" "$tmp/netdiag"
run_to run setpriv --reuid 65534 --regid 65534 --clear-groups \
    --inh-caps +net_raw --ambient-caps +net_raw \
    "$tmp/netdiag" ping -c 1 "@$tmp/private/targets"
expect_rc 2
expect_empty run.out
expect_line run.err "^netdiag: ping: $tmp/private/targets: [Pp]ermission denied"
verdict file-not-for-this-user

printf '192.0.2.1\nnot/a/target\n\001\033[31m\n192.0.2.300\n' >"$tmp/bad"
run_to run "${PING[@]}" -c 1 "@$tmp/bad"
expect_rc 2
expect_empty run.out
expect_line run.err "^netdiag: ping: $tmp/bad:2: "
expect_line run.err "^netdiag: ping: $tmp/bad:4: "
expect_no_line run.err $'[\001\033]'
verdict bad-lines-of-a-file

exit "$failed"
