# SPDX-License-Identifier: MIT
"""A run of netdiag ping beside the fates that the truth log gives its probes.

A probe is found in the log by its destination and the order of sending: the
n-th echo request to an address is the n-th number of that target which the
local host did not refuse. Where two targets are one address, the n-th request
is the n-th of both in the order of the times that their records tell.
"""
import collections

import truth
from comparison import UNDECIDED_PCT, Comparison, ms_of
from verdict import Wrong, same_address, shortened


class PingRun(Comparison):
    """What netdiag ping said, and what is true."""

    REPLIES = RECEIVED = ("reply",)
    ANSWERS = ("reply", "unreachable", "ttl_exceeded")
    ANSWERED = ANSWERS + ("late",)

    def __init__(self, case):
        super().__init__(case)
        self.name_twins()
        self.file_probes("seq")
        addresses = self.addresses()
        self.packets = dict(self.case.truth.by_dst)
        for addr, targets in self.twins.items():
            self.part_twins(addr, targets)
        self.fates = {addr: self.judge(addr) for addr in addresses}

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
        elif status in self.ANSWERS:
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

    # ---- Lists

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
