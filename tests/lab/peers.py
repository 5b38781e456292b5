# SPDX-License-Identifier: MIT
"""Other programs against the truth log: that the simulator is right, too.

A peer's report is not netdiag's: ping(8) counts late replies as received, and
nothing here asks it for more than it promises. Their times are taken by a
process that has to be scheduled first: each may be too large, but none too
small, and the best one has to be right.
"""
import collections
import re

import records
from verdict import Wrong, same_address, shortened

MS = 1000000
LATE_MS = 200
PEERS = ("ping", "fping", "traceroute", "tracepath")
HOP = re.compile(r" *(\d+)[:?]?\s+(.*)$")
TRACEPATH = re.compile(r" *(\d+)(\?)?: +(\S+) +([\d.]+)ms *(.*)$")


def is_peer(case):
    return case.argv[0] in PEERS


def answers(packet):
    """(ns, answer) of what came back, the first one first."""
    found = [(a["t_out"] - packet["t_in"], a) for a in packet["answers"]
             if a["t_out"] is not None]
    return sorted(found, key=lambda each: each[0])


class Times:
    """Compares times, and keeps the least error."""

    def __init__(self, tolerance):
        self.tolerance = tolerance
        self.least = None

    def close(self, ms, ns, grain_ms):
        off = ms * MS - ns
        grain = grain_ms * MS
        if self.tolerance is None:
            return False
        if not -self.tolerance - grain <= off <= LATE_MS * MS:
            return False
        off = max(0, abs(off) - grain)
        self.least = off if self.least is None else min(self.least, off)
        return True

    def verdict(self):
        if self.least is None:
            yield "no time to compare"
        elif self.least > self.tolerance:
            yield "the best time is off by %d us" % (self.least // 1000)


# ---- ping(8) --------------------------------------------------------------------

def ping(case, times):
    run = records.from_text(case.out)
    if not run.summaries:
        raise Wrong("no statistics")
    summary = run.summaries[0]
    packets = case.truth.by_dst.get(summary["addr"], [])
    if not packets:
        yield "nothing sent to %s" % summary["addr"]
    said = collections.defaultdict(list)
    for record in run.probes:
        said[record["seq"]].append(record)
    replies = dups = 0
    for packet in packets:
        came = [each for each in answers(packet)
                if each[1]["kind"] == "echo_reply"]
        mine = said[packet["seq"]]
        have = [r for r in mine if r["status"] in ("reply", "duplicate")]
        replies += bool(came)
        dups += max(0, len(came) - 1)
        if len(have) != len(came):
            yield "icmp_seq=%d: %d replies, the truth is %d" % (
                packet["seq"], len(have), len(came))
        for record, (ns, answer) in zip(have, came):
            grain = 0.5 if record["rtt_ms"] >= 100 else 0.05
            if not times.close(record["rtt_ms"], ns, grain):
                yield "icmp_seq=%d: %s ms, the truth is %.3f" % (
                    packet["seq"], record["rtt_ms"], ns / MS)
            if record["ttl"] != answer["ttl"]:
                yield "icmp_seq=%d: ttl %d, the truth is %d" % (
                    packet["seq"], record["ttl"], answer["ttl"])
        errors = [a for _, a in answers(packet) if a["kind"] != "echo_reply"]
        told = [r for r in mine if r["status"] in ("unreachable",
                                                   "ttl_exceeded")]
        if [r["from"] for r in told] != [a["from"] for a in errors]:
            yield "icmp_seq=%d: errors of %s, the truth is %s" % (
                packet["seq"], [r["from"] for r in told],
                [a["from"] for a in errors])
    for key, want in (("transmitted", len(packets)), ("received", replies),
                      ("duplicates", dups)):
        if summary[key] != want:
            yield "%s is %d, the truth is %d" % (key, summary[key], want)


# ---- fping ----------------------------------------------------------------------

def fping(case, times):
    """-C N -q: a line a target on standard error, a time or - a probe."""
    seen = 0
    for line in case.err.splitlines():
        addr, colon, rest = line.partition(" : ")
        if not colon:
            continue
        seen += 1
        packets = case.truth.by_dst.get(addr.strip(), [])
        said = rest.split()
        if len(said) != len(packets):
            yield "%s: %d results for %d packets" % (
                addr, len(said), len(packets))
        for i, (word, packet) in enumerate(zip(said, packets), 1):
            came = answers(packet)
            if (word == "-") != (not came):
                yield "%s, probe %d: %s, the truth is %s" % (
                    addr, i, word, came and came[0][0] / MS)
            elif came and not times.close(
                    float(word), came[0][0], 0.05):
                yield "%s, probe %d: %s ms, the truth is %.3f" % (
                    addr, i, word, came[0][0] / MS)
    if seen != len(case.truth.by_dst):
        yield "%d targets, the truth is %d" % (seen, len(case.truth.by_dst))


# ---- traceroute, tracepath ------------------------------------------------------

def by_ttl(case):
    """What was sent with each TTL; DNS and the like are not."""
    found = collections.defaultdict(list)
    for packet in case.truth.packets:
        found[packet["ttl"]].append(packet)
    return found


def hop_line(text):
    """[(address, ms)] of a line of traceroute -n; (None, None) is a *."""
    found, addr = [], None
    words = text.split()
    for i, word in enumerate(words):
        if word == "*":
            found.append((None, None))
        elif i + 1 < len(words) and words[i + 1] == "ms":
            found.append((addr, float(word)))
        elif re.match(r"[0-9a-f]*[.:][0-9a-f.:]*$", word) and \
                not (i + 1 < len(words) and words[i + 1] == "ms"):
            addr = word
    return found


def same_hop(said, packets, times):
    """Probes of a hop are printed in no promised order: matched by sender."""
    left = []
    for packet in packets:
        came = answers(packet)
        left.append((came[0][1]["from"], came[0][0]) if came else (None, None))
    for addr, ms in said:
        for each in left:
            if same_address(addr, each[0]) and (
                    ms is None or times.close(ms, each[1], 0.001)):
                left.remove(each)
                break
        else:
            yield "%s in %s ms, the truth is %s" % (addr, ms, left)
            return


def traceroute(case, times):
    sent, hops = by_ttl(case), 0
    for line in case.out.splitlines()[1:]:
        match = HOP.match(line)
        if not match:
            continue
        hops += 1
        ttl, said = int(match.group(1)), hop_line(match.group(2))
        for fault in same_hop(said, sent[ttl], times):
            yield "hop %d: %s" % (ttl, fault)
    if hops < 2:
        yield "%d hops" % hops


def tracepath(case, times):
    sent, hops = by_ttl(case), 0
    for line in case.out.splitlines():
        match = TRACEPATH.match(line)
        if not match or match.group(2):
            continue
        hops += 1
        ttl, addr, ms = int(match.group(1)), match.group(3), match.group(4)
        came = [each for packet in sent[ttl] for each in answers(packet)]
        if not any(same_address(addr, a["from"]) and
                   times.close(float(ms), ns, 0.001) for ns, a in came):
            yield "hop %d: %s in %s ms, the truth is %s" % (
                ttl, addr, ms, [(a["from"], ns / MS) for ns, a in came])
    if hops < 2:
        yield "%d hops" % hops


def compare(case, name, tolerance):
    """TOLERANCE: of times, or None where there are none to compare."""
    if case.argv[0] != name:
        raise Wrong("that is not %s" % name)
    times = Times(tolerance)
    yield from shortened({"ping": ping, "fping": fping,
                          "traceroute": traceroute,
                          "tracepath": tracepath}[name](case, times))
    if tolerance is not None:
        yield from times.verdict()
