#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gives netdiag ping a thousand wrong command lines.

usage: bad_args.py NETDIAG

Each option of `NETDIAG --options ping` that has an argument meets every word
that it must refuse, in each way of writing it; further lines are unknown and
contradicting options, and targets. Each has to exit with 2, say on one or two
lines of standard error which option it was, and leave standard output empty.
Prints the lines that were not refused so, and the number of all.
"""
import concurrent.futures
import subprocess
import sys
import unicodedata

TARGET = "127.0.0.1"
NOT_NUMBERS = [
    "", " ", " 5", "5 ", "5\n", "\t5", "+5", "--5", "5-", "5,5", "5x", "x5",
    "nan", "NaN", "inf", "-inf", "infinity", "1e", "e1", "1e3", "1e308",
    "1e-308", "0x", "0x1g", "1_000", "1'000", "\u0663", "\uff15", "\u00b2",
    "5\u00a0", "-1", "-0.5", "99999999999999999999", "18446744073709551616",
    "9223372036854775808", "1" * 400, "%d", "%s%n", "$(id)", "`id`", "five",
    "\x1b[31m5", "\u202e5", "5;", "5#", "..", "/", "~", "*",
]
NOT_INTEGERS = NOT_NUMBERS + ["1.5", "5.", ".5", "1,5", "5s", "5k", "05x"]
NOT_DURATIONS = NOT_NUMBERS + [
    "5 s", "5S", "5sec", "5d", "1.5.5", "s", "ms", "5mss", "5e3s", "-5s",
    "1s1", "1s 1ms", "1,5s", ".", "5uss", "9999999999999s",
]
NOT_PERCENT = NOT_NUMBERS + ["101", "100.1", "5 %", "5%%", "1.5.5"]
WORDS = ["", " ", "x", "auto ", " json", "JSON", "tex", "textt", "do,dont",
         "yes", "1", "-1", "al ways", "\x1b[0m", "dont\n", "%s", "jsonx"]
NO_ADDRESS = ["", " ", "x y", "1.2.3", "1.2.3.4.5", "256.1.1.1", "010.0.0.1",
              "::g", ":::", "1::2::3", "12345::", "127.1", "a/b", "x" * 40,
              "127.0.0.1 ", " 127.0.0.1", "\x1b[0m", "%", "fe80::1%"]
BY_NAME = {
    "--count": NOT_INTEGERS + ["0"],
    "--rate": NOT_INTEGERS + ["1000000001"],
    "--preload": NOT_INTEGERS + ["0", "65537"],
    "--size": NOT_INTEGERS + ["65508", "2147483647"],
    "--ttl": NOT_INTEGERS + ["0", "256"],
    "--ident": NOT_INTEGERS + ["65536"],
    "--mark": NOT_INTEGERS + ["4294967296", "0x100000000"],
    "--tos": NOT_INTEGERS + ["256", "0x100", "af44x", "EFF", "cs9"],
    "--pattern": ["", "g", "0xff", "ff ff", " ff", "ff ", "zz",
                  "f" * 33, "f" * 34, "-1", "\u0663\u0663", "f\n", "%x"],
    "--interval": NOT_DURATIONS + ["0", "0s", "0.1us"],
    "--timeout": NOT_DURATIONS + ["0", "0ms"],
    "--deadline": NOT_DURATIONS + ["0", "0m"],
    "--every": NOT_DURATIONS + ["0", "1us"],
    "--resolve-timeout": NOT_DURATIONS + ["0", "1us"],
    "--resolve-wait": NOT_DURATIONS,
    "--max-rtt": NOT_DURATIONS + ["0"],
    "--max-loss": NOT_PERCENT,
    "--dont-fragment": WORDS,
    "--format": WORDS,
    "--color": WORDS,
    "--source": NO_ADDRESS + ["lo", "veth0", "localhost"],
    "--interface": ["", "x y", "x" * 40, "a/b", ".", "..", "\x1b[0m"],
    "--label": ["", "x", "=x", "1=x", "a b=x", "a\n=x", "k=\x01", "k=\x7f",
                "\u00e9=x", "\"=x", "k=" + "\x1b[0m"],
    "--run-id": ["", "x", "0", "0123456789abcde", "0123456789abcdef0",
                 "0123456789ABCDEG", " 123456789abcdef", "-123456789abcdef",
                 "0123456789abcde\n"],
}
# (words, what is to be named)
LINES = [
    (["--szie", "5"], "--szie"), (["--no-such"], "--no-such"),
    (["--cuont=5"], "--cuont"), (["-Z"], "-Z"), (["-c"], "--count"),
    (["--count"], "--count"), (["--ipv4", "--ipv6"], "--ipv6"),
    (["-46"], "--ipv6"), (["--alive", "--down"], "--down"),
    (["--alive", "--json"], "--alive"), (["--down", "-j"], "--down"),
    (["--quiet=yes"], "--quiet"), (["--json=1"], "--json"),
    (["--ipv4", "--source", "::1"], "--source"),
    (["--ipv6", "--source", "127.0.0.1"], "--source"),
    (["-4", "-I", "::1"], "--interface"), (["---"], "---"),
    (["-I", "127.0.0.1", "-S", "127.0.0.1"], "--source"),
    (["127.1"], "127.1"), (["010.0.0.1"], "010.0.0.1"),
    (["0x7f000001"], "0x7f000001"), (["2130706433"], "2130706433"),
    (["1.2.3.4.5"], "1.2.3.4.5"), (["256.0.0.1"], "256.0.0.1"),
    (["127.0.0.1/33"], "127.0.0.1/33"), (["127.0.0.1/"], "127.0.0.1/"),
    (["127.0.0.1/-1"], "127.0.0.1/-1"), (["::1/129"], "::1/129"),
    (["127.0.0.9-127.0.0.1"], "127.0.0.9-127.0.0.1"),
    (["127.0.0.1-::1"], "127.0.0.1-::1"), (["::/0"], "::/0"),
    (["127.0.0.1-"], "127.0.0.1-"), ([":::"], ":::"), ([""], ""),
    (["::1%"], "::1%"), (["@"], "@"), (["a b"], "a b"),
    (["a..b"], "a..b"), (["x" * 300], "x" * 20),
    (["224.0.0.1"], "224.0.0.1"), (["255.255.255.255"], "255.255.255.255"),
    (["ff02::1"], "ff02::1"), (["0.0.0.0/0"], "0.0.0.0/0"),
    (["@/no/such/file"], "/no/such/file"),
]


def shown(text):
    """As much of TEXT as a message may show: the rest is made safe."""
    return text if text.isascii() and text.isprintable() else ""


def lines(options):
    """(command line, what standard error has to name)"""
    made = []
    for words, named in LINES:
        made.append((words + [TARGET], named))
    for name, letter, argument in options:
        if argument == "-":
            made.append(([name + "=x", TARGET], name))
            continue
        for value in BY_NAME[name]:
            made.append(([name + "=" + value, TARGET], name))
            made.append(([name, value, TARGET], name))
            if letter != "-" and value:
                made.append((["-" + letter + value, TARGET], name))
    return made


def complaint(netdiag, words, named):
    """What is wrong with how netdiag refuses WORDS, or None."""
    # Where it is not refused, it is soon over.
    done = subprocess.run([netdiag, "ping", "-w", "0.1"] + words,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=30, check=False)
    text = done.stderr.decode("utf-8", "replace")
    if done.returncode != 2:
        return "exit status %d" % done.returncode
    if done.stdout:
        return "something on standard output"
    if not text.startswith("netdiag: ping: ") or text.count("\n") > 2:
        return "says %r" % text
    if shown(named) not in text:
        return "does not name %s: %r" % (named, text)
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")
           for char in text.replace("\n", "")):
        return "unprintable: %r" % text
    return None


def main(argv):
    netdiag = argv[0]
    listed = subprocess.run([netdiag, "--options", "ping"], text=True,
                            capture_output=True, check=True).stdout
    options = [line.split() for line in listed.splitlines()]
    cases = lines(options)
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda case: complaint(netdiag, *case), cases)
        for (words, _), reason in zip(cases, found):
            if reason is not None:
                wrong += 1
                if wrong <= 40:
                    print("%r: %s" % (words, reason))
    print("%d lines, %d not refused as they should be" % (len(cases), wrong))
    return 1 if wrong or len(cases) < 1000 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
