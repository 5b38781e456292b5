#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# records.sh: runs of many kinds with --json. Every record is valid by the
# strict schema, begins and ends are as they should be, the sums agree, the
# exit status is that of the process, and what is certain of the run is so.

. "$(dirname "$0")/lib.sh"
need_lab
if ! "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	skip all "$PYTHON has no jsonschema"
	exit 0
fi
enter
make_tmp
lab_up
responder_start

# judge NAME STATUS [TARGET:KEY=VALUE...]: of what is in $tmp/run.out.
judge() {
	local name=$1 status=$2
	shift 2
	expect_rc "$status"
	"$PYTHON" "$CLI/strict_schema.py" --run <"$tmp/run.out" \
	    >"$tmp/strict" 2>&1 || why+=" $(cat "$tmp/strict")"
	"$PYTHON" "$CLI/stream.py" "$rc" "$@" <"$tmp/run.out" \
	    >"$tmp/stream" 2>&1 || why+=" $(tail -n 1 "$tmp/stream")"
	verdict "$name"
}

# run NAME STATUS EXPECTED... -- OPTION...
run() {
	local name=$1 expected=()
	while [ "$1" != -- ]; do
		expected+=("$1")
		shift
	done
	shift
	run_to run "$NETDIAG" ping --json "$@"
	judge "${expected[@]}"
}

Q=(-i 0.02)
H=(-i 0.02 -W 0.3 -c 3) # where no answer is one

run one 0 192.0.2.1:sent=3 192.0.2.1:received=3 end:reason='"done"' \
    -- -c 3 "${Q[@]}" 192.0.2.1
run one-v6 0 2001:db8::1:received=3 2001:db8::1:af=6 \
    -- -c 3 "${Q[@]}" 2001:db8::1
run many 1 192.0.2.3:lost=1 192.0.2.5:duplicates=1 192.0.2.6:errors=3 \
    192.0.2.7:errors=3 192.0.2.1:received=3 2001:db8::6:errors=3 \
    end:failed=3 begin:targets=6 \
    -- "${H[@]}" 192.0.2.1 192.0.2.3 192.0.2.5 192.0.2.6 192.0.2.7 2001:db8::6
run all-kinds 1 192.0.2.8:sent=9 192.0.2.8:received=5 192.0.2.8:errors=2 \
    192.0.2.8:lost=2 192.0.2.8:duplicates=2 192.0.2.4:lost=9 \
    -- -i 0.02 -W 0.3 -c 9 192.0.2.8 192.0.2.4
run quiet 0 192.0.2.3:lost=1 -- -q -W 0.3 -c 4 "${Q[@]}" 192.0.2.3
run block 0 192.0.2.101:received=1 192.0.2.102:received=1 begin:targets=2 \
    -- -c 1 192.0.2.100/30
run range 0 begin:targets=4 -- -c 1 192.0.2.100-192.0.2.103
run twice 0 begin:targets=2 end:sent=4 -- -c 2 "${Q[@]}" 192.0.2.1 192.0.2.1
run loopback 0 end:received=2 -- -c 1 127.0.0.1 ::1
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range
run dgram 0 begin:mode='"dgram"' 192.0.2.1:received=2 \
    -- --unprivileged -c 2 "${Q[@]}" 192.0.2.1
run dgram-many 1 192.0.2.3:lost=1 192.0.2.5:duplicates=1 192.0.2.6:errors=3 \
    192.0.2.7:errors=3 2001:db8::6:errors=3 2001:db8::1:received=3 \
    -- --unprivileged "${H[@]}" 192.0.2.1 192.0.2.3 192.0.2.5 192.0.2.6 \
    192.0.2.7 2001:db8::1 2001:db8::6
run dgram-hostile 1 end:received=0 \
    -- --unprivileged "${H[@]}" 192.0.2.20-192.0.2.33
echo '1 0' >/proc/sys/net/ipv4/ping_group_range
run_to run "$NETDIAG" ping --json --unprivileged -c 1 192.0.2.1
expect_rc 3
expect_line run.out '"type":"error".*"code":"permission"'
expect_line run.err '^hint: '
"$PYTHON" "$CLI/strict_schema.py" <"$tmp/run.out" 2>"$tmp/strict" ||
    why+=" $(cat "$tmp/strict")"
"$PYTHON" "$CLI/stream.py" "$rc" end:reason='"error"' <"$tmp/run.out" \
    >"$tmp/stream" 2>&1 || why+=" $(tail -n 1 "$tmp/stream")"
verdict refused
run every 0 192.0.2.1:received=6 -- --every 0.02 -c 6 "${Q[@]}" 192.0.2.1
run first-reply 0 192.0.2.1:sent=1 -- -o "${Q[@]}" 192.0.2.1
run size-0 0 192.0.2.1:received=2 -- -s 0 -c 2 "${Q[@]}" 192.0.2.1
run size-4 0 192.0.2.1:received=2 -- -s 4 -c 2 "${Q[@]}" 192.0.2.1
run ip-options 0 192.0.2.11:received=2 -- -c 2 "${Q[@]}" 192.0.2.11
run every-code 1 192.0.2.12:errors=18 192.0.2.12:received=0 \
    -- -c 18 "${Q[@]}" 192.0.2.12
run every-code-v6 1 2001:db8::12:errors=13 -- -c 13 "${Q[@]}" 2001:db8::12
run late 0 192.0.2.9:sent=6 192.0.2.9:received=0 192.0.2.9:lost=6 \
    192.0.2.9:late=4 192.0.2.9:ok=true -- -i 0.4 -W 0.1 -c 6 192.0.2.9
run late-errors 1 192.0.2.16:sent=6 192.0.2.16:received=0 192.0.2.16:lost=6 \
    192.0.2.16:late=4 192.0.2.16:ok=false -- -i 0.4 -W 0.1 -c 6 192.0.2.16
run storm 0 192.0.2.10:sent=3 192.0.2.10:received=3 192.0.2.10:lost=0 \
    -- -c 3 -i 0.2 192.0.2.10
run reply-then-error 0 192.0.2.13:received=3 192.0.2.13:errors=0 \
    -- -c 3 "${Q[@]}" 192.0.2.13
run error-then-reply 1 192.0.2.14:received=0 192.0.2.14:errors=3 \
    -- -c 3 "${Q[@]}" 192.0.2.14

# hostile NAME NUMBER INVALID: never an answer; as many invalid, or more where
# INVALID is empty.
hostile() {
	local name=$1 number=$2 invalid=$3 addr
	for addr in "192.0.2.$number" "2001:db8::$number"; do
		local version=v4
		[[ $addr == *:* ]] && version=v6
		run "hostile-$name-$version" 1 "$addr:sent=3" \
		    "$addr:received=0" "$addr:errors=0" "$addr:lost=3" \
		    "$addr:duplicates=0" "$addr:late=0" \
		    ${invalid:+"$addr:invalid=$invalid"} -- "${H[@]}" "$addr"
	done
}
hostile checksum 20 ''
hostile four-bytes 21 ''
hostile no-payload 22 ''
hostile inverted 23 ''
hostile other-source 24 ''
hostile unknown-seq 25 ''
hostile other-ident 26 ''
hostile zeroed 27 ''
hostile other-type 28 0
hostile short-quote 30 ''
hostile cut-off 31 ''
hostile bad-header 32 ''
hostile short-payload 33 ''
run hostile-all-at-once 1 end:received=6 192.0.2.1:received=3 \
    2001:db8::1:received=3 192.0.2.27:received=0 -- "${H[@]}" 192.0.2.1 \
    2001:db8::1 192.0.2.20-192.0.2.33 2001:db8::20 2001:db8::23 2001:db8::25
run hostile-verbose 1 192.0.2.20:received=0 -- -v "${H[@]}" 192.0.2.20
run pattern 1 192.0.2.40:received=0 -- -p ff "${H[@]}" 192.0.2.40

# A translator on the way may leave other addresses in what an error quotes: the
# tag in it tells whose it is.
for addr in 192.0.2.29 2001:db8::29; do
	version=$([[ $addr == *:* ]] && echo v6 || echo v4)
	run "rewritten-quote-$version" 1 "$addr:sent=3" "$addr:received=0" \
	    "$addr:errors=3" "$addr:lost=0" -- "${H[@]}" "$addr"
done

# Names, and what cannot be sent.
cat >"$tmp/hosts" <<'END'
127.0.0.1 localhost
::1 localhost
192.0.2.1 lab.test
END
: >"$tmp/resolv.conf"
mount --bind "$tmp/hosts" /etc/hosts
mount --bind "$tmp/resolv.conf" /etc/resolv.conf
run name 0 lab.test:addr='"192.0.2.1"' lab.test:received=1 -- -c 1 lab.test
run all-of-a-name 0 localhost:ok=true end:sent=2 -- --all -c 1 localhost
run unresolved 2 nowhere.test:code='"resolve"' nowhere.test:addr=null \
    192.0.2.1:received=1 end:unresolved=1 -- -c 1 nowhere.test 192.0.2.1
run unresolved-only 2 nowhere.test:code='"resolve"' -- -c 1 nowhere.test
ip -6 route del default
ip route add unreachable 203.0.113.0/24
run no-route 1 192.0.2.1:received=2 \
    -- -c 2 "${Q[@]}" 203.0.113.1 2001:db8:1::1 192.0.2.1
run no-route-only 1 203.0.113.1:sent=0 -- -c 2 "${Q[@]}" 203.0.113.1
ip route del unreachable 203.0.113.0/24
lab_routes
run too-long 1 192.0.2.1:send_errors=2 192.0.2.1:sent=0 \
    -- -M 'do' -s 4000 -c 2 "${Q[@]}" 192.0.2.1

# Ends before the end.
run deadline 0 192.0.2.1:received=1 192.0.2.1:reason='"deadline"' \
    end:reason='"deadline"' -- -w 0.5 -i 100 192.0.2.1
run deadline-waiting 1 192.0.2.4:sent=1 192.0.2.4:unfinished=1 \
    192.0.2.4:loss_pct=null -- -w 0.2 -W 100 -i 100 192.0.2.4
# The wait for a first reply is over before the run is.
run deadline-silent 1 192.0.2.4:sent=1 192.0.2.4:lost=1 \
    192.0.2.4:unfinished=0 192.0.2.4:loss_pct=100 -- -w 1 -i 100 192.0.2.4
start run "$NETDIAG" ping --json -i 100 -W 100 192.0.2.1 192.0.2.4
await run '*"status":"reply"*'
kill -INT "$pid"
end run
judge interrupted 1 192.0.2.1:received=1 192.0.2.4:lost=0 \
    end:reason='"interrupted"' begin:targets=2

# Groups.
run broadcast 0 192.0.2.255:received=1 -- -b -c 1 192.0.2.255
run multicast 0 224.0.0.15:sent=1 224.0.0.15:received=1 \
    -- -b -c 1 -I veth0 224.0.0.15
run multicast-silent 1 224.0.0.4:sent=1 224.0.0.4:lost=1 \
    -- -b -c 1 -W 0.2 -I veth0 224.0.0.4

# Words from outside.
run labels 0 -- -c 1 --label 'a="quoted" \ and /' \
    --label 'b=grüße ✓ '$'\360\237\221\273' --label 'c=' 192.0.2.1
expect_line run.out '"labels":\{"a":"\\"quoted\\" \\\\ and /","b":"grüße ✓ '
verdict labels-as-given
run run-id 0 begin:run='"0123456789abcdef"' \
    -- -c 1 --run-id 0123456789abcdef 192.0.2.1
printf '%s\n' '# comment' '' '192.0.2.1 # lab' 'lab.test' >"$tmp/targets"
run file 0 begin:targets=2 lab.test:received=1 -- -c 1 "@$tmp/targets"

exit "$failed"
