#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# trace.sh: netdiag trace from outside: wrong command lines, exit statuses,
# records, names and AS numbers, graphs, and ends before the end. What it finds
# of real paths, the lab compares with the truth.

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

printf '%s\n' '127.0.0.1 localhost' '::1 localhost' '192.0.2.1 first.test' \
    >"$tmp/hosts"
printf '%s\n' 'nameserver 127.0.0.1' >"$tmp/resolv.conf"
printf '%s\n' 'hosts: files dns' >"$tmp/nsswitch.conf"
for file in hosts resolv.conf nsswitch.conf; do
	[ -e "/etc/$file" ] || continue
	mount --bind "$tmp/$file" "/etc/$file"
done

# It ends with the responder: both read the same pipe.
mkfifo "$tmp/dns"
"$PYTHON" "$CLI/dns.py" <"$tmp/hold" >"$tmp/dns" 8>&- &
read -r _ <"$tmp/dns"

TRACE=("$NETDIAG" trace)

# valid: what is in $tmp/run.out, by the strict schema.
valid() {
	"$PYTHON" "$CLI/strict_schema.py" "$@" <"$tmp/run.out" \
	    >"$tmp/strict" 2>&1 || why+=" $(cat "$tmp/strict")"
}
# run NAME STATUS OPTION...: with records.
run() {
	local status=$2
	shift 2
	run_to run "${TRACE[@]}" --json -n -w 0.3 "$@"
	expect_rc "$status"
	valid --run
}
# count N PATTERN: lines of the output.
count() {
	local n
	n=$(grep -cE -- "$2" "$tmp/run.out")
	[ "$n" -eq "$1" ] || why+=" $n and not $1 lines like '$2';"
}

# ---- Records ------------------------------------------------------------------

for address in 192.0.2.1 2001:db8::1; do
	run icmp 0 -I -q 3 "$address"
	expect_line run.out '"type":"begin".*"mode":"raw"'
	count 1 '"type":"start".*"proto":"icmp6?"'
	count 1 '"type":"hop".*"hop":1,.*"received":3,.*"nodes":1,'
	count 1 "\"type\":\"node\".*\"from\":\"$address\",.*\"destination\":true,\"received\":3,"
	count 1 '"type":"summary".*"reached":true,"hops":1,"reason":"reached"'
	count 3 '"type":"probe".*"hop":1,.*"status":"destination"'
	count 0 '"type":"link"'
	verdict "records-$address"
done

run silent 1 -f 2 -m 4 -q 2 192.0.2.4
count 1 '"type":"summary".*"reached":false,"hops":null,"reason":"max_ttl"'
expect_line run.out '"type":"probe".*"hop":4,.*"status":"timeout"'
count 0 '"type":"node"'
verdict records-of-silence

run quiet 0 -I --quiet 192.0.2.1 2001:db8::1
count 0 '"type":"(probe|start)"'
count 2 '"type":"hop"'
count 2 '"type":"node"'
count 2 '"type":"summary"'
verdict records-quiet

run cycles 0 -I -c 3 --interval 20ms --every 10ms 192.0.2.1
count 1 '"type":"summary".*"cycles":3,'
expect_line run.out '"type":"interim".*"reason":null,'
expect_line run.out '"type":"node".*"received":9,'
expect_line run.out '"type":"probe".*"cycle":3,'
verdict cycles

for method in udp/-U tcp/-T icmp/-I; do
	run method 0 "${method#*/}" 127.0.0.1
	count 1 "\"type\":\"start\".*\"proto\":\"${method%/*}\""
	verdict "method-${method%/*}"
done

run params 0 -I -q 7 -m 9 --label a=b --run-id 0123456789abcdef 192.0.2.1
expect_line run.out '"run":"0123456789abcdef".*"labels":\{"a":"b"\}'
expect_line run.out '"params":\{.*"count":7,"first":1,"max":9,"gap":5,"mda":null,'
expect_no_line run.out '"flows":7'
verdict params

# ---- Exit statuses ------------------------------------------------------------

# status NAME WANT OPTION...
status() {
	local name=$1 want=$2
	shift 2
	run_to status "${TRACE[@]}" -n -w 0.2 -m 3 "$@"
	expect_rc "$want"
	verdict "status-$name"
}
status reached 0 -I 192.0.2.1
status reached-twice 0 -I 192.0.2.1 192.0.2.1
status not-reached 1 -I 192.0.2.4
status one-of-two 1 -I 192.0.2.1 192.0.2.4
status unresolved 2 -I 192.0.2.1 nowhere.test
status max-rtt 1 -I --max-rtt 1us 192.0.2.1
status max-rtt-met 0 -I --max-rtt 30s 192.0.2.1
status max-loss-met 0 -I --max-loss 0 192.0.2.1
status graph-not-written 3 -I --dot /dev/full 192.0.2.1
status no-such-folder 3 -I --dot /no/such/file 192.0.2.1
status no-such-file 2 -I --asn-db /no/such/file 192.0.2.1

echo '1 0' >/proc/sys/net/ipv4/ping_group_range
for option in -T --mda --mtu; do
	run_to run "${TRACE[@]}" --json -n --unprivileged "$option" 192.0.2.1
	expect_rc 3
	expect_line run.err '^netdiag: trace: --[a-z]+: not possible without a raw socket$'
	expect_line run.err '^hint: leave out --unprivileged$'
	expect_line run.out '"type":"error".*"code":"permission"'
	valid
	verdict "status-unprivileged$option"
done
run_to run "${TRACE[@]}" -n --unprivileged -I 192.0.2.1
expect_rc 3
expect_line run.err '^netdiag: trace: cannot open a ping socket: '
expect_line run.err '^hint: sudo sysctl -w net\.ipv4\.ping_group_range='
verdict status-no-ping-socket
run_to run setpriv --bounding-set=-net_raw --inh-caps=-net_raw --no-new-privs \
    --reuid=65534 --regid=65534 --clear-groups "${TRACE[@]}" -n -T 192.0.2.1
expect_rc 3
expect_line run.err '^netdiag: trace: --tcp: not possible without a raw socket$'
expect_line run.err '^hint: .*NET_RAW'
verdict status-no-capability
echo '0 2147483647' >/proc/sys/net/ipv4/ping_group_range
run unprivileged 0 --unprivileged -q 2 192.0.2.1
expect_line run.out '"type":"begin".*"mode":"dgram"'
count 1 '"type":"start".*"proto":"icmp"'
verdict unprivileged-is-icmp

# ---- Names, AS numbers --------------------------------------------------------

named() {
	run_to run "${TRACE[@]}" -w 0.3 -I -q 2 "$@"
	expect_rc 0
}
named --json 192.0.2.101
valid --run
count 1 '"type":"node".*"from":"192\.0\.2\.101","name":"good-name\.test","asn":null,'
verdict name-in-the-node
named 192.0.2.101
count 1 '^ *1  good-name\.test \(192\.0\.2\.101\)'
verdict name-in-the-line
named -n 192.0.2.101
expect_no_line run.out 'good-name'
verdict numeric
named --json 192.0.2.106
valid --run
count 1 '"type":"node".*"name":null,'
verdict no-name
named --json 192.0.2.101 192.0.2.1 2001:db8::1
valid --run
count 1 '"type":"node".*"name":"good-name\.test"'
count 1 '"type":"node".*"name":"first\.test"'
count 1 '"type":"node".*"name":"six-name\.test"'
verdict names-of-many

printf '%s\n' '192.0.2.0/24 64500' '192.0.2.101/32 AS64501/AS64502' \
    >"$tmp/asn"
chmod 644 "$tmp/asn"
run asn 0 -I --asn-db "$tmp/asn" 192.0.2.1 192.0.2.101 2001:db8::1
count 1 '"type":"node".*"from":"192\.0\.2\.1",.*"asn":"AS64500",'
count 1 '"type":"node".*"from":"192\.0\.2\.101",.*"asn":"AS64501/AS64502",'
count 1 '"type":"node".*"from":"2001:db8::1",.*"asn":null,'
verdict asn-of-a-file
echo 'no prefix at all' >"$tmp/asn"
run_to run "${TRACE[@]}" -n -I --asn-db "$tmp/asn" 192.0.2.1
expect_rc 2
expect_line run.err '^netdiag: trace: .*asn:1: '
expect_empty run.out
verdict asn-of-a-bad-file

run_to run "${TRACE[@]}" -6 first.test
expect_rc 2
expect_line run.err '^netdiag: trace: first\.test: no IPv6 address$'
verdict no-address-of-that-family

# ---- Graphs -------------------------------------------------------------------

# A graph of before is written over, also where it was longer.
head -c 100000 /dev/zero | tr '\0' x >"$tmp/graph"
chmod 666 "$tmp/graph"
run_to run "${TRACE[@]}" -I --dot "$tmp/graph" 192.0.2.101 2001:db8::1
expect_rc 0
expect_line graph '^digraph netdiag \{$'
expect_line graph '1: 192\.0\.2\.101\\ngood-name\.test", peripheries=2\];'
expect_line graph '^	subgraph cluster_2 \{$'
[ "$(tail -n 1 "$tmp/graph")" = '}' ] || why+=" it does not end;"
expect_no_line graph 'xx'
verdict graph
run_to run bash -c '"$@" --dot >(cat >&2)' bash "${TRACE[@]}" -n -I 192.0.2.1
expect_rc 0
verdict graph-to-a-pipe

# ---- Ends before the end ------------------------------------------------------

run deadline 0 -I -c 1000 --interval 100 --deadline 0.5 192.0.2.1
count 1 '"type":"summary".*"reached":true,.*"reason":"deadline"'
count 1 '"type":"end".*"reason":"deadline"'
verdict deadline

start run "${TRACE[@]}" --json -n -I -c 1000 --interval 100 192.0.2.1
await run '*"status":"destination"*'
kill -QUIT "$pid"
await_err run 'packets, 0% loss'
kill -INT "$pid"
end run
expect_rc 0
valid --run
count 1 '"type":"summary".*"reached":true,.*"reason":"interrupted"'
verdict interrupted

# A name server that says nothing: names are waited for, not for long, and not
# at all once there is a signal.
printf '%s\n' 'nameserver 192.0.2.4' 'options timeout:30 attempts:1' \
    >"$tmp/resolv.conf"
named --resolve-wait 0.1 192.0.2.101
count 1 '^ *1  192\.0\.2\.101 '
expect_line run.out '^reached 192\.0\.2\.101 '
verdict silent-name-server
start run "${TRACE[@]}" --json -I -q 1 --resolve-wait 100 192.0.2.101
await run '*"status":"destination"*'
kill -INT "$pid"
end run
expect_rc 0
valid --run
count 1 '"type":"node".*"from":"192\.0\.2\.101","name":null,'
count 1 '"type":"summary".*"reached":true,"hops":1,"reason":"(reached|interrupted)"'
verdict interrupted-without-names

# ---- Help and the rest ----------------------------------------------------------

run_to run "${TRACE[@]}" --help
expect_rc 0
expect_line run.out '^      --mda\[=PCT\] '
expect_line run.out '^  -q, --count N '
expect_empty run.err
verdict help
run_to run "$NETDIAG" trcae 192.0.2.1
expect_line run.err '^hint: did you mean: netdiag trace$'
verdict nearest-command
"$NETDIAG" --completion bash >"$tmp/completion" || why+=" no completion;"
cat >"$tmp/try" <<'END'
. "$1"
complete_words() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_netdiag
	echo "${COMPREPLY[*]}"
}
complete_words netdiag trace --mda = 9
complete_words netdiag trace --md
complete_words netdiag trace -F d
END
run_to run bash "$tmp/try" "$tmp/completion"
printf '%s\n' '95 99' '--mda' 'do dont' | cmp -s - "$tmp/run.out" ||
    why+=" $(tr '\n' '|' <"$tmp/run.out")"
verdict completion

# ---- Command lines with errors, which send nothing ------------------------------

counters() {
	awk '$1 ~ /^(lo|veth0):$/ { print $1, $11 }' /proc/net/dev
}
# refused NAME WORDS ARGUMENT...: usage errors, on standard error only, which
# say WORDS.
refused() {
	local name=$1 words=$2
	shift 2
	run_to refused "${TRACE[@]}" "$@"
	expect_rc 2
	expect_line refused.err "^netdiag: trace: .*$words"
	expect_empty refused.out
	verdict "refused-$name"
}
sysctl -qw net.ipv6.conf.veth0.router_solicitations=0 2>/dev/null
ip link set veth0 down
counters >"$tmp/before"
T=192.0.2.1
refused nothing 'no target given'
refused first-0 'from 1 to 255' -f 0 "$T"
refused max-256 'from 1 to 255' -m 256 "$T"
refused first-beyond-max 'beyond the last TTL, 3' -f 9 -m 3 "$T"
refused port-0 'from 1 to 65535' -p 0 "$T"
refused port-65536 'from 1 to 65535' -p 65536 "$T"
refused port-of-icmp 'cannot be used with --icmp' -I -p 80 "$T"
refused mda-50 'one of 95, 99' --mda=50 "$T"
refused mda-classic 'cannot be used with --mda' --classic --mda "$T"
refused mda-count 'cannot be used with --mda' --mda -q 3 "$T"
refused two-methods 'cannot be used with' -I -T "$T"
refused device-is-address 'not an interface name' -i "$T" "$T"
refused source-is-device 'not an address' -s veth0 "$T"
refused size 'from 10 to 65507' --size 9 "$T"
refused count 'from 1 to 240' -q 241 "$T"
refused timestamps 'unknown option' -D "$T"
refused ports 'neither a name nor an address' "$T:80"
refused family 'IPv6' -4 2001:db8::1
counters >"$tmp/after"
cmp -s "$tmp/before" "$tmp/after" ||
    why+=" $(diff "$tmp/before" "$tmp/after" | tr '\n' '|')"
verdict nothing-sent

exit "$failed"
