#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# man.sh: the man pages say what the program does. Every option of a command
# stands in its page in its group, with its letter and argument, and none that
# there is not; the examples are command lines that are accepted; every type of
# record, key and word of the schema stands in netdiag-json(5), and no other.

. "$(dirname "$0")/lib.sh"
make_tmp

MAN=$SRCDIR/man
COMMANDS=(ping trace knock)
PAGES=("$MAN/netdiag.1" "$MAN/netdiag-ping.1" "$MAN/netdiag-trace.1"
    "$MAN/netdiag-knock.1" "$MAN/netdiag-json.5")

# same A B: the files $tmp/A and $tmp/B hold the same lines.
same() {
	cmp -s "$tmp/$1" "$tmp/$2" ||
	    why+=" $(diff "$tmp/$1" "$tmp/$2" | grep '^[<>]' | head -n 8 |
	        tr '\n' ';')"
	[ -s "$tmp/$1" ] || why+=" nothing to compare"
}

# section TITLE: its lines, from standard input.
section() {
	awk -v title="$1" '/^\.Sh / { inside = ($0 == ".Sh " title) } inside'
}

# documented COMMAND: the items of OPTIONS as "GROUP --NAME LETTER ARG", which
# is what --options prints behind the group.
documented() {
	section OPTIONS <"$MAN/netdiag-$1.1" | awk '
	    /^\.Ss / { group = $2 }
	    /^\.It Fl / {
	        letter = name = arg = "-"
	        for (i = 3; i <= NF; i++) {
	            if ($i == "Ar") { arg = $(i + 1); break }
	            if ($i ~ /^(Ns|Op|=)$/) continue
	            if ($i ~ /^-/) name = "-" $i
	            else if ($i != ",") letter = $i
	        }
	        print group, name, letter, arg
	    }'
}

# The groups as --help has them: "GROUP --NAME", in its order.
grouped() {
	awk '/^[A-Z][a-z]*:$/ { group = substr($1, 1, length($1) - 1) }
	    group != "" && match($0, /^  (-.,|   ) --[a-z0-9-]+/) {
	        name = substr($0, RSTART, RLENGTH)
	        sub(/.* /, "", name)
	        print group, name
	    }' "$tmp/help"
}

for command in "${COMMANDS[@]}"; do
	"$NETDIAG" --options "$command" >"$tmp/options" ||
	    why+=" --options failed"
	documented "$command" | cut -d ' ' -f 2- >"$tmp/documented"
	same options documented
	cat "$tmp/options" >>"$tmp/all-options"
	verdict "options-of-$command"

	"$NETDIAG" "$command" --help >"$tmp/help" || why+=" --help failed"
	grouped >"$tmp/groups"
	documented "$command" | cut -d ' ' -f 1,2 >"$tmp/sections"
	same groups sections
	verdict "groups-of-$command"
done

# Every flag that is named anywhere: of a command, or of netdiag itself.
awk '/^\./ {
	flag = 0
	for (i = 1; i <= NF; i++) {
		if ($i == "Fl" || $i == ".Fl") { flag = 1; continue }
		if ($i ~ /^[A-Z][a-z]$/) flag = 0
		if (flag && $i ~ /^-?[A-Za-z0-9]/) print "-" $i
	}
}' "${PAGES[@]}" | sort -u >"$tmp/named"
{
	awk '{ print $1; if ($2 != "-") print "-" $2 }' "$tmp/all-options"
	printf '%s\n' --completion --options
} | sort -u >"$tmp/known"
comm -23 "$tmp/named" "$tmp/known" >"$tmp/unknown"
[ -s "$tmp/named" ] || why+=" no flag found"
[ ! -s "$tmp/unknown" ] || why+=" $(tr '\n' ' ' <"$tmp/unknown")"
verdict no-unknown-option

# Lines to be typed: what mdoc writes as literal, without its escapes.
literal() {
	awk '/^\.Bd -literal/ { inside = 1; next }
	    /^\.Ed/ { inside = 0 }
	    /^\.Dl / { print substr($0, 5) }
	    inside' "$1" |
	    sed -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\(ha/^/g' \
	        -e 's/\\e/\\/g'
}

# The commands in them, up to what a shell would make of the rest.
commands() {
	literal "$1" | grep -oE '(^|\| )netdiag [^|&>]*' |
	    sed -e 's/^| //' -e 's/[ \\]*$//'
}

# A command line is read up to --version: options and their values.
accepted() {
	local words
	read -ra words <<<"$1"
	[[ " ${COMMANDS[*]} " != *" ${words[1]} "* ]] || words+=(--version)
	"$NETDIAG" "${words[@]:1}" </dev/null >/dev/null 2>"$tmp/said" ||
	    why+=" '$1': $(head -n 1 "$tmp/said");"
}

examples=0
for page in "${PAGES[@]}"; do
	while read -r line; do
		accepted "$line"
		examples=$((examples + 1))
	done < <(commands "$page")
done
[ "$examples" -ge 15 ] || why+=" only $examples found"
verdict examples

# Prints what is missing or too much in netdiag-json(5).
"$PYTHON" - "$SRCDIR/schema/netdiag-1.schema.json" "$MAN/netdiag-json.5" \
    >"$tmp/records" 2>&1 <<'PYTHON' || why+=" $(tail -n 1 "$tmp/records")"
import json
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
with open(sys.argv[2], encoding="utf-8") as file:
    page = file.read()

definitions = schema["definitions"]
types = definitions["record"]["properties"]["type"]["examples"]
sections = {}
for part in re.split(r"^\.S[sh] ", page, flags=re.M)[1:]:
    title, _, text = part.partition("\n")
    sections[title] = text


def keys(*names):
    return {key for name in names for key in definitions[name]["properties"]}


def differ(title, want):
    items = re.findall(r"^\.It Va (\S+)", sections.get(title, ""), re.M)
    for key in sorted(want ^ set(items)):
        print("%s: %s is %s" %
              (title, key, "missing" if key in want else "unknown"))
    if len(items) != len(set(items)):
        print(title + ": a key stands there twice")


def words(node):
    if isinstance(node, dict):
        for word in node.get("examples", []):
            if isinstance(word, str):
                yield word
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from words(child)


want = {
    "Keys of every record": keys("record"),
    "Keys of a target": keys("target", "knock_start"),
    "probe": keys("probe"),
    "probe of ping": keys("ping_probe"),
    "probe of trace": keys("trace_probe", "trace_answer"),
    "mpls": set(definitions["mpls"]["items"]["properties"]),
    "interface": keys("interface"),
    "hop": keys("trace_hop"),
    "node": keys("trace_node", "trace_answer", "rtt_statistics"),
    "link": keys("trace_link"),
    "probe of knock": keys("knock_probe") - {"port"},
    "tcp": keys("tcp"),
    "interim": keys("ping_interim", "trace_interim", "knock_interim"),
    "summary": keys("statistics", "ping_summary", "trace_summary",
                    "knock_summary"),
    "summary of trace": keys("trace_statistics") - keys("statistics"),
    "balancing": set(definitions["trace_statistics"]["properties"]
                     ["balancing"]["items"]["properties"]),
    "summary of knock": keys("knock_statistics") - {"port"},
    "flow": keys("flow"),
}
for kind in types:
    if kind not in sections:
        print("no section for the record " + kind)
    if kind not in want:
        want[kind] = keys(kind)
for title in want:
    differ(title, want[title])

said = set()
for line in re.findall(r"^\.(?:It )?Cm (.*)", page, re.M):
    said.update(line.replace(",", " ").split())
for word in sorted(set(words(schema)) - said):
    print("the word %s is missing" % word)
PYTHON
[ ! -s "$tmp/records" ] || why+=" $(head -n 8 "$tmp/records" | tr '\n' ';')"
verdict records

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "${PAGES[@]}" >"$tmp/lint" 2>&1 ||
	    why+=" $(head -n 4 "$tmp/lint" | tr '\n' ';')"
	verdict lint
else
	skip lint "no mandoc"
fi

exit "$failed"
