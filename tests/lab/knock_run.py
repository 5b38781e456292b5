# SPDX-License-Identifier: MIT
"""A run of netdiag knock beside the fates that the truth log gives its SYNs.

The n-th SYN to a port of an address is the n-th attempt that the local host did
not refuse: the device sees all of them.
"""
import collections

import knock_truth
from comparison import UNDECIDED_PCT, Comparison, ms_of
from verdict import Wrong, same_address, shortened

MS = knock_truth.MS
LEAST_REPEAT_NS = 500 * MS  # between SYNs with one ISN
AVOIDED_NS = 95 * MS        # around what a server repeats; 100, and its way
ISN_DISTANCE = 1 << 20
ECE = 0x40
SUMS = {"open": "received", "closed": "received", "challenge": "received",
        "timeout": "lost", "unreachable": "errors"}


class KnockRun(Comparison):
    """What netdiag knock said, and what is true."""

    PORTS = True
    REPLIES = ("open", "closed")
    RECEIVED = knock_truth.REPLIES
    ANSWERED = REPLIES + ("unreachable", "late")

    def __init__(self, case):
        super().__init__(case)
        if self.run.is_text:
            raise Wrong("lines of knock for people are not compared as such")
        self.file_probes("attempt")
        keys = [self.key(record) for record in self.run.summaries]
        if len(set(keys)) != len(keys):
            raise Wrong("one port is there twice: not to be told apart")
        self.repeats = collections.defaultdict(list)
        for repeat in case.truth.repeats:
            self.repeats[repeat["dst"], repeat["dport"]].append(repeat)
        self.ports = {key: self.judge(key) for key in keys}
        self.fates = {key: port.fates for key, port in self.ports.items()}

    def syns(self, key):
        """One a probe: connect() may have repeated its own."""
        packets = self.case.truth.by_port.get(key, [])
        if self.params.mode != "connect":
            return packets
        first = {}
        for packet in packets:
            first.setdefault((packet["sport"], packet["tcp_seq"]), packet)
        return list(first.values())

    def judge(self, key):
        packets, refused = self.syns(key), self.refused[key]
        numbers = [n for n in range(1, len(packets) + len(refused) + 1)
                   if n not in refused]
        return knock_truth.Port(packets, self.repeats[key], numbers,
                                self.params)

    # ---- What is certain, for "some" and "at least"

    def certain(self, word):
        fates = [fate for _, fate in self.all_fates()]
        if word == "late":
            return sum(fate.late[0] for fate in fates)
        if word == "duplicate":
            return sum(fate.duplicates[0] for fate in fates)
        if word == "ambiguous":
            return sum(bool(fate.arrivals) and not fate.is_alone() and
                       "timeout" not in fate.primary and fate.own is None
                       for fate in fates)
        if word == "at-once":
            return max(self.at_once(addr) for addr, _ in self.fates)
        if word in ("syn-lost", "syn-ack-lost"):
            want = "out" if word == "syn-lost" else "back"
            return sum(knock_truth.direction(fate.packet) == want
                       for fate in fates)
        return sum(fate.primary == {word} for fate in fates)

    def at_once(self, addr):
        """The most SYNs to an address that were awaited at one moment."""
        steps = []
        for key, fate in self.all_fates():
            until = fate.soonest_ns - self.params.margin_ns
            if key[0] == addr and until > fate.packet["t_in"]:
                steps += [(fate.packet["t_in"], 1), (until, -1)]
        most = now = 0
        for _, step in sorted(steps):
            now += step
            most = max(most, now)
        return most

    def certain_extra(self, word, reason):
        raise Wrong("knock knows no %s=%s" % (word, reason))

    # ---- Each probe

    def outcomes(self):
        if self.quiet:
            raise Wrong("a quiet run tells nothing of its probes")
        fates = [fate for _, fate in self.all_fates()]
        undecided = sum(len(f.primary) > 1 and f.is_alone() for f in fates)
        if not fates:
            yield "no probe in the truth log"
        if undecided > max(1, len(fates) * UNDECIDED_PCT // 100):
            yield "%d of %d probes too close to call" % (undecided, len(fates))
        yield from shortened(self.each_outcome())
        yield from shortened(self.flow_numbers())

    def each_outcome(self):
        for key, fate in self.all_fates():
            found = self.by_probe.get((key, fate.number), [])
            for fault in self.one_outcome(fate, found):
                yield "%s attempt %d: %s (%s)" % (
                    self.label(key), fate.number, fault, self.told(fate))
        known = {(key, fate.number) for key, fate in self.all_fates()}
        for (key, attempt), found in self.by_probe.items():
            status = found[0]["status"]
            if (key, attempt) not in known and attempt is not None and \
                    status not in ("send_error", "invalid"):
                yield "%s attempt %s: %s, but it was never sent" % (
                    self.label(key), attempt, status)

    def one_outcome(self, fate, found):
        mine = [r for r in found if r["status"] in knock_truth.PRIMARY]
        status = mine[0]["status"] if mine else "unfinished"
        if len(mine) > 1:
            yield "%d outcomes" % len(mine)
        elif status not in fate.primary:
            yield "%s, the truth is %s" % (status,
                                           "/".join(sorted(fate.primary)))
        elif status == "timeout":
            want = knock_truth.direction(fate.packet)
            if mine[0]["lost_dir"] not in (None, want):
                yield "lost_dir %s, the truth is %s" % (mine[0]["lost_dir"],
                                                        want)
        elif status in knock_truth.PRIMARY:
            yield from self.same_answer(fate, mine[0])
        if fate.is_alone():
            for word, (low, high) in (("late", fate.late),
                                      ("duplicate", fate.duplicates)):
                have = [r for r in found if r["status"] == word]
                if not low <= len(have) <= high:
                    yield "%d %s, the truth is %d..%d" % (
                        len(have), word, low, high)
        for record in found:
            if record["status"] in ("late", "duplicate"):
                yield from self.same_answer(fate, record)

    @staticmethod
    def told(fate):
        packet = fate.packet
        text = "packet %d" % packet["id"]
        if packet["why"] is not None:
            text += ", %s at %s" % (packet["why"], packet["end"])
        if not fate.is_alone():
            text += ", one of %d with ISN %d" % (len(fate.series),
                                                 packet["tcp_seq"])
        for each in fate.arrivals[:3]:
            text += ", %s of packet %d after %.3f ms" % (
                each.answer["kind"], each.packet["id"],
                ms_of(each.at - packet["t_in"]))
        return text

    def same_answer(self, fate, record):
        """Some segment that came is what the record tells of."""
        faults = []
        for arrival in fate.arrivals:
            wrong = list(self.differences(fate, arrival, record))
            if not wrong:
                return
            faults = faults or wrong
        yield from faults or ["%s, and nothing came" % record["status"]]

    def differences(self, fate, arrival, record):
        answer, status = arrival.answer, record["status"]
        if status in knock_truth.PRIMARY and status != arrival.word:
            yield "%s, the truth is %s" % (status, arrival.word)
        if not same_address(record["from"], answer["from"]):
            yield "from %s, the truth is %s" % (record["from"], answer["from"])
        for key in ("ttl", "tos"):
            if record[key] is None and self.params.mode == "connect":
                continue
            if record[key] != answer[key]:
                yield "%s %s, the truth is %d" % (key, record[key],
                                                  answer[key])
        for key in ("icmp_type", "icmp_code"):
            if record[key] != answer.get(key):
                yield "%s %s, the truth is %s" % (key, record[key],
                                                  answer.get(key))
        yield from self.same_tcp(record["tcp"], arrival)
        yield from self.same_time(fate, arrival, record)

    def same_tcp(self, have, arrival):
        answer = arrival.answer
        if arrival.word != "open":
            if have is not None:
                yield "tcp of a %s" % answer["kind"]
            return
        if have is None:
            yield "no tcp of a SYN-ACK"
            return
        want = {"mss": answer["mss"], "wscale": answer["wscale"],
                "sack": answer["sack"], "window": answer["window"],
                "timestamps": answer["tsecr"] is not None,
                "ecn": bool(answer["tcp_flags"] & ECE)}
        for key, value in want.items():
            if self.params.mode == "connect" and (
                    have[key] is None or key == "ecn"):
                continue
            if have[key] != value:
                yield "tcp.%s is %s, the truth is %s" % (key, have[key], value)

    def same_time(self, fate, arrival, record):
        """A time only where it is that of this very probe (Karn)."""
        status, rtt = record["status"], record["rtt_ms"]
        took = arrival.at - fate.packet["t_in"]
        if rtt is not None and (arrival.packet is not fate.packet or
                                arrival.again or arrival.word == "challenge"):
            yield "%.3f ms, but that answers another SYN, or late by itself" \
                % rtt
        if record["ambiguous"] and rtt is not None:
            yield "ambiguous, with a time"
        if status not in self.REPLIES:
            return
        if not record["ambiguous"] and rtt is None:
            yield "no time, and not ambiguous"
        older = any(each.packet["t_in"] < fate.packet["t_in"]
                    for each in fate.series)
        if record["ambiguous"] and not older and not arrival.again and \
                not knock_truth.near_repeat(took):
            yield "ambiguous, the truth is %.3f ms" % ms_of(took)
        tsecr = arrival.answer.get("tsecr")
        if not record["ambiguous"] and older and \
                tsecr != fate.packet["tsval"]:
            yield "not ambiguous, with the TSecr of another"

    def flow_numbers(self):
        """A flow is one port of ours, towards all targets."""
        if self.params.mode == "connect":
            return
        ports = collections.defaultdict(set)
        for key, fate in self.all_fates():
            for record in self.by_probe.get((key, fate.number), ()):
                ports[record["flow"]].add(fate.packet["sport"])
        for flow, seen in ports.items():
            if len(seen) != 1:
                yield "flow %s left from the ports %s" % (flow, sorted(seen))
        if len(set.union(set(), *ports.values())) != len(ports):
            yield "two flows have one port: %s" % dict(ports)

    # ---- Counters and states

    def ranges(self, key):
        """What each counter of a port may be."""
        fates = self.fates[key]
        made = {"sent": (len(fates), len(fates))}
        for name, words in (("received", set(knock_truth.REPLIES)),
                            ("lost", {"timeout"}),
                            ("errors", {"unreachable"}),
                            ("unfinished", {"unfinished"})):
            made[name] = (sum(fate.primary <= words for fate in fates),
                          sum(bool(fate.primary & words) for fate in fates))
        made["transmitted"] = tuple(
            len(fates) - made["unfinished"][i] for i in (1, 0))
        # What is for no known probe may be counted at any port of its address.
        made["invalid"] = 0, sum(other.noise() for (addr, _), other
                                 in self.ports.items() if addr == key[0])
        if all(fate.is_alone() for fate in fates):
            for name, word in (("late", "late"), ("duplicates", "duplicates")):
                made[name] = tuple(sum(getattr(fate, word)[i]
                                       for fate in fates) for i in (0, 1))
        return made

    def counters(self):
        if not self.run.summaries:
            yield "no summary"
        yield from shortened(self.each_counter())
        for key in self.case.truth.by_port:
            if key not in self.fates:
                yield "SYNs went to %s, which is no target" % self.label(key)
        yield from self.consistent()

    def each_counter(self):
        for summary in self.run.summaries:
            key = self.key(summary)
            ranges = self.ranges(key)
            for name, (low, high) in ranges.items():
                if name in summary and not low <= summary[name] <= high:
                    yield "%s: %s is %d, the truth is %d..%d" % (
                        self.label(key), name, summary[name], low, high)
            if all(low == high for name, (low, high) in ranges.items()
                   if name != "invalid"):
                yield from self.loss(summary, ranges)
            for fault in self.answers_add_up(key, summary):
                yield "%s: %s" % (self.label(key), fault)
            for fault in self.lost_add_up(key, summary):
                yield "%s: %s" % (self.label(key), fault)
            if not self.quiet:
                for fault in self.as_told(key, summary):
                    yield "%s: %s" % (self.label(key), fault)
            have = summary["state"], summary["mixed"]
            want = self.ports[key].states()
            if have not in want:
                yield "%s: state %s, mixed %s, the truth is %s" % (
                    (self.label(key),) + have + (want,))

    def answers_add_up(self, key, summary):
        """Whatever came is counted once."""
        if self.params.mode == "connect":
            return
        low, high = self.ports[key].answers()
        have = sum(summary[name] for name in ("received", "errors", "late",
                                              "duplicates"))
        if not low <= have <= high:
            yield "%d answers of all kinds, the truth is %d..%d" % (
                have, low, high)

    def lost_add_up(self, key, summary):
        """No direction is wrong, in the records nor in the sums."""
        words = [summary["lost_" + word]
                 for word in ("out", "back", "unknown")]
        if sum(words) != summary["lost"]:
            yield "lost_out, lost_back, lost_unknown %s, lost %d" % (
                words, summary["lost"])
        told = collections.Counter(
            record["lost_dir"] for fate in self.fates[key]
            for record in self.by_probe.get((key, fate.number), ())
            if record["status"] == "timeout")
        for word, have in zip(("out", "back"), words):
            most = sum("timeout" in fate.primary and
                       knock_truth.direction(fate.packet) == word
                       for fate in self.fates[key])
            least = 0 if self.quiet else told[word]
            if not least <= have <= most:
                yield "lost_%s is %d, the records tell %d, the truth is %d" % (
                    word, have, least, most)

    def as_told(self, key, summary):
        """What the records of the probes add up to, by flow and in all."""
        words = collections.Counter()
        flows = collections.defaultdict(collections.Counter)
        for fate in self.fates[key]:
            for record in self.by_probe.get((key, fate.number), ()):
                if record["status"] in SUMS:
                    flows[record["flow"]][SUMS[record["status"]]] += 1
                    words["ambiguous"] += record["ambiguous"]
                    words["challenges"] += record["status"] == "challenge"
        for name in ("ambiguous", "challenges"):
            if summary[name] < words[name]:
                yield "%s is %d, the records tell %d" % (
                    name, summary[name], words[name])
        for flow in summary["flows"]:
            told = flows[flow["flow"]]
            for name in ("received", "lost", "errors"):
                if flow[name] != told[name]:
                    yield "flow %d: %s is %d, the records tell %d" % (
                        flow["flow"], name, flow[name], told[name])
        for name in ("sent", "received", "lost", "errors"):
            have = sum(flow[name] for flow in summary["flows"])
            if have != summary[name]:
                yield "%s of all flows is %d, and %d" % (
                    name, have, summary[name])
        ports = {fate.packet["sport"] for fate in self.fates[key]}
        have = {flow["port"] for flow in summary["flows"]}
        if self.params.mode != "connect" and have != ports:
            yield "flows from the ports %s, the truth is %s" % (
                sorted(have), sorted(ports))

    def directions(self, percent):
        """So many of what was lost are told the way that they were lost."""
        lost = told = 0
        for summary in self.run.summaries:
            told += summary["lost_out"] + summary["lost_back"]
            lost += sum("timeout" in fate.primary and
                        knock_truth.direction(fate.packet) is not None
                        for fate in self.fates[self.key(summary)])
        if lost == 0:
            yield "nothing was lost"
        elif told * 100 < lost * percent:
            yield "%d of %d lost ones have a direction, %.1f %%" % (
                told, lost, 100 * told / lost)

    # ---- Manners

    def manners(self):
        """SYNs are such that servers answer them, and tell who is meant."""
        yield from shortened(self.each_manner())

    def each_manner(self):
        for key, fates in self.fates.items():
            stamps = [fate.packet["tsval"] for fate in fates
                      if fate.packet["tsval"] is not None]
            if len(set(stamps)) != len(stamps):
                yield "%s: two probes have one TSval" % self.label(key)
            flows = collections.defaultdict(list)
            for fate in fates:
                flows[fate.packet["sport"]].append(fate)
            for flow in flows.values():
                for before, fate in zip(flow, flow[1:]):
                    for fault in self.manner(before, fate):
                        yield "%s attempt %d: %s" % (
                            self.label(key), fate.number, fault)

    @staticmethod
    def manner(before, fate):
        left, last = fate.packet["t_in"], before.packet["t_in"]
        came = [each.at for each in before.arrivals]
        answered = bool(came) and min(came) < left
        away = (fate.packet["tcp_seq"] - before.packet["tcp_seq"]) % (1 << 32)
        if away == 0:
            since = [left - each.packet["t_in"] for each in fate.series
                     if each.packet["t_in"] < left]
            if answered:
                yield "an ISN that was answered"
            if left - last < LEAST_REPEAT_NS:
                yield "%.0f ms after the last with that ISN" % ms_of(
                    left - last)
            for ns in {max(since), min(since)}:
                if any(abs(ns - each) < AVOIDED_NS
                       for each in knock_truth.REPEATS_NS):
                    yield "%.0f ms after the first, when a server repeats" % (
                        ms_of(ns))
        elif min(away, (1 << 32) - away) < ISN_DISTANCE:
            yield "an ISN %d from the last" % away
        elif not answered and \
                not (came and min(came) < left + 20 * MS):
            yield "another ISN, but the last was not answered"
