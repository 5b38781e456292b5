# SPDX-License-Identifier: MIT
"""A run of netdiag ping beside the fates that the truth log gives its probes.

A probe is found in the log by its destination and the order of sending: the
n-th echo request to an address is the n-th number of that target which the
local host did not refuse. Where two targets are one address, the n-th request
is the n-th of both in the order of the times that their records tell.
"""
import collections
import io
import math
import os
import sys

import records
import truth
from verdict import (Wrong, duration_ns, nearest_rank, same_address,
                     shortened)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "cli"))
import stream  # noqa: E402  what records say about each other

ANSWERED = ("reply", "unreachable", "ttl_exceeded")
UNDECIDED_PCT = 2   # of the probes: more of them, and nothing is proven
MS = truth.MS
# A machine may keep netsim from its packets: so seldom, and for so long.
STALLS, STALL_NS = 2, 100 * MS
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


class NetdiagRun:
    """What netdiag said, and what is true."""

    def __init__(self, case):
        self.case = case
        self.run = records.read(case.out)
        self.params = self.make_params()
        self.verbose = bool(not self.run.is_text and
                            self.run.begin["params"]["verbose"])
        self.quiet = bool(option(case.argv, "-q", "--quiet"))
        self.name_twins()
        self.by_probe = collections.defaultdict(list)
        self.refused = collections.defaultdict(set)
        for record in self.run.probes:
            self.by_probe[record["addr"], record["seq"]].append(record)
            if record["status"] == "send_error":
                self.refused[record["addr"]].add(record["seq"])
        addresses = self.addresses()
        self.packets = dict(self.case.truth.by_dst)
        for addr, targets in self.twins.items():
            self.part_twins(addr, targets)
        self.fates = {addr: self.judge(addr) for addr in addresses}

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
            first, alive = given["first_reply"], False
            started = case.truth.mono(records.real_ns(self.run.begin["time"]))
        if deadline is not None:
            ends.append(started + deadline)
        ends = [each for each in ends if each is not None]
        count = 3 if alive and count is None else count and int(count)
        return truth.Params(mode=mode, timeout_ns=timeout, count=count,
                            first_reply=first, margin_ns=case.margin_ns,
                            end_ns=min(ends) if ends else None)

    def addresses(self):
        if not self.run.summaries:
            return list(self.case.truth.by_dst)
        found = [record["addr"] for record in self.run.summaries]
        if len(set(found)) != len(found):
            raise Wrong("one target is there twice: not to be told apart")
        return found

    # ---- One address as several targets

    def name_twins(self):
        """Their records are known by the target, as it was typed."""
        targets = collections.defaultdict(list)
        for record in self.run.summaries:
            targets[record["addr"]].append(record["target"])
        self.twins = {addr: each for addr, each in targets.items()
                      if len(each) > 1}
        for record in (self.run.summaries + self.run.probes +
                       self.run.interims):
            if record["addr"] in self.twins:
                record["addr"] = record["target"]

    def part_twins(self, addr, targets):
        """Whose packet each one is, by the order of sending."""
        sent = sorted({(each["time"], each["seq"], each["addr"])
                       for each in self.run.probes
                       if each["addr"] in targets and
                       each["status"] in truth.PRIMARY and
                       each["status"] != "send_error"})
        packets = self.packets.pop(addr, [])
        if len(sent) != len(packets):
            raise Wrong("%s: %d probes of %s, the truth is %d" % (
                addr, len(sent), " and ".join(targets), len(packets)))
        if len({(p["ident"], p["seq"]) for p in packets}) != len(packets):
            raise Wrong("%s: two probes have one number" % addr)
        for target in targets:
            self.packets[target] = [
                packet for each, packet in zip(sent, packets)
                if each[2] == target]

    def judge(self, addr):
        packets = self.packets.get(addr, [])
        refused = self.refused[addr]
        numbers = [n for n in range(1, len(packets) + len(refused) + 1)
                   if n not in refused]
        return truth.judge(packets, numbers, self.params)

    def all_fates(self):
        for addr, fates in self.fates.items():
            for fate in fates:
                yield addr, fate

    # ---- What is certain, for "some" and "at least"

    def certain(self, word):
        if word in ("late", "duplicate"):
            return self.certain_extra(word, None)
        return sum(fate.primary == {word} for _, fate in self.all_fates())

    def certain_extra(self, word, reason):
        return sum(fate.extra[word, reason][0] for _, fate in self.all_fates()
                   if (word, reason) in fate.extra)

    # ---- Each probe

    def outcomes(self):
        if self.quiet:
            raise Wrong("a quiet run tells nothing of its probes")
        undecided = sum(len(f.primary) > 1 for _, f in self.all_fates())
        total = sum(1 for _ in self.all_fates())
        if total == 0:
            yield "no probe in the truth log"
        if undecided > max(1, total * UNDECIDED_PCT // 100):
            yield "%d of %d probes too close to call" % (undecided, total)
        yield from shortened(self.each_outcome())

    def each_outcome(self):
        for addr, fate in self.all_fates():
            found = self.by_probe.get((addr, fate.number), [])
            for fault in self.one_outcome(fate, found):
                yield "%s seq %d: %s" % (addr, fate.number, fault)
        known = {(addr, fate.number) for addr, fate in self.all_fates()}
        for (addr, seq), found in self.by_probe.items():
            status = found[0]["status"]
            if (addr, seq) not in known and seq is not None and \
                    status != "send_error":
                yield "%s seq %d: %s, but it was never sent" % (
                    addr, seq, status)
        if self.verbose:
            yield from self.rejected()

    def one_outcome(self, fate, found):
        mine = [each for each in found if each["status"] in truth.PRIMARY]
        allowed = set(fate.primary)
        if self.run.is_text and "timeout" in allowed:
            allowed.add("unfinished")
        status = mine[0]["status"] if mine else "unfinished"
        if len(mine) > 1:
            yield "%d outcomes" % len(mine)
        elif status not in allowed:
            yield "%s, the truth is %s (%s)" % (
                status, "/".join(sorted(fate.primary)), self.told(fate))
        elif status in ANSWERED:
            yield from self.same_answer(fate, mine[0])
        for word in ("late", "duplicate"):
            have = [each for each in found if each["status"] == word]
            low, high = fate.extra.get((word, None), (0, 0))
            if not low <= len(have) <= high:
                yield "%d %s, the truth is %d..%d" % (
                    len(have), word, low, high)
            elif word == "late" and have:
                yield from self.same_answer(fate, have[0])

    @staticmethod
    def told(fate):
        packet = fate.packet
        if packet["why"] is not None:
            return "packet %d, %s at %s" % (packet["id"], packet["why"],
                                            packet["end"])
        return "packet %d, answered in %s ms" % (
            packet["id"], fate.rtt_ns and ms_of(fate.rtt_ns))

    @staticmethod
    def same_answer(fate, record):
        answer = fate.answer
        if not same_address(record["from"], answer["from"]):
            yield "from %s, the truth is %s" % (record["from"], answer["from"])
        for key in ("ttl", "tos"):
            if record.get(key) is not None and record[key] != answer[key]:
                yield "%s %s, the truth is %d" % (key, record[key],
                                                  answer[key])
        if answer["kind"] == "echo_reply" or "icmp_type" not in record:
            return
        have = record["icmp_type"], record["icmp_code"]
        want = answer["icmp_type"], answer["icmp_code"]
        if have != want:
            yield "icmp %s/%s, the truth is %d/%d" % (have + want)

    def rejected(self):
        """Invalid packets, by address and reason."""
        have = collections.Counter(
            (each["addr"], each["error"]) for each in self.run.probes
            if each["status"] == "invalid")
        want = collections.defaultdict(lambda: [0, 0])
        for addr, fate in self.all_fates():
            for (word, reason), (low, high) in fate.extra.items():
                if word == "invalid":
                    want[addr, reason][0] += low
                    want[addr, reason][1] += high
        for addr, reason in sorted(have.keys() | want.keys(), key=str):
            if reason == "any":
                continue
            low, high = want.get((addr, reason), (0, 0))
            high += want.get((addr, "any"), (0, 0))[1]
            if not low <= have[addr, reason] <= high:
                yield "%s: %d invalid (%s), the truth is %d..%d" % (
                    addr, have[addr, reason], reason, low, high)

    # ---- Counters

    def ranges(self, addr):
        """What each counter of a target may be."""
        fates = self.fates[addr]
        made = {"sent": (len(fates), len(fates))}
        for key, words in (("received", {"reply"}), ("lost", {"timeout"}),
                           ("errors", {"unreachable", "ttl_exceeded"}),
                           ("unfinished", {"unfinished"})):
            made[key] = (sum(fate.primary <= words for fate in fates),
                         sum(bool(fate.primary & words) for fate in fates))
        for key, word in (("late", "late"), ("duplicates", "duplicate"),
                          ("invalid", "invalid")):
            made[key] = tuple(
                sum(n[i] for fate in fates
                    for (what, _), n in fate.extra.items() if what == word)
                for i in (0, 1))
        low, high = made["sent"][0] - made["unfinished"][1], \
            made["sent"][0] - made["unfinished"][0]
        made["transmitted"] = low, high
        return made

    def counters(self):
        if not self.run.summaries:
            yield "no summary"
        yield from shortened(self.each_counter())
        for dst in self.packets:
            if dst not in self.fates:
                yield "packets went to %s, which is no target" % dst
        if not self.run.is_text:
            yield from self.consistent()

    def each_counter(self):
        for summary in self.run.summaries:
            ranges = self.ranges(summary["addr"])
            for key, (low, high) in ranges.items():
                if key in summary and not low <= summary[key] <= high:
                    yield "%s: %s is %d, the truth is %d..%d" % (
                        summary["addr"], key, summary[key], low, high)
            if all(low == high for low, high in ranges.values()):
                yield from self.loss(summary, ranges)
            if self.run.is_text or self.quiet:
                continue
            refused = len(self.refused[summary["addr"]])
            if summary["send_errors"] != refused:
                yield "%s: send_errors is %d, the records are %d" % (
                    summary["addr"], summary["send_errors"], refused)

    @staticmethod
    def loss(summary, ranges):
        decided = ranges["transmitted"][0]
        failed = ranges["lost"][0] + ranges["errors"][0]
        want = 100 * failed / decided if decided else None
        have = summary["loss_pct"]
        if have is None or want is None:
            if have != want:
                yield "%s: loss_pct is %s, the truth is %s" % (
                    summary["addr"], have, want)
        elif abs(have - want) > 0.001:
            yield "%s: loss_pct is %s, the truth is %.6f" % (
                summary["addr"], have, want)

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
        for addr, fate in self.all_fates():
            for record in self.by_probe.get((addr, fate.number), ()):
                if record["status"] not in ANSWERED + ("late",) or \
                        record["rtt_ms"] is None or fate.rtt_ns is None:
                    continue
                grain = self.grain(record["rtt_ms"])
                by = record["rtt_ms"] * MS - fate.rtt_ns
                by = max(0, by - grain) if by > 0 else min(0, by + grain)
                yield int(by), "%s seq %d" % (addr, fate.number), fate

    def stall(self, by, fate):
        """When netsim did nothing, so that a time got so much too large."""
        left = fate.packet["t_in"]
        came = left + fate.rtt_ns
        return max(self.case.truth.idle(left - by, left),
                   self.case.truth.idle(came, came + by))

    def times(self, tolerance):
        """None is too small; what is too large is so by few stalls."""
        off = sorted(self.errors_of_times(), key=lambda each: each[0])
        if not off:
            yield "no time to compare"
            return
        if off[0][0] < -tolerance:
            yield "%s: %d us less than the truth" % (
                off[0][1], -off[0][0] // 1000)
        stalls = set()
        for by, who, fate in reversed(off):
            if by <= tolerance:
                break
            idle, until = self.stall(by, fate)
            stalls.add(until if by <= STALL_NS and idle >= by - tolerance
                       else who)
        spared = min(max(STALLS, len(off) // 100), len(off) // 2)
        if len(stalls) > spared or off[-1][0] > STALL_NS:
            yield "%d times are off by up to %d us (p50 %d), %d apart: %s" % (
                len(off), off[-1][0] // 1000, off[len(off) // 2][0] // 1000,
                len(stalls), off[-1][1])

    def grain(self, ms):
        """Half of the last digit of a line for people."""
        if not self.run.is_text:
            return 0
        return MS // 2000 if ms < 1 else MS // 200 if ms < 10 else \
            MS // 20 if ms < 100 else MS // 2

    def stats(self, tolerance):
        """Each time is true, and the statistics are those of the times."""
        if any(each["status"] == "reply" for each in self.run.probes):
            yield from self.times(tolerance)
        for summary in self.run.summaries:
            rtts, grain = self.told_times(summary["addr"])
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
                        summary["addr"], key, have,
                        want if want is None else "%.3f" % ms_of(want))

    def told_times(self, addr):
        """The times of its replies, by number; what they are rounded by."""
        told = sorted((each["seq"], each["rtt_ms"]) for each in self.run.probes
                      if each["addr"] == addr and each["status"] == "reply")
        grain = max((self.grain(ms) for _, ms in told), default=0)
        return [ms * MS for _, ms in told], grain

    # ---- Interim summaries

    def interims(self, least):
        seen = collections.Counter()
        for record in self.run.interims:
            addr = record["addr"]
            seen[addr] += 1
            at = self.case.truth.mono(records.real_ns(record["time"]))
            fates = self.fates[addr]
            for key, times in (
                    ("sent", [f.packet["t_in"] for f in fates]),
                    ("received", [f.resolved_ns for f in fates
                                  if f.primary == {"reply"}]),
                    ("lost", [f.resolved_ns for f in fates
                              if f.primary == {"timeout"}])):
                low = sum(t < at - self.case.margin_ns for t in times)
                high = sum(t < at + self.case.margin_ns for t in times)
                if not low <= record[key] <= high:
                    yield "interim %d of %s: %s is %d, the truth is %d..%d" % (
                        seen[addr], addr, key, record[key], low, high)
        for addr in self.fates:
            if seen[addr] < least:
                yield "%d interims of %s" % (seen[addr], addr)

    # ---- Lists, and single values

    def listed(self, which):
        printed = set(self.case.out.split())
        for addr, fates in self.fates.items():
            sure = any(fate.primary == {"reply"} or
                       fate.extra.get(("late", None), (0,))[0] > 0
                       for fate in fates)
            perhaps = sure or any("reply" in fate.primary or
                                  ("late", None) in fate.extra
                                  for fate in fates)
            if sure != perhaps:
                continue
            if (addr in printed) != (sure == (which == "alive")):
                yield "%s is %slisted, and it is %s" % (
                    addr, "" if addr in printed else "not ",
                    "alive" if sure else "down")
        for addr in printed - self.fates.keys():
            yield "%s is listed, and was never probed" % addr

    def record(self, kind, who, key, value):
        pools = {"begin": [self.run.begin], "end": [self.run.end],
                 "summary": self.run.summaries, "probe": self.run.probes,
                 "interim": self.run.interims}
        pool = [each for each in pools[kind]
                if who == "*" or each.get("addr") == who]
        right = [fits(each[key], value) for each in pool]
        if not pool:
            yield "no such record"
        elif not (any(right) if kind == "probe" else all(right)):
            yield "%s is %r" % (key, pool[right.index(False)][key])


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
