# SPDX-License-Identifier: MIT
"""A run of netdiag trace beside the truth log: each probe, each hop, each
address and each link of every target.

A probe is found in the log by destination, TTL, flow and time. Which flow
number is which source port (ICMP: checksum) is learnt from the order of
sending, and has to be the same for all TTLs. What is told of hops, addresses
and links has to follow from the probes.
"""
import bisect
import collections
import json

import records
import trace_graph
import trace_manners
import trace_truth
import truth
from comparison import Comparison, fits, option, value_of
from verdict import Wrong, same_address, shortened

MS = trace_truth.MS
# What comes so long after the summary is certainly not told.
END_NS = 20 * MS
# A socket tells in order: all that came so long before what it told last.
ORDER_NS = MS // 2
CUT = ("deadline", "interrupted")


class Target:
    """What was told of one address, and its probes."""

    def __init__(self, addr, probes):
        self.addr = addr
        self.probes = probes
        self.records = []       # of probes
        self.hops, self.nodes, self.links = [], [], []
        self.summary = None
        self.end_ns = None      # nothing is told after that
        self.flows = None       # {number: signature}
        self.by_key, self.strays = {}, []

    def prepare(self):
        """Where each flow came to its end, and what was told last, how."""
        self.ends, self.last_told = {}, {}
        self.answered, starts = set(), {}
        for probe in self.probes:
            if probe.record is not None:
                starts.setdefault(probe.record["cycle"], probe.packet["t_in"])
        self.starts = sorted(starts.values())
        for probe in self.probes:
            if probe.told() is None or not probe.arrivals:
                continue
            at, status, answer = probe.arrivals[0]
            kind = "icmp_type" in answer
            self.last_told[kind] = max(at, self.last_told.get(kind, at))
            cycle, sign = way = self.way(probe)
            self.answered.add((cycle, sign, probe.ttl))
            if status in trace_graph.ENDS:
                self.ends[way] = min(probe.ttl, self.ends.get(way, probe.ttl))

    def way(self, probe):
        """(cycle, flow), of a probe that nothing is told of, too."""
        sign = trace_truth.signature(probe.packet) if self.flows else None
        return bisect.bisect(self.starts, probe.packet["t_in"]), sign

    def must_be_told(self, at, answer):
        last = self.last_told.get("icmp_type" in answer)
        return last is not None and at < last - ORDER_NS

    def is_beside(self, probe):
        """Nobody waits for it: past the end, or asked again and answered."""
        way = self.way(probe)
        if self.summary["reason"] in CUT and way[0] == len(self.starts):
            return True
        return way + (probe.ttl,) in self.answered or \
            probe.ttl > self.ends.get(way, self.summary["hops"] or 0)


class TraceRun(Comparison):
    """What netdiag trace said, and what is true."""

    REPLIES = RECEIVED = ANSWERED = trace_truth.ANSWERS

    def __init__(self, case):
        super().__init__(case)
        if self.run.is_text:
            raise Wrong("lines of trace for people are not compared as such")
        if self.run.end is None:
            raise Wrong("the stream was cut: exit status %d, %s" % (
                case.rc, case.err.strip()[:200]))
        argv, log = case.argv, case.truth
        self.quiet = "--quiet" in argv
        self.mtu = "--mtu" in argv
        self.mda = any(word.startswith("--mda") for word in argv)
        self.pathless = "--classic" in argv or (
            self.run.begin["mode"] == "dgram" and
            option(argv, "-I", "--icmp") is None and
            any(packet["proto"] == "udp" for packet in log.packets))
        self.ways = trace_truth.Ways(
            "\n".join(line for _, line
                      in case.scenario.sections["topology"]), log)
        made = trace_truth.probes_of(log)
        self.others = sorted(set(made) -
                             {each["addr"] for each in self.run.summaries})
        self.targets = {}
        self.pools = collections.defaultdict(list)
        for record in self.run.summaries:
            addr = record["addr"]
            if addr in self.targets:
                raise Wrong("one target is there twice")
            self.targets[addr] = Target(addr, made.get(addr, []))
        self.file_records()
        for target in self.targets.values():
            self.join(target)

    def file_records(self):
        for line in self.case.out.splitlines():
            record = json.loads(line)
            kind = record["type"]
            self.pools[kind].append(record)
            target = self.targets.get(record.get("addr"))
            if target is None:
                continue
            if kind == "summary":
                target.summary = record
                target.end_ns = self.mono(record["time"])
            elif kind in ("probe", "hop", "node", "link"):
                getattr(target, {"probe": "records"}.get(
                    kind, kind + "s")).append(record)

    def mono(self, text):
        return self.case.truth.mono(records.real_ns(text))

    def join(self, target):
        outcomes = [each for each in target.records
                    if each["status"] in trace_truth.PRIMARY and
                    each["status"] != "send_error"]
        if not self.pathless:
            target.flows = trace_truth.learn_flows(outcomes, target.probes)
        target.by_key, target.strays = trace_truth.join(
            outcomes, target.probes, self.mono, target.flows)
        for record in target.records:
            if record["status"] in ("late", "duplicate"):
                probe = target.by_key.get(trace_truth.key_of(record))
                if probe is None:
                    target.strays.append(record)
                else:
                    probe.more.append(record)
        target.prepare()

    def make_params(self):
        if self.run.begin is None or not self.run.begin["params"]:
            raise Wrong("nothing was begun: exit status %d, %s" % (
                self.case.rc, self.case.err.strip()[:200]))
        timeout = self.run.begin["params"]["timeout_ms"]
        return truth.Params(
            mode=self.run.begin["mode"], margin_ns=self.case.margin_ns,
            timeout_ns=None if timeout is None else int(timeout * MS))

    def asked(self, probes):
        """Without those that look for the largest size, which nobody tells."""
        return [probe for probe in probes
                if not self.mtu or probe.record is not None]

    def each_probe(self):
        for target in self.targets.values():
            for probe in target.probes:
                yield target, probe

    # ---- What is certain, for "some" and "at least"

    def certain(self, word):
        margin, wait = self.params.margin_ns, self.params.timeout_ns
        n = 0
        if word == "branches":
            return trace_truth.branches(probe for _, probe
                                        in self.each_probe())
        for target, probe in self.each_probe():
            if word == "duplicate":
                n += sum(at < target.end_ns - margin
                         for at, _, _ in probe.arrivals[1:])
            elif word == "late":
                n += wait is not None and probe.rtt_ns is not None and \
                    probe.rtt_ns > wait + margin and \
                    probe.arrivals[0][0] < target.end_ns - margin
            else:
                n += probe.status == word
        return n

    def certain_extra(self, word, reason):
        raise Wrong("trace knows no %s=%s" % (word, reason))

    # ---- Each probe

    def outcomes(self):
        if self.quiet:
            raise Wrong("a quiet run tells nothing of its probes")
        if not any(target.probes for target in self.targets.values()):
            yield "no probe in the truth log"
        yield from shortened(self.each_outcome())

    def each_outcome(self):
        for addr, target in self.targets.items():
            for record in target.strays:
                yield "%s hop %d flow %s: %s, but no such packet was sent" % (
                    addr, record["hop"], record["flow"], record["status"])
            for fault in trace_truth.disorder(target.probes):
                yield "%s %s" % (addr, fault)
            wait = trace_truth.sure_timeout_ns(target.probes,
                                               self.params.timeout_ns)
            for probe in target.probes:
                for fault in self.one_outcome(target, probe, wait):
                    yield "%s hop %d: %s (%s)" % (addr, probe.ttl, fault,
                                                  probe.name())

    def one_outcome(self, target, probe, wait):
        record = probe.record
        if record is None:
            if self.asked([probe]) and not target.is_beside(probe):
                yield "nothing is told of it"
            return
        allowed = self.allowed(probe, wait)
        if record["status"] not in allowed:
            yield "%s, the truth is %s" % (record["status"],
                                           "/".join(sorted(allowed)))
            return
        if record["status"] == "timeout":
            for key in ("from", "rtt_ms", "ttl", "icmp_type"):
                if record[key] is not None:
                    yield "%s of a timeout is %s" % (key, record[key])
        else:
            yield from self.same_answer(probe, record, probe.answer)
        yield from self.further(target, probe, record)

    def allowed(self, probe, wait):
        if probe.rtt_ns is None:
            return {"timeout"}
        if probe.rtt_ns < wait - (self.params.margin_ns
                                  if self.params.timeout_ns else 0):
            return {probe.status}
        if self.params.timeout_ns and \
                probe.rtt_ns > wait + self.params.margin_ns:
            return {"timeout"}
        return {probe.status, "timeout"}

    def further(self, target, probe, record):
        """Late answers and duplicates: as many as came before the end."""
        late = record["status"] == "timeout"
        rest = probe.arrivals[0 if late else 1:]
        low = sum(target.must_be_told(at, answer) for at, _, answer in rest)
        high = sum(at < target.end_ns + END_NS for at, _, _ in rest)
        # With our payload, and other ports, as a translator would quote.
        high += len(probe.forgeries)
        have = collections.Counter(each["status"] for each in probe.more)
        for word, least, most in (
                ("late", min(late, low), min(late, high)),
                ("duplicate", max(0, low - late), max(0, high - late))):
            if not least <= have[word] <= most:
                yield "%d %s, the truth is %d..%d" % (have[word], word, least,
                                                      most)
        for each in probe.more:
            wrong = [list(self.same_answer(probe, each, answer))
                     for _, _, answer in rest]
            if wrong and all(wrong) and not probe.forgeries:
                yield "%s: %s" % (each["status"], wrong[0][0])

    def same_answer(self, probe, record, answer):
        if not same_address(record["from"], answer["from"]):
            yield "from %s, the truth is %s" % (record["from"],
                                                answer["from"])
        error = "quoted_ttl" in answer
        blind = self.params.mode == "dgram" and error
        for key in ("ttl", "quoted_ttl", "quoted_tos", "icmp_type",
                    "icmp_code", "mtu"):
            want = answer.get(key) if error or key == "ttl" else None
            if key == "mtu":
                want = want or None
            if record[key] != want and not (
                    blind and record[key] is None and
                    not key.startswith("icmp")):
                yield "%s %s, the truth is %s" % (key, record[key], want)
        if not blind:
            yield from self.same_extensions(probe, record, answer)

    def same_extensions(self, probe, record, answer):
        want = [dict(each, s=False) for each in answer.get("mpls", ())]
        for each in want[-1:]:
            each["s"] = True
        if record["mpls"] != want:
            yield "mpls %s, the truth is %s" % (record["mpls"], want)
        want = self.ways.interface(probe.packet, answer)
        if record["interface"] != want:
            yield "interface %s, the truth is %s" % (record["interface"],
                                                     want)
        want = "quoted_ttl" in answer and self.ways.translated(
            probe.packet, answer)
        if want is not None and bool(record["nat"]) != want:
            yield "nat %s, the truth is %s" % (record["nat"], want)

    # ---- Hops, addresses, links, the end of each target

    def counters(self):
        if not self.run.summaries:
            yield "no summary"
        for addr in self.others:
            yield "probes went to %s, which is no target" % addr
        for each in self.case.truth.packets:
            if each["proto"].startswith("icmp") and \
                    not trace_truth.is_probe(each):
                yield "an ICMP message of type %s left" % each["icmp_type"]
                break
        yield from shortened(
            "%s: %s" % (target.addr, fault)
            for target in self.targets.values()
            for part in (trace_graph.hops, trace_graph.nodes,
                         trace_graph.summary)
            for fault in part(target, self))
        yield from shortened(trace_graph.paths(self))
        sent = sum(len(self.asked(target.probes))
                   for target in self.targets.values())
        for key, want in (("exit_status", self.case.rc), ("sent", sent),
                          ("ok", self.case.rc == 0)):
            if self.run.end[key] != want:
                yield "end: %s is %s, the truth is %s" % (
                    key, self.run.end[key], want)

    def links(self, sure_only):
        """Each link is real; all that flows took are there."""
        yield from shortened(
            "%s: %s" % (target.addr, fault)
            for target in self.targets.values()
            for fault in trace_graph.links(target, self, sure_only))

    def graph(self, percent):
        yield from shortened(trace_graph.whole(self, percent))

    def balancing(self):
        yield from shortened(trace_graph.balancing(self))

    # ---- Manners

    def flows_constant(self):
        if self.pathless:
            raise Wrong("each probe is a flow of its own there")
        yield from shortened(
            fault for target in self.targets.values()
            for fault in trace_manners.flows_constant(
                target, self.params.mode == "raw"))

    def manners(self):
        yield from shortened(
            fault for target in self.targets.values()
            for fault in trace_manners.tags(target))

    # ---- Times and single values

    def errors_of_times(self):
        for target, probe in self.each_probe():
            for record in [probe.told()]:
                if record is None or record["rtt_ms"] is None:
                    continue
                by = record["rtt_ms"] * MS - probe.rtt_ns
                yield int(by), "%s hop %d" % (target.addr, probe.ttl), probe

    def stats(self, tolerance):
        yield from self.times(tolerance)
        yield from shortened(
            "%s: %s" % (target.addr, fault)
            for target in self.targets.values()
            for fault in trace_graph.statistics(target))

    def record(self, kind, who, key, value):
        """WHO: an address, and #HOP if only that hop is meant."""
        addr, _, hop = who.partition("#")
        pool = [each for each in self.pools[kind]
                if addr in ("*", each.get("addr")) and
                hop in ("", str(each.get("hop")))]
        have = [value_of(each, key) for each in pool]
        right = [fits(each, value) for each in have]
        if not pool:
            yield "no such record"
        elif not (any(right) if kind == "probe" else all(right)):
            yield "%s is %r" % (key, have[right.index(False)])
