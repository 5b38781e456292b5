#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# knock.sh: netdiag knock and the TCP of a real Linux, in two namespaces: what
# each kind of port and of firewall answers, that the server never notices a
# knock, and that other connections do not either.

. "$(dirname "$0")/lib.sh"
need_lab
for tool in nft nsenter; do
	command -v "$tool" >/dev/null && continue
	skip all "no $tool"
	exit 0
done
if ! "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	skip all "$PYTHON has no jsonschema"
	exit 0
fi
enter
make_tmp

HERE4=192.0.2.1
PEER4=192.0.2.2
HERE6=2001:db8::1
PEER6=2001:db8::2
peer=

# The peer is over when its standard input is.
peer_start() {
	local line
	mkfifo "$tmp/words" "$tmp/said" || return
	unshare --net -- "$PYTHON" "$CLI/tcp_peer.py" \
	    <"$tmp/words" >"$tmp/said" 9<&- &
	peer=$!
	exec 6>"$tmp/words" 7<"$tmp/said"
	read -r -t 20 line <&7 && [ "$line" = ready ]
}

# ask WORD: its answer in $said.
ask() {
	said=
	echo "$1" >&6
	read -r -t 20 said <&7
}

at_peer() {
	nsenter --net="/proc/$peer/ns/net" -- "$@"
}

# wire ADDR4 ADDR6 DEVICE: where it is run.
# shellcheck disable=SC2016 # expanded by the inner shell
wire='ip link set lo up && ip link set "$3" up &&
    ip address add "$1/24" dev "$3" && ip address add "$2/64" dev "$3" nodad'

net_up() {
	peer_start &&
	    ip link add veth0 type veth peer name veth1 &&
	    ip link set veth1 netns "$peer" &&
	    bash -c "$wire" wire "$HERE4" "$HERE6" veth0 &&
	    at_peer bash -c "$wire" wire "$PEER4" "$PEER6" veth1 &&
	    at_peer sysctl -qw net.ipv4.icmp_ratelimit=0 \
	        net.ipv6.icmp.ratelimit=0 net.ipv4.tcp_ecn=1 &&
	    at_peer nft -f - <<-'END' && ask listen && return
		table inet f {
			chain in {
				type filter hook input priority 0
				tcp dport 82 drop
				tcp dport 83 reject with icmpx port-unreachable
				tcp dport 84 reject with icmpx admin-prohibited
				tcp dport 85 reject with icmpx host-unreachable
				tcp dport 86 reject with tcp reset
				tcp dport 80 tcp option maxseg size 1260 counter name small
				tcp dport 80 tcp option maxseg size 1460 counter name usual4
				tcp dport 80 tcp option maxseg size 1440 counter name usual6
				tcp dport 80 tcp option timestamp exists tcp option sack-perm exists tcp option window exists counter name like_linux
			}
			counter small { }
			counter usual4 { }
			counter usual6 { }
			counter like_linux { }
		}
	END
	skip all "no veth pair, or no nftables in namespaces"
	exit 0
}

# Kept in the kernel as the words are here.
counted() {
	at_peer nft reset counter inet f "$1" |
	    awk '$1 == "packets" { print $2 }'
}

net_up
trap 'exec 6>&-; finish' EXIT

KNOCK=("$NETDIAG" knock)
# A kernel that has just learned the neighbour answers at once.
run_to warm "${KNOCK[@]}" -c 1 "$PEER4:80" "[$PEER6]:80"

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
	local expected=()
	while [ "$1" != -- ]; do
		expected+=("$1")
		shift
	done
	shift
	run_to run "${KNOCK[@]}" --json "$@"
	judge "${expected[@]}"
}

# The peer is as if nobody had been there.
unnoticed() {
	local said
	ask accepted
	[ "$said" = 0 ] || why+=" accepted $said connections;"
	ask half-open
	[ "$said" = 0 ] || why+=" $said connections are half-open;"
	ask dropped
	[ "$said" = 0 ] || why+=" the listener dropped $said;"
}

# ---- What each port answers, both ways of asking ----------------------------------

# each NAME OPTION...
each() {
	local name=$1 a
	shift
	for a in "$PEER4" "$PEER6"; do
		local version=v4
		[ "$a" = "$PEER4" ] || version=v6
		run "$name-open-$version" 0 "$a#80:state=\"open\"" \
		    "$a#80:received=3" "$a#80:lost=0" \
		    -- -c 3 -i 50ms -p 80 "$@" "$a"
		run "$name-closed-$version" 1 "$a#81:state=\"closed\"" \
		    "$a#81:received=3" "$a#81:loss_pct=0" \
		    -- -c 3 -i 50ms -p 81 "$@" "$a"
		run "$name-dropped-$version" 1 "$a#82:state=\"filtered\"" \
		    "$a#82:lost=2" "$a#82:lost_unknown=2" \
		    -- -c 2 -i 50ms -W 300ms -p 82 "$@" "$a"
		run "$name-rejected-$version" 1 \
		    "$a#83:state=\"filtered\"" "$a#83:errors=3" \
		    "$a#84:state=\"filtered\"" "$a#84:errors=3" \
		    "$a#85:state=\"filtered\"" "$a#85:errors=3" \
		    "$a#86:state=\"closed\"" "$a#86:received=3" \
		    -- -c 3 -i 50ms -W 500ms -p 83-86 "$@" "$a"
		codes "$name-codes-$version" "$version"
	done
}

# Who refused, and how, is in the records of the run before.
codes() {
	local port=83 want
	local codes=('3,"icmp_code":3' '3,"icmp_code":13' '3,"icmp_code":1')
	[ "$2" = v4 ] ||
	    codes=('1,"icmp_code":4' '1,"icmp_code":1' '1,"icmp_code":3')
	for want in "${codes[@]}"; do
		expect_line run.out "\"port\":$port,.*\"status\":\"unreachable\",.*\"icmp_type\":$want,"
		port=$((port + 1))
	done
	verdict "$1"
}

each raw
expect_line run.out '^\{.*"type":"begin".*"mode":"raw"'
verdict raw-mode
each connect --unprivileged
expect_line run.out '^\{.*"type":"begin".*"mode":"connect"'
verdict connect-mode
unnoticed
verdict nobody-was-accepted

# ---- What the server says of itself, and what it sees of us -------------------------

run_to run "${KNOCK[@]}" --json --ecn -c 1 "$PEER4:80" "[$PEER6]:80"
expect_line run.out "\"addr\":\"$PEER4\".*\"mss\":1460,.*\"sack\":true,\"timestamps\":true,\"ecn\":true"
expect_line run.out "\"addr\":\"$PEER6\".*\"mss\":1440,.*\"sack\":true,\"timestamps\":true,\"ecn\":true"
judge ecn-agreed 0
run_to run "${KNOCK[@]}" --json -q --ecn -c 15 -i 20ms "$PEER4:80" "[$PEER6]:80"
expect_line run.out "\"type\":\"summary\".*\"addr\":\"$PEER4\".*\"ecn\":\"accepted\",\"ecn_path\":\"clean\""
expect_line run.out "\"type\":\"summary\".*\"addr\":\"$PEER6\".*\"ecn\":\"accepted\",\"ecn_path\":\"clean\""
judge ecn-marks-arrive 0
at_peer sysctl -qw net.ipv4.tcp_ecn=0
run_to run "${KNOCK[@]}" --json --ecn -c 1 "$PEER4:80"
expect_line run.out '"timestamps":true,"ecn":false'
expect_line run.out '"ecn":"declined","ecn_path":null'
judge ecn-declined 0
at_peer sysctl -qw net.ipv4.tcp_timestamps=0
run_to run "${KNOCK[@]}" --json -c 2 -i 50ms "$PEER4:80"
expect_line run.out '"timestamps":false'
judge no-timestamps 0
at_peer sysctl -qw net.ipv4.tcp_timestamps=1 net.ipv4.tcp_syncookies=2
run syn-cookies 0 "$PEER4#80:received=20" "$PEER6#80:received=20" \
    -- -c 20 -i 20ms "$PEER4:80" "[$PEER6]:80"
at_peer sysctl -qw net.ipv4.tcp_syncookies=1

for name in small usual4 usual6 like_linux; do
	counted "$name" >/dev/null
done
run_to run "${KNOCK[@]}" --json -c 2 -i 50ms "$PEER4:80" "[$PEER6]:80"
for name in usual4 usual6; do
	n=$(counted "$name")
	[ "$n" = 2 ] || why+=" $n SYNs with the MSS of the device ($name);"
done
n=$(counted like_linux)
[ "$n" = 4 ] || why+=" $n SYNs with all the options of Linux;"
ip route change "${PEER4%.*}.0/24" dev veth0 mtu 1300 2>/dev/null ||
    ip route replace "${PEER4%.*}.0/24" dev veth0 mtu 1300
run_to run "${KNOCK[@]}" --json -c 2 -i 50ms "$PEER4:80"
n=$(counted small)
[ "$n" = 2 ] || why+=" $n SYNs with the MSS of the route;"
ip route change "${PEER4%.*}.0/24" dev veth0
for name in usual4 usual6 like_linux; do
	counted "$name" >/dev/null
done
judge mss-of-the-route 0
run_to run "${KNOCK[@]}" --json -c 2 -i 50ms --syn-options mss "$PEER4:80"
n=$(counted usual4)
[ "$n" = 2 ] || why+=" $n SYNs with an MSS;"
n=$(counted like_linux)
[ "$n" = 0 ] || why+=" $n SYNs with all options;"
judge syn-options-mss 0
run_to run "${KNOCK[@]}" --json -c 2 -i 50ms --syn-options none "$PEER4:80"
n=$(counted usual4)
[ "$n" = 0 ] || why+=" $n SYNs with an MSS;"
judge syn-options-none 0

# ---- The server does not notice ----------------------------------------------------

run 300 0 "$PEER4#80:received=300" "$PEER4#80:duplicates=0" \
    "$PEER6#80:received=300" -- -c 300 -i 2ms "$PEER4:80" "[$PEER6]:80"
unnoticed
verdict backlog
run 300-connect 0 "$PEER4#80:received=300" "$PEER6#80:received=300" \
    -- --unprivileged -c 300 -i 2ms "$PEER4:80" "[$PEER6]:80"
unnoticed
verdict backlog-connect

# A connection of somebody else goes on while a thousand knocks pass.
copy='
import socket, sys
sys.path.insert(0, sys.argv[1])
import tcp_peer
want = b"".join(tcp_peer.block(i) for i in range(tcp_peer.BLOCKS))
with socket.create_connection((sys.argv[2], 8000)) as connection:
    have = b"".join(iter(lambda: connection.recv(1 << 16), b""))
sys.exit("a copy of %d bytes is not the original" % len(have)
         if have != want else 0)'
resets() {
	awk '/^Tcp:/ && !names { split($0, name); names = 1; next }
	    /^Tcp:/ { split($0, value)
		for (i in name) if (name[i] == "EstabResets") print value[i] }' \
	    /proc/net/snmp
}
before=$(resets)
"$PYTHON" -c "$copy" "$CLI" "$PEER4" >"$tmp/copy" 2>&1 &
copier=$!
run_to run "${KNOCK[@]}" --json -c 1000 -i 2ms "$PEER4:80"
kill -0 "$copier" 2>/dev/null || why+=" the copy was over too soon;"
wait "$copier" || why+=" $(cat "$tmp/copy");"
[ "$(resets)" = "$before" ] || why+=" connections were reset;"
judge beside-a-copy 0 "$PEER4#80:received=1000" "$PEER4#80:lost=0" \
    "$PEER4#80:invalid=0"

run full 0 "$PEER4#80:received=2" "$PEER4#80:state=\"open\"" \
    begin:mode='"connect"' -- --full -c 2 -i 100ms "$PEER4:80"
ask accepted
[ "$said" = 2 ] || why+=" accepted $said connections;"
verdict full-is-accepted
run full-v6 0 "$PEER6#80:received=2" -- --full -c 2 -i 100ms "[$PEER6]:80"
ask accepted
[ "$said" = 2 ] || why+=" accepted $said connections;"
verdict full-is-accepted-v6

# ---- Losses whose direction is known -------------------------------------------------

# Before our RSTs are dropped: a server full of half-open connections turns to
# SYN cookies, and keeps no TSval then.
# A SYN is dropped as it comes in there, a SYN-ACK as it comes in here.
lossy='table inet l {
	counter dropped { }
	chain in {
		type filter hook input priority -10
		tcp PORT 80 tcp flags & (syn | ack) == FLAGS \
		    numgen random mod 100 < 12 counter name dropped drop
	}
}'
# dropped COMMAND...: in the namespace that the command is run in.
dropped() {
	"$@" nft list counter inet l dropped |
	    awk '$1 == "packets" { print $2 }'
}
# The directions that a run tells, beside what was dropped each way.
compare='
import json, sys
told = [0, 0, 0]
for line in sys.stdin:
    record = json.loads(line)
    if record["type"] == "summary":
        for i, key in enumerate(("lost_out", "lost_back", "lost_unknown")):
            told[i] += record[key]
lost = [int(word) for word in sys.argv[1:]]
if told[0] > lost[0] or told[1] > lost[1]:
    sys.exit("out, back, unknown %s, dropped %s" % (told, lost))
if 2 * (told[0] + told[1]) < sum(lost):
    sys.exit("few directions told: %s, dropped %s" % (told, lost))'
words=${lossy/PORT/dport}
at_peer nft -f - <<<"${words/FLAGS/syn}"
words=${lossy/PORT/sport}
nft -f - <<<"${words/FLAGS/(syn | ack)}"
run_to run "${KNOCK[@]}" --json -c 100 -i 100ms -W 300ms \
    "$PEER4:80" "[$PEER6]:80"
"$PYTHON" -c "$compare" "$(dropped at_peer)" "$(dropped env)" \
    <"$tmp/run.out" >"$tmp/compared" 2>&1 ||
    why+=" $(cat "$tmp/compared");"
judge directions 0 "$PEER4#80:state=\"open\"" "$PEER4#80:mixed=false"
nft delete table inet l
at_peer nft delete table inet l

# ---- An RST of ours that does not leave -----------------------------------------------

nft -f - <<-'END'
	table inet f {
		chain out {
			type filter hook output priority 0
			tcp sport 1-65535 tcp flags & (rst | ack) == rst drop
		}
	}
END
run_to lost "${KNOCK[@]}" -c 60 -i 100ms -W 500ms "$PEER4:80"
expect_rc 0
n=$(grep -c 'the RSTs of this host do not arrive there$' "$tmp/lost.err")
[ "$n" -eq 1 ] || why+=" told $n times: $(head -c 600 "$tmp/lost.err");"
expect_line lost.err '^hint: '
expect_line lost.out '^the server repeats its SYN-ACKs: our RSTs do not arrive '
verdict rst-lost
run_to run "${KNOCK[@]}" --json -c 20 -i 100ms -W 500ms "$PEER4:80"
judge rst-lost-json 0 "$PEER4#80:state=\"open\"" "$PEER4#80:mixed=false" \
    "$PEER4#80:lost_out=0" "$PEER4#80:lost_back=0"
nft delete table inet f

ask accepted
[ "$said" = 0 ] || why+=" accepted $said connections;"
verdict nobody-was-accepted-in-the-end

# ---- Exit statuses, text -----------------------------------------------------------

# status NAME WANT OPTION...
status() {
	local name=$1 want=$2
	shift 2
	run_to status "${KNOCK[@]}" -i 50ms -W 300ms "$@"
	expect_rc "$want"
	verdict "status-$name"
}
status open 0 -c 1 "$PEER4:80"
status closed 1 -c 1 "$PEER4:81"
status dropped 1 -c 1 "$PEER4:82"
status one-of-two 1 -c 1 "$PEER4:80,81"
status expect-open 0 -c 1 --expect open "$PEER4:80"
status expect-closed 0 -c 1 --expect closed "$PEER4:81" "[$PEER6]:86"
status expect-closed-of-open 1 -c 1 --expect closed "$PEER4:80"
status expect-filtered 0 -c 1 --expect filtered "$PEER4:82-85" "[$PEER6]:82-85"
status expect-filtered-of-closed 1 -c 1 --expect filtered "$PEER4:81"
status max-loss-met 0 -c 2 --max-loss 0 "$PEER4:80"
status max-rtt 1 -c 2 --max-rtt 1us "$PEER4:80"
status max-rtt-met 0 -c 2 --max-rtt 10s "$PEER4:80"
status unresolved 2 -c 1 "$PEER4:80" name.invalid:80
status no-route 1 -c 1 203.0.113.9:80

run_to text "${KNOCK[@]}" -n -c 2 -i 50ms "$PEER4:80"
expect_rc 0
expect_line text.out "^open from ${PEER4//./\\.}:80.*: seq=1 ttl=64 time=[0-9.]+ ms.* mss=1460"
expect_line text.out '^open from .*: seq=2 '
expect_empty text.err
verdict text-open
run_to text "${KNOCK[@]}" -n -c 2 -i 50ms "[$PEER6]:81"
expect_rc 1
expect_line text.out "^closed from \[$PEER6\]:81.*: seq=2 ttl=64 time=[0-9.]+ ms"
expect_empty text.err
verdict text-closed
run_to text "${KNOCK[@]}" -n -c 1 -W 300ms "$PEER4:80-86"
expect_rc 1
for line in '80 open' '81 closed' '82 filtered' '83 filtered' '86 closed'; do
	expect_line text.out "^${PEER4//./\\.} +$line "
done
expect_line text.out '^7 ports: 1 open, 2 closed, 4 filtered'
verdict text-table

# ---- Command lines with errors, which send nothing ------------------------------------

counters() {
	awk '$1 ~ /^(lo|veth0):$/ { print $1, $11 }' /proc/net/dev
	awk '/^Tcp: [0-9]/ { print "tcp", $12 }' /proc/net/snmp
}
# refused NAME ARGUMENT...: usage errors, on standard error only.
refused() {
	local name=$1
	shift
	run_to refused "${KNOCK[@]}" "$@"
	expect_rc 2
	expect_line refused.err '^netdiag: knock: '
	expect_empty refused.out
	verdict "refused-$name"
}
sysctl -qw net.ipv6.conf.veth0.router_solicitations=0 2>/dev/null
ip link set veth0 down
counters >"$tmp/before"
refused nothing
refused no-port "$PEER4"
refused empty-port "$PEER4:"
refused port-0 "$PEER4:0"
refused port-70000 "$PEER4:70000"
refused port-negative "$PEER4:-1"
refused port-word "$PEER4:http"
refused port-padded "$PEER4:080x"
refused range-backward "$PEER4:90-80"
refused range-open "$PEER4:80-"
refused list-comma "$PEER4:80,"
refused list-twice-comma "$PEER4:80,,81"
refused bracket-open '[::1'
refused bracket-empty '[]:80'
refused bracket-no-port '[::1]:'
refused bracket-port-0 '[::1]:0'
refused bracket-garbage '[::1]80'
refused bracket-v4 '[192.0.2.1]:80'
refused option-port-0 -p 0 "$PEER4"
refused option-port-empty -p '' "$PEER4"
refused count -c 0 "$PEER4:80"
refused flows-0 --flows 0 "$PEER4:80"
refused flows-many --flows 100000 "$PEER4:80"
refused expect --expect ajar "$PEER4:80"
refused syn-options --syn-options windows "$PEER4:80"
refused full-flows --full --flows 2 "$PEER4:80"
refused full-ecn --full --ecn "$PEER4:80"
refused too-many 10.0.0.0/12:1-1000
refused too-many-by-option -p 1-1000 10.0.0.0/12
refused too-many-without-yes --rate 1000 10.0.0.0/12:1-1000
expect_line refused.err '104857|1,?048,?57[0-9]|10485[0-9]+'
verdict too-many-says-the-number
counters >"$tmp/after"
cmp -s "$tmp/before" "$tmp/after" ||
    why+=" $(diff "$tmp/before" "$tmp/after" | tr '\n' '|')"
verdict nothing-sent

exit "$failed"
