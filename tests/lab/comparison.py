# SPDX-License-Identifier: MIT
"""What the comparisons of all commands with the truth log have in common: the
parameters of a run, times and their statistics, single values of records.
"""
import collections
import io
import math
import os
import sys

import records
import truth
from verdict import Wrong, duration_ns, nearest_rank

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "cli"))
import stream  # noqa: E402  what records say about each other

UNDECIDED_PCT = 2   # of the probes: more of them, and nothing is proven
MS = truth.MS
# Between netdiag's stamp of a packet and that of the truth log a machine may
# halt: so seldom (or for 1 % of the times), and for so long.
HALTS, HALT_NS = 2, 100 * MS
ARITHMETIC_NS = 2000    # of statistics beside the times that they are made of
EXACT = 16              # percentiles of so many probes are exact


def option(argv, *names):
    """The value of one of NAMES in ARGV; True for the last word; or None."""
    for i, word in enumerate(argv):
        if word in names:
            return argv[i + 1] if i + 1 < len(argv) else True
    return None


def ms_of(ns):
    return ns / MS


class Comparison:
    """What netdiag said, and what is true.

    Whatever has a summary of its own is known by a key, an address or an
    address and a port. A class for a command makes `fates`, by key, and says
    which statuses of probe records are ANSWERED (at some time), RECEIVED (in
    time, by the target) and REPLIES (with a time of its own).
    """

    ANSWERED = REPLIES = RECEIVED = ()
    PORTS = False

    def __init__(self, case):
        self.case = case
        self.run = records.read(case.out)
        self.params = self.make_params()
        self.verbose = bool(not self.run.is_text and
                            self.run.begin["params"]["verbose"])
        self.quiet = bool(option(case.argv, "-q", "--quiet"))
        self.by_probe = collections.defaultdict(list)
        self.refused = collections.defaultdict(set)

    def key(self, record):
        if self.PORTS:
            return record["addr"], record["port"]
        return record["addr"]

    def label(self, key):
        if not self.PORTS:
            return key
        return ("[%s]:%d" if ":" in key[0] else "%s:%d") % key

    def file_probes(self, number):
        """By target and number, which is the key NUMBER of their records."""
        for record in self.run.probes:
            self.by_probe[self.key(record), record[number]].append(record)
            if record["status"] == "send_error":
                self.refused[self.key(record)].add(record[number])

    def all_fates(self):
        for key, fates in self.fates.items():
            for fate in fates:
                yield key, fate

    # ---- The parameters of the run

    def make_params(self):
        argv, case = self.case.argv, self.case
        signalled = case.signalled_ns()
        ends = [signalled and case.truth.mono(signalled)]
        if self.run.is_text:
            timeout = option(argv, "-W", "--timeout")
            count = option(argv, "-c", "--count")
            deadline = option(argv, "-w", "--deadline")
            timeout = timeout and duration_ns(timeout)
            deadline = deadline and duration_ns(deadline)
            alive = bool(option(argv, "--alive", "--down"))
            mode = "dgram" if option(argv, "--unprivileged") else "raw"
            first = alive or bool(option(argv, "-o"))
            # To start a program takes a while, to send something does not.
            started = min((packet["t_in"] for packet in case.truth.packets),
                          default=case.truth.begin["mono_ns"])
        else:
            given = self.run.begin["params"]
            timeout = given["timeout_ms"]
            timeout = None if timeout is None else int(timeout * MS)
            deadline = given["deadline_ms"]
            deadline = None if deadline is None else int(deadline * MS)
            count, mode = given["count"], self.run.begin["mode"]
            first, alive = given.get("first_reply", False), False
            started = case.truth.mono(records.real_ns(self.run.begin["time"]))
        if deadline is not None:
            ends.append(started + deadline)
        ends = [each for each in ends if each is not None]
        count = 3 if alive and count is None else count and int(count)
        return truth.Params(mode=mode, timeout_ns=timeout, count=count,
                            first_reply=first, margin_ns=case.margin_ns,
                            end_ns=min(ends) if ends else None)

    # ---- Counters

    def loss(self, summary, ranges):
        decided = ranges["transmitted"][0]
        failed = ranges["lost"][0] + ranges["errors"][0]
        want = 100 * failed / decided if decided else None
        have = summary["loss_pct"]
        if have is None or want is None:
            if have != want:
                yield "%s: loss_pct is %s, the truth is %s" % (
                    self.label(self.key(summary)), have, want)
        elif abs(have - want) > 0.001:
            yield "%s: loss_pct is %s, the truth is %.6f" % (
                self.label(self.key(summary)), have, want)

    def consistent(self):
        kept, sys.stdin = sys.stdin, io.StringIO(self.case.out)
        try:
            stream.main([str(self.case.rc)])
        except stream.Wrong as error:
            yield str(error)
        finally:
            sys.stdin = kept

    # ---- Times

    def errors_of_times(self):
        """(what the truth is exceeded by, beyond rounding; whose; fate)."""
        for key, fate in self.all_fates():
            for record in self.by_probe.get((key, fate.number), ()):
                if record["status"] not in self.ANSWERED or \
                        record["rtt_ms"] is None or fate.rtt_ns is None:
                    continue
                grain = self.grain(record["rtt_ms"])
                by = record["rtt_ms"] * MS - fate.rtt_ns
                by = max(0, by - grain) if by > 0 else min(0, by + grain)
                yield int(by), "%s seq %d" % (self.label(key),
                                              fate.number), fate

    def halt(self, by, who, fate, tolerance):
        """What made a time wrong. By connect() a time ends when netdiag was
        told, so that one halt of the machine may have done that to several.
        """
        if self.params.mode != "connect" or by < 0:
            return who
        left = fate.packet["t_in"]
        came = left + fate.rtt_ns
        idle, until = max(self.case.truth.idle(left - by, left),
                          self.case.truth.idle(came, came + by))
        return until if idle >= by - tolerance else who

    def times(self, tolerance):
        """All but few are true, and these not far from it."""
        off = sorted(self.errors_of_times(), key=lambda each: abs(each[0]))
        if not off:
            yield "no time to compare"
            return
        yield from self.case.truth.unstamped()
        halts = {self.halt(*each, tolerance) for each in off
                 if abs(each[0]) > tolerance}
        spared = min(max(HALTS, len(off) // 100), len(off) // 2)
        if len(halts) > spared or abs(off[-1][0]) > HALT_NS:
            yield "%d times are off by up to %d us (p50 %d), %d apart: %s" % (
                len(off), off[-1][0] // 1000,
                abs(off[len(off) // 2][0]) // 1000, len(halts), off[-1][1])

    def grain(self, ms):
        """Half of the last digit of a line for people."""
        if not self.run.is_text:
            return 0
        return MS // 2000 if ms < 1 else MS // 200 if ms < 10 else \
            MS // 20 if ms < 100 else MS // 2

    def stats(self, tolerance):
        """Each time is true, and the statistics are those of the times."""
        if any(each["status"] in self.REPLIES for each in self.run.probes):
            yield from self.times(tolerance)
        for summary in self.run.summaries:
            key_of_it = self.key(summary)
            rtts, grain = self.told_times(key_of_it)
            coarse = len(rtts) > EXACT
            for key, want, slack in expected_stats(rtts, coarse):
                if key not in summary:
                    continue
                have = summary[key]
                if have is None or want is None:
                    wrong = have is not want
                else:
                    wrong = abs(have * MS - want) > \
                        ARITHMETIC_NS + grain + slack
                if wrong:
                    yield "%s: %s is %s, of its times it is %s" % (
                        self.label(key_of_it), key, have,
                        want if want is None else "%.3f" % ms_of(want))

    def told_times(self, key):
        """The times of its replies, by number; what they are rounded by."""
        told = [record["rtt_ms"] for fate in self.fates[key]
                for record in self.by_probe.get((key, fate.number), ())
                if record["status"] in self.REPLIES and
                record["rtt_ms"] is not None]
        grain = max((self.grain(ms) for ms in told), default=0)
        return [ms * MS for ms in told], grain

    # ---- Interim summaries

    def interims(self, least):
        seen = collections.Counter()
        for record in self.run.interims:
            key = self.key(record)
            seen[key] += 1
            at = self.case.truth.mono(records.real_ns(record["time"]))
            fates = self.fates[key]
            for word, times in (
                    ("sent", [f.packet["t_in"] for f in fates]),
                    ("received", [f.resolved_ns for f in fates
                                  if f.primary <= set(self.RECEIVED)]),
                    ("lost", [f.resolved_ns for f in fates
                              if f.primary == {"timeout"}])):
                low = sum(t < at - self.case.margin_ns for t in times)
                high = sum(t < at + self.case.margin_ns for t in times)
                if not low <= record[word] <= high:
                    yield "interim %d of %s: %s is %d, the truth is %d..%d" % (
                        seen[key], self.label(key), word, record[word], low,
                        high)
        for key in self.fates:
            if seen[key] < least:
                yield "%d interims of %s" % (seen[key], self.label(key))

    # ---- Single values

    def record(self, kind, who, key, value):
        pools = {"begin": [self.run.begin], "end": [self.run.end],
                 "summary": self.run.summaries, "probe": self.run.probes,
                 "interim": self.run.interims}
        pool = [each for each in pools[kind]
                if who == "*" or each.get("addr") == who or
                (self.PORTS and who == self.label(self.key(each)))]
        have = [value_of(each, key) for each in pool]
        right = [fits(each, value) for each in have]
        if not pool:
            yield "no such record"
        elif not (any(right) if kind == "probe" else all(right)):
            yield "%s is %r" % (key, have[right.index(False)])


def value_of(record, key):
    """`tcp.mss` is that of a part; null where the part is."""
    for word in key.split("."):
        record = None if record is None else record[word]
    return record


def fits(have, value):
    if value.startswith(">="):
        return have is not None and have >= float(value[2:])
    if isinstance(have, bool) or have is None:
        return str(have).lower().replace("none", "null") == value
    return str(have) == value


def expected_stats(rtts, coarse):
    """(key, value in ns, what else it may be off by) of a target's summary."""
    keys = ("rtt_min_ms", "rtt_avg_ms", "rtt_p50_ms", "rtt_p95_ms",
            "rtt_p99_ms", "rtt_max_ms", "rtt_stddev_ms", "jitter_ms")
    if not rtts:
        return [(key, None, 0) for key in keys]
    n, mean = len(rtts), sum(rtts) / len(rtts)
    ordered = sorted(rtts)
    deviation = math.sqrt(sum((t - mean) ** 2 for t in rtts) / n)
    found = [(keys[0], ordered[0], 0), (keys[1], mean, 0),
             (keys[5], ordered[-1], 0), (keys[6], deviation, 0)]
    for key, percent in zip(keys[2:5], (50, 95, 99)):
        value = nearest_rank(ordered, percent)
        found.append((key, value, value / 50 if coarse else 0))
    if n > 1:
        jitter = 0.0
        for one, other in zip(rtts, rtts[1:]):
            jitter += (abs(other - one) - jitter) / 16
        found.append((keys[7], jitter, 0))
    return found
