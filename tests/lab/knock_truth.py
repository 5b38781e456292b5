# SPDX-License-Identifier: MIT
"""What has to become of each SYN by the truth log, as truth.py for echoes.

SYNs from one port of ours with one ISN are a series: an answer to one of them
acknowledges all. Of a probe that is alone in its series the log decides
everything. Of several it decides who may have been answered, and the sum: each
valid segment is an answer, a late one or a duplicate of one of them.
"""
import bisect
import collections

import truth

MS = truth.MS
REMEMBERED = 16         # probes that are newer, then one may be forgotten
REPEATS_NS = (1000 * MS, 3000 * MS, 7000 * MS)  # of a server, by itself
NEAR_NS = 350 * MS      # a time so close to these may be one of them
REPLIES = ("open", "closed", "challenge")
PRIMARY = REPLIES + ("unreachable", "timeout", "send_error")
# Where the log has no answer: these never got to who would have answered.
LOST_OUT = ("loss", "down", "corrupt", "prohibited-silently", "blackhole")
LOST_BACK = ("loss", "down", "mtu", "ttl")
KINDS = {"syn_ack": "open", "syn_ack_again": "open", "rst": "closed",
         "challenge_ack": "challenge"}


class Arrival:
    """A packet that reached the client."""

    def __init__(self, packet, answer, again):
        self.at = answer["t_out"]
        self.packet = packet    # that it answers
        self.answer = answer
        self.again = again      # sent by the server's own timer
        self.word = worth(packet, answer)


def worth(packet, answer):
    """A status, "noise" that may be counted as invalid, or "nothing"."""
    hostile = answer["hostile"]
    if answer["forged"] and hostile != "rst":
        return "noise"
    if answer["corrupt"] or hostile in ("checksum", "source", "ack", "short"):
        return "noise"
    if answer["kind"] in KINDS:
        return KINDS[answer["kind"]]
    if answer.get("icmp_type") in truth.ICMP_ERRORS[packet["af"]]:
        return "unreachable"
    return "nothing"


def direction(packet):
    """Where this SYN or the first answer to it was lost: out, back, None."""
    if packet["why"] is not None:
        return "out" if packet["why"] in LOST_OUT else None
    genuine = [a for a in packet["answers"] if not a["forged"]]
    if not genuine or any(a["t_out"] is not None and not a["corrupt"]
                          for a in genuine):
        return None
    lost = all(a["corrupt"] or a["lost"] in LOST_BACK for a in genuine)
    return "back" if lost else None


class Fate:
    """What may be said of one probe."""

    def __init__(self, number, packet):
        self.number = number
        self.packet = packet
        self.series = None      # the fates of all with its port and its ISN
        self.timeout_ns = None
        self.primary = set()    # one of these
        self.arrivals = []      # what may be taken for its answer, in order
        self.own = None         # the first of these that it caused
        self.rtt_ns = None      # until then, if the server was not late itself
        self.resolved_ns = None # at the latest
        self.soonest_ns = None  # at the earliest
        self.late = self.duplicates = (0, 0)    # if it is alone

    def is_alone(self):
        return len(self.series) == 1

    def in_flight(self, at, margin):
        return 0 <= at - self.packet["t_in"] < self.timeout_ns + margin

    def in_time(self, margin):
        """MARGIN > 0: perhaps in time; < 0: certainly."""
        left = self.packet["t_in"]
        return [each for each in self.arrivals
                if each.at - left < self.timeout_ns + margin]


def near_repeat(ns):
    """Whether a server may have sent by itself what took so long."""
    return any(abs(ns - each) < NEAR_NS for each in REPEATS_NS)


def series_of(fates):
    found = collections.defaultdict(list)
    for fate in fates:
        packet = fate.packet
        found[packet["sport"], packet["tcp_seq"]].append(fate)
    for members in found.values():
        for fate in members:
            fate.series = members
    return found


def arrivals(fates, repeats):
    """All that came back, in order."""
    by_id = {fate.packet["id"]: fate.packet for fate in fates}
    found = [Arrival(packet, answer, False) for packet in by_id.values()
             for answer in packet["answers"] if answer["t_out"] is not None]
    found += [Arrival(by_id[repeat["of"]], answer, True)
              for repeat in repeats if repeat["of"] in by_id
              for answer in repeat["answers"] if answer["t_out"] is not None]
    return sorted(found, key=lambda each: each.at)


def series_key(arrival):
    """Port and ISN that it acknowledges, or quotes."""
    isn = arrival.packet["tcp_seq"]
    if arrival.word in ("open", "closed"):
        isn = (arrival.answer["tcp_ack"] - 1) & 0xffffffff
    return arrival.packet["sport"], isn


def hand_out(fates, came):
    """To each probe what may be its answer."""
    known = series_of(fates)
    for arrival in came:
        if arrival.word not in PRIMARY:
            continue
        for fate in known.get(series_key(arrival), ()):
            mine = arrival.packet is fate.packet
            if fate.packet["t_in"] > arrival.at or (
                    arrival.word == "challenge" and not mine):
                continue
            fate.arrivals.append(arrival)
            if mine and fate.own is None:
                fate.own = arrival
                if not arrival.again and arrival.word != "challenge":
                    fate.rtt_ns = arrival.at - fate.packet["t_in"]


def timeouts(fates, params):
    """--timeout, or three times the largest time seen so far."""
    seen = sorted((fate.own.at, fate.rtt_ns) for fate in fates
                  if fate.rtt_ns is not None)
    largest, i = None, 0
    for fate in fates:
        while i < len(seen) and seen[i][0] <= fate.packet["t_in"]:
            largest = max(largest or 0, seen[i][1])
            i += 1
        fate.timeout_ns = params.timeout_ns or (
            truth.FIRST_TIMEOUT if largest is None else
            max(truth.LEAST_TIMEOUT, 3 * largest))


def resolve(fate, margin):
    left = fate.packet["t_in"]
    fate.resolved_ns = left + fate.timeout_ns
    perhaps, surely = fate.in_time(margin), fate.in_time(-margin)
    if fate.is_alone():
        fate.primary = {each.word for each in perhaps[:1]}
    else:
        fate.primary = {each.word for each in perhaps}
        # Its own, and nobody else of the series was waiting for one.
        surely = [each for each in surely if each.packet is fate.packet and
                  not any(
                      other.in_flight(each.at, margin)
                      for other in fate.series if other is not fate)]
    if surely:
        fate.resolved_ns = surely[0].at
    else:
        fate.primary.add("timeout")
    fate.soonest_ns = min([each.at for each in perhaps] + [fate.resolved_ns])


def extras(fate, ends, margin, newer):
    """What came besides its first answer, while the target went on.

    Nothing ties a second challenge to a probe.
    """
    first = 1 if "timeout" not in fate.primary else 0
    perhaps = [a for a in fate.arrivals[first:] if a.at <= ends[1] + margin]
    surely = [a for a in perhaps if a.at < ends[0] - margin and
              a.word != "challenge" and newer(a.at) < REMEMBERED]
    if first == 1:
        fate.duplicates = len(surely), len(perhaps)
    elif len(fate.primary) == 1:
        fate.late = min(1, len(surely)), min(1, len(perhaps))
        fate.duplicates = max(0, len(surely) - 1), max(0, len(perhaps) - 1)
    else:
        fate.late = 0, min(1, len(perhaps))
        fate.duplicates = max(0, len(surely) - 1), max(0, len(perhaps) - 1)


class Port:
    """A port of an address, and the fates of its probes."""

    def __init__(self, packets, repeats, numbers, params):
        self.fates = [Fate(n, p) for n, p in zip(numbers, packets)]
        self.came = arrivals(self.fates, repeats)
        self.params = params
        hand_out(self.fates, self.came)
        timeouts(self.fates, params)
        for fate in self.fates:
            resolve(fate, params.margin_ns)
        self.end = truth.target_end(self.fates, params)
        if self.end is None:
            raise ValueError("a run without an end")
        self.soonest_end = min(self.end, max(
            [fate.soonest_ns for fate in self.fates], default=self.end))
        self.cut()
        departures = [packet["t_in"] for packet in packets]
        for i, fate in enumerate(self.fates):
            if fate.is_alone() and params.mode != "connect":
                extras(fate, (self.soonest_end, self.end), params.margin_ns,
                       lambda at, sent=i + 1:
                       bisect.bisect(departures, at) - sent)

    def cut(self):
        """Those whose end the run's end came before."""
        end, margin = self.params.end_ns, self.params.margin_ns
        if end is None or self.end is None or self.end <= end - margin:
            return
        for fate in self.fates:
            if fate.resolved_ns > end - margin:
                undecided = {"unfinished"}
                if fate.resolved_ns <= end + margin:
                    undecided |= fate.primary
                fate.primary = undecided

    def answers(self):
        """(at least, at most) so many arrivals are answers to something."""
        margin, low, high = self.params.margin_ns, 0, 0
        departures = [fate.packet["t_in"] for fate in self.fates]
        number = {id(fate.packet): i for i, fate in enumerate(self.fates)}
        known = {(fate.packet["sport"], fate.packet["tcp_seq"])
                 for fate in self.fates}
        for each in self.came:
            if each.word not in PRIMARY or series_key(each) not in known:
                continue
            high += each.at <= self.end + margin
            newer = bisect.bisect(departures, each.at) - \
                number[id(each.packet)] - 1
            low += each.at < self.soonest_end - margin and \
                newer < REMEMBERED and each.word != "challenge"
        return low, high

    def noise(self):
        """At most so many arrivals are answers to nothing that is known."""
        return len(self.came) - self.answers()[0]

    def states(self):
        """[(state, mixed)] that are right: duplicates may make it mixed."""
        low, high, seen = (collections.Counter() for _ in range(3))
        for fate in self.fates:
            words = {each.word for each in fate.arrivals
                     if each.at <= self.end + self.params.margin_ns}
            sure = fate.primary if len(fate.primary) == 1 else set()
            if sure <= {"timeout"} and fate.late == (1, 1):
                sure = {fate.arrivals[0].word}
            for word in ("open", "closed"):
                low[word] += word in sure
                high[word] += word in (fate.primary | words
                                       if not sure else sure)
                seen[word] += word in words
        return sorted(possible_states(low, high, seen))


def possible_states(low, high, seen):
    found = set()
    for opened in {low["open"], high["open"]}:
        for closed in {low["closed"], high["closed"]}:
            state = "filtered"
            if opened or closed:
                state = "open" if opened >= closed else "closed"
            found.add((state, bool(opened and closed)))
            found.add((state, bool(seen["open"] and seen["closed"])))
    return found
