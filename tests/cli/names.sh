#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# names.sh: targets by name, names of addresses, and names that would harm a
# terminal.

. "$(dirname "$0")/lib.sh"
need_lab
enter
make_tmp
lab_up
responder_start

printf '%s\n' '127.0.0.1 localhost' '::1 localhost' '192.0.2.1 first.test' \
    '192.0.2.3 twin.test' '2001:db8::3 twin.test' >"$tmp/hosts"
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

ping() {
	run_to run "$NETDIAG" ping -i 0.02 -W 0.5 "$@"
}
records() {
	"$PYTHON" "$CLI/stream.py" "$rc" "$@" <"$tmp/run.out" \
	    >"$tmp/stream" 2>&1 || why+=" $(tail -n 1 "$tmp/stream")"
}
# count N PATTERN: lines of the output.
count() {
	local n
	n=$(grep -cE -- "$2" "$tmp/run.out")
	[ "$n" -eq "$1" ] || why+=" $n and not $1 lines like '$2';"
}

# ---- every address of a name ------------------------------------------------

ping --json --all -c 1 localhost
expect_rc 0
records end:sent=2 end:received=2
count 1 '"type":"summary".*"target":"localhost","addr":"127.0.0.1","af":4,'
count 1 '"type":"summary".*"target":"localhost","addr":"::1","af":6,'
verdict all-localhost

ping --json --all -c 1 both.test
expect_rc 0
count 3 '"type":"summary".*"target":"both.test"'
verdict all-of-dns

ping --all -c 1 localhost
expect_rc 0
count 1 '^localhost .*127\.0\.0\.1.* 1 +1 +0% '
count 1 '^localhost .*::1.* 1 +1 +0% '
expect_line run.out '^2 targets: 2 alive, 0 down'
verdict all-as-text

ping --json --all -4 -c 1 twin.test
expect_rc 0
count 1 '"type":"summary"'
count 1 '"type":"summary".*"addr":"192.0.2.3"'
verdict all-of-one-family

ping --json -6 -c 1 twin.test
expect_rc 0
count 1 '"type":"summary".*"addr":"2001:db8::3"'
verdict family

ping --json -6 -c 1 first.test
expect_rc 2
records first.test:code='"resolve"'
expect_line run.err '^netdiag: ping: first\.test: no IPv6 address$'
expect_line run.err '^hint: it has an IPv4 address: leave out -6 '
verdict no-address-of-that-family

ping -4 -c 1 six.test
expect_rc 2
expect_line run.err '^netdiag: ping: six\.test: no IPv4 address$'
verdict no-ipv4-address

ping -6 -c 1 nowhere.test
expect_rc 2
expect_line run.err '^netdiag: ping: nowhere\.test: name not found$'
verdict no-such-name-with-a-family

# ---- rows -------------------------------------------------------------------

ping -c 2 192.0.2.1 192.0.2.1 first.test
expect_rc 0
count 2 '^192\.0\.2\.1 +2 +2 +0% '
count 1 '^first\.test +2 +2 +0% '
expect_line run.out '^3 targets: 3 alive, 0 down; 6 sent, 6 received, 0% loss'
verdict same-address-twice

ping -c 1 192.0.2.1 nowhere.test
expect_rc 2
count 1 '^192\.0\.2\.1 +1 +1 +0% '
count 1 '^nowhere\.test '
expect_line run.err '^netdiag: ping: nowhere\.test: '
expect_line run.out '^2 targets: 1 alive, 0 down, 1 unresolved; 1 sent, '
verdict unresolved-row

ping -c 1 nowhere.test
expect_rc 2
[ "$(grep -c '^netdiag: ping: nowhere\.test: ' "$tmp/run.err")" -eq 1 ] ||
    why+=" $(cat "$tmp/run.err")"
verdict unresolved-alone

# ---- names of addresses -----------------------------------------------------

ping -c 2 good.test
expect_rc 0
count 2 '^64 bytes from good-name\.test \(192\.0\.2\.101\): icmp_seq=[12] '
expect_line run.out '^PING good\.test \(192\.0\.2\.101\) 56\(84\) bytes of'
expect_line run.out '^--- good\.test ping statistics ---$'
verdict reverse

ping -c 1 six.test
expect_rc 0
expect_line run.out '^PING six\.test\(six-name\.test \(2001:db8::1\)\) 56 data'
expect_line run.out '^64 bytes from six-name\.test \(2001:db8::1\): icmp_seq=1 '
verdict reverse-v6

ping -n -c 1 good.test
expect_rc 0
count 1 '^64 bytes from 192\.0\.2\.101: icmp_seq=1 '
expect_no_line run.out 'good-name'
verdict numeric

ping -c 1 none.test
expect_rc 0
count 1 '^64 bytes from 192\.0\.2\.106(: | \(192\.0\.2\.106\): )icmp_seq=1 '
verdict no-name

# ---- hostile names ----------------------------------------------------------

# Only what is printable may come out, on either side.
harmless() {
	if LC_ALL=C grep -qa '[^ -~]' "$tmp/run.out" "$tmp/run.err"; then
		why+=" raw bytes: $(LC_ALL=C grep -a '[^ -~]' "$tmp/run.out" \
		    "$tmp/run.err" | head -n 1 | od -An -c | tr -s '\n ' ' ');"
	fi
}
for name in evil long loop cut; do
	ping -c 2 "$name.test"
	expect_rc 0
	count 2 'icmp_seq='
	harmless
	verdict "hostile-$name"
done
ping -c 2 error.test
expect_rc 1
count 2 'icmp_seq=[12] Destination Host Unreachable$'
harmless
verdict hostile-error-sender

typed=0
for name in $'a\033[31mb.test' $'a\nb.test' $'a\tb' $'\377\376.test' \
    $'\302\233m.test' $'a\177.test' $'\342\200\256x.test'; do
	for form in text json; do
		ping --format "$form" -c 1 "$name" 192.0.2.1
		expect_rc 2
		harmless_but_utf8=$(LC_ALL=C tr -d '\n -~\200-\377' \
		    <"$tmp/run.err" | od -An -c)
		[ -z "$harmless_but_utf8" ] ||
		    why+=" raw bytes: $harmless_but_utf8;"
		! LC_ALL=C grep -qaE $'\302[\200-\237]|\342\200\256' \
		    "$tmp/run.err" || why+=" raw controls in UTF-8;"
	done
	verdict "hostile-typed-$((++typed))"
done

printf 'good.test\n\033]0;x\007.test\n' >"$tmp/targets"
ping -c 1 "@$tmp/targets"
expect_rc 2
harmless
verdict hostile-file

exit "$failed"
