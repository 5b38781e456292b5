#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage.sh: help, version, exit statuses, and wrong command lines, which are
# refused before anything is sent.

. "$(dirname "$0")/lib.sh"
need_lab
enter
make_tmp
lab_up
responder_start

# says NAME STATUS STREAM PATTERN ARGUMENT...: on that stream, and nothing on
# the other one.
says() {
	local name=$1 status=$2 stream=$3 pattern=$4
	shift 4
	run_to say "$NETDIAG" "$@"
	expect_rc "$status"
	expect_line "say.$stream" "$pattern"
	if [ "$stream" = out ]; then
		expect_empty say.err
	else
		expect_empty say.out
	fi
	verdict "$name"
}

says help 0 out '^usage: netdiag ' --help
says help-word 0 out '^usage: netdiag ' help
says help-of-ping 0 out '^ *-c, --count N' help ping
says help-in-ping 0 out '^ *-c, --count N' ping --help
says help-before-the-rest 0 out '^usage: netdiag ping' ping --help 192.0.2.1
says version 0 out '^netdiag [0-9]+\.' --version
says version-in-ping 0 out '^netdiag [0-9]+\.' ping --version
says nothing 2 err '^usage: netdiag '
says nothing-to-ping 2 err '^netdiag: ping: no target given$' ping
says target-for-command 2 err \
    '^hint: did you mean: netdiag ping 192\.0\.2\.1$' 192.0.2.1
says target6-for-command 2 err \
    '^hint: did you mean: netdiag ping 2001:db8::1$' 2001:db8::1
says block-for-command 2 err \
    '^hint: did you mean: netdiag ping 192\.0\.2\.0/24$' 192.0.2.0/24
says name-for-command 2 err \
    '^hint: did you mean: netdiag ping example\.com$' example.com
says nearest-command 2 err '^hint: did you mean: netdiag ping$' pign
says nearest-option 2 err '^hint: did you mean --size\?$' ping --szie 5 ::1
says nearest-long-option 2 err '^hint: did you mean --resolve-timeout\?$' \
    ping --resolv-timeout 5 ::1
says unknown-letter 2 err '^netdiag: ping: -Z: ' ping -Z ::1
says help-for-nothing 2 err '^netdiag: help: pong: no such command$' help pong
says octal 2 err '^netdiag: ping: 010\.0\.0\.1: ' ping 010.0.0.1
says short-address 2 err '^netdiag: ping: 127\.1: ' ping 127.1
says no-device 2 err '^netdiag: ping: --interface: "nosuch0": no such device$' \
    ping -I nosuch0 192.0.2.1
says no-device-of-the-source 2 err \
    '^netdiag: ping: source address: "fe80::1%nosuch0": no such device$' \
    ping -S fe80::1%nosuch0 2001:db8::1
says unspecified 2 err '^hint: this host itself is 127\.0\.0\.1$' \
    ping -c 1 0.0.0.0
says unspecified6 2 err '^hint: this host itself is ::1$' ping -c 1 ::
says foreign-source 2 err \
    '^netdiag: ping: source address: "203\.0\.113\.9": cannot assign ' \
    ping -S 203.0.113.9 192.0.2.1
says source-of-the-other-family 2 err \
    '^netdiag: ping: 192.0.2.1: the target is IPv4, the source address IPv6$' \
    ping -S 2001:db8::fe 192.0.2.1
says source4-of-the-other-family 2 err \
    '^netdiag: ping: 2001:db8::1: the target is IPv6, the source address IPv4$' \
    ping -S 192.0.2.254 192.0.2.1 2001:db8::1
says no-file 2 err '^netdiag: ping: /no/such/file: no such file' \
    ping @/no/such/file
says dashes 2 err '^netdiag: ping: -c: ' ping -- -c

# What each exit status means.
status() {
	local name=$1 want=$2
	shift 2
	run_to status "$NETDIAG" ping "$@"
	expect_rc "$want"
	verdict "status-$name"
}
Q=(-i 0.02 -W 0.3)
status met 0 "${Q[@]}" -c 1 192.0.2.1
status part-lost 0 "${Q[@]}" -c 4 192.0.2.3
status all-lost 1 "${Q[@]}" -c 1 192.0.2.4
status one-of-two 1 "${Q[@]}" -c 1 192.0.2.1 192.0.2.4
status error 1 "${Q[@]}" -c 1 192.0.2.6
status max-loss-met 0 "${Q[@]}" -c 4 --max-loss 25 192.0.2.3
status max-loss 1 "${Q[@]}" -c 4 --max-loss 24.9 192.0.2.3
status max-rtt-met 0 "${Q[@]}" -c 2 --max-rtt 30s 192.0.2.1
status max-rtt 1 "${Q[@]}" -c 2 --max-rtt 1us 192.0.2.1
# Which threshold, and by how much.
run_to goal "$NETDIAG" ping "${Q[@]}" -c 4 --max-loss 24.9 --max-rtt 1us \
    192.0.2.3
expect_rc 1
expect_line goal.out \
    '^failed: 25% loss \(--max-loss 24\.9%\), p95 [0-9.]+ ms \(--max-rtt 1us\)$'
verdict failed-goal
run_to goal "$NETDIAG" ping "${Q[@]}" -q -c 4 --max-loss 24.9 192.0.2.3 192.0.2.1
expect_rc 1
expect_line goal.out '^192\.0\.2\.3 .*  over --max-loss$'
expect_line goal.out '^192\.0\.2\.1 .*[0-9]$'
expect_line goal.out '^2 targets: 2 alive, 0 down, 1 over --max-loss 24\.9%; 8'
verdict failed-goal-of-many

status unresolved 2 "${Q[@]}" -c 1 192.0.2.1 name.invalid
status unresolved-and-lost 2 "${Q[@]}" -c 1 192.0.2.4 name.invalid
status refused 3 "${Q[@]}" -c 1 --unprivileged 192.0.2.1

# What answered, what did not, for scripts; in the order in which it is known.
same_lines() {
	[ "$(sort)" = "$(sort "$1")" ]
}
run_to list "$NETDIAG" ping "${Q[@]}" -c 2 --alive 192.0.2.1 192.0.2.4 \
    192.0.2.6 2001:db8::1
expect_rc 1
printf '%s\n' 192.0.2.1 2001:db8::1 | same_lines "$tmp/list.out" ||
    why+=" it lists $(tr '\n' ' ' <"$tmp/list.out")"
verdict alive
run_to list "$NETDIAG" ping "${Q[@]}" -c 2 --down 192.0.2.1 192.0.2.4 \
    192.0.2.6 name.invalid
expect_rc 2
printf '%s\n' 192.0.2.4 192.0.2.6 name.invalid | same_lines "$tmp/list.out" ||
    why+=" it lists $(tr '\n' ' ' <"$tmp/list.out")"
verdict down

# With --all the address comes first, as in hosts(5).
printf '%s\n' '127.0.0.1 localhost' '::1 localhost' >"$tmp/hosts"
mount --bind "$tmp/hosts" /etc/hosts
run_to list "$NETDIAG" ping "${Q[@]}" -4 --alive --all 192.0.2.1 localhost
expect_rc 0
printf '%s\n' 192.0.2.1 '127.0.0.1 localhost' | same_lines "$tmp/list.out" ||
    why+=" it lists $(tr '\n' ' ' <"$tmp/list.out")"
verdict alive-all

# A late answer is one, but not where a router says that there is none.
run_to list "$NETDIAG" ping -i 0.4 -W 0.1 -c 5 --alive 192.0.2.9 192.0.2.16
expect_rc 1
echo 192.0.2.9 | same_lines "$tmp/list.out" ||
    why+=" it lists $(tr '\n' ' ' <"$tmp/list.out")"
verdict alive-late

# Everything that this namespace ever handed to the network.
counters() {
	awk '/^Icmp: [0-9]/ { print "sent", $15 }' /proc/net/snmp
	awk '$1 == "Icmp6OutMsgs"' /proc/net/snmp6
	awk '$1 ~ /^(lo|veth0):$/ { print $1, $11 }' /proc/net/dev
}
sysctl -qw net.ipv6.conf.veth0.router_solicitations=0 2>/dev/null
ip link set veth0 down
counters >"$tmp/before"
"$PYTHON" "$CLI/bad_args.py" "$NETDIAG" >"$tmp/bad" 2>&1 ||
    why+=" $(tail -n 1 "$tmp/bad") $(head -n 12 "$tmp/bad" | tr '\n' '|')"
verdict a-thousand-bad-lines
counters >"$tmp/after"
cmp -s "$tmp/before" "$tmp/after" ||
    why+=" $(diff "$tmp/before" "$tmp/after" | tr '\n' '|')"
verdict nothing-sent

exit "$failed"
