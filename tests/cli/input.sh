#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# input.sh: targets from a writer who takes his time, and records for a reader
# who takes none: signals and the deadline hold all the same.

. "$(dirname "$0")/lib.sh"
need_lab
enter
make_tmp
lab_up
responder_start

agree() {
	local stream=$tmp/$1
	shift
	"$PYTHON" "$CLI/stream.py" "$rc" "$@" <"$stream" >"$tmp/stream" 2>&1 ||
	    why+=" $(tail -n 1 "$tmp/stream")"
}

# from_writer NAME SECONDS OPTION...: in the background, as $pid; its targets
# come after so long.
from_writer() {
	local name=$1 seconds=$2
	shift 2
	mkfifo "$tmp/in"
	(sleep "$seconds" && echo 192.0.2.1) >"$tmp/in" 2>/dev/null &
	writer=$!
	"$NETDIAG" ping "$@" - \
	    <"$tmp/in" >"$tmp/$name.out" 2>"$tmp/$name.err" 8>&- &
	pid=$!
}

# Waits for it.
ended() {
	timeout "$LIMIT" tail --pid="$pid" -f /dev/null || kill -KILL "$pid"
	wait "$pid"
	rc=$?
	pid=
	pkill -P "$writer"
	wait "$writer" 2>/dev/null
	rm -f "$tmp/in"
}

# Once it has its handlers: SIGINT and SIGQUIT are among what it catches.
reading() {
	until grep -q '^SigCgt:.*[67ef]$' "/proc/$pid/status"; do
		:
	done
}

from_writer deadline 60 -w 0.3
ended
expect_rc 2
grep -q 'no targets' "$tmp/deadline.err" || why+=' it does not say why;'
verdict deadline-while-reading

# What the reading took is gone.
from_writer late 0.5 --json -w 1.5 -i 0.1
ended
expect_rc 0
agree late.out end:reason='"deadline"' 192.0.2.1:lost=0
[ "$(grep -c '"type":"probe"' "$tmp/late.out")" -le 11 ] ||
    why+=' the deadline counts from the first target;'
verdict deadline-counts-reading

for pair in INT:130 TERM:143; do
	from_writer signal 60 -c 1
	reading
	kill -s "${pair%:*}" "$pid"
	ended
	expect_rc "${pair#*:}"
	verdict "SIG${pair%:*}-while-reading"
done

from_writer quit 1 -c 1
reading
kill -QUIT "$pid"
ended
expect_rc 0
grep -q 'still being read' "$tmp/quit.err" || why+=' no status;'
expect_line quit.out '^1 packets transmitted, 1 received'
verdict SIGQUIT-while-reading

# Nobody ever reads what is told: a first signal ends it, and says so.
start unread "$NETDIAG" ping --json -i 2ms 192.0.2.1-192.0.2.200
await unread '*"type":"begin"*'
sleep 1
kill -INT "$pid"
wait "$pid"
rc=$?
pid=
exec 9<&-
expect_rc 3
grep -q 'nobody reads' "$tmp/unread.err" || why+=' it does not say so;'
verdict SIGINT-with-no-reader

exit "$failed"
