# SPDX-License-Identifier: MIT
# Prints the lines of C files that break a rule of the layers, under the name of
# the rule; exits 1 where there are any. FILENAMEs are relative to the top.

function rank(path)
{
	if (path ~ /^wire\//) return 1
	if (path ~ /^net\//) return 2
	if (path ~ /^engine\//) return 3
	if (path ~ /^diag\//) return 4
	return 0
}

function complain(rule)
{
	printf "%s:%d: %s: %s\n", FILENAME, FNR, rule, $0
	failed = 1
}

# <net/if.h> is the system's, "net/sock.h" and <net/sock.h> are ours.
function ours(path, bracket)
{
	return bracket == "\"" || (getline _ < ("lib/" path)) >= 0
}

FNR == 1 {
	in_lib = FILENAME ~ /^lib\//
	in_cmd = FILENAME ~ /^cmd\//
	layer = FILENAME
	sub(/^lib\//, "", layer)
	own = rank(layer)
	nameless = own == 2 || own == 3
}

# netdiag.h declares what the library defines, so lib/ may include it; wire and
# what is in front of it have no use for it. It includes no layer, nor does cmd.
/^[ \t]*#[ \t]*include[ \t]*["<]/ {
	match($0, /["<]/)
	bracket = substr($0, RSTART, 1)
	path = substr($0, RSTART + 1)
	sub(/[">].*/, "", path)
	if (path ~ /(^|\/)\.\.?\// || path ~ /^(lib|cmd)\//)
		complain("an include by way of the folders")
	else if (rank(path) > own && ours(path, bracket))
		complain("an include that points up")
	else if (path == "netdiag.h" && own == 1)
		complain("an include that points up")
}

# The kernel has a name for itself: ping_group_range.
nameless {
	line = tolower($0)
	gsub(/ping_group_range/, "", line)
	if (line ~ /(^|[^a-z])(ping|trace|knock)/)
		complain("no diagnostic has a name here")
}

in_lib && /(^|[^A-Za-z0-9_])(v?[fd]?printf|f?puts|f?putc|putchar|perror|_?[Ee]xit|quick_exit|abort|(secure_)?getenv|setenv|putenv|signal|sigaction|setlocale)[ \t]*\(/ {
	complain("the library leaves that to its caller")
}

END { exit failed }
