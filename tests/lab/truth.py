# SPDX-License-Identifier: MIT
"""The truth log, and what has to become of each echo request by it.

An answer is judged by what it is worth to a program that knows nothing but its
own packets; what follows for a probe are the rules of netdiag-ping(1). Nothing
here looks at what netdiag found.

Times in the log are taken where a packet crosses the device, by netsim or, with
--stamps, by the kernel; netdiag's are the kernel's. The former differ by tens
of microseconds, the latter by few. What is closer than `margin` to the edge (a
timeout, the end of a run) may be either, and is counted as such.
"""
import bisect
import collections
import json

MS = 1000000
MARGIN_NS = 50 * MS         # what a machine may keep a program waiting
FIRST_TIMEOUT = 3500 * MS   # before the first reply of a target
LEAST_TIMEOUT = 1000 * MS
UNSTAMPED = 2               # packets, or 1 % of them
REMEMBERED = 200            # netdiag promises late answers "for a while"
PRIMARY = ("reply", "unreachable", "ttl_exceeded", "timeout", "send_error")
ICMP_ERRORS = {4: (3, 11, 12), 6: (1, 2, 3, 4)}


SYN, RST, ACK = 2, 4, 16


def is_syn(packet):
    return packet.get("tcp_flags", 0) & (SYN | RST | ACK) == SYN


class Truth:
    """All of one log."""

    def __init__(self, path):
        self.packets, self.events, self.repeats = [], [], []
        self.graphs = []
        self.busy = None        # when packets came and left, once asked for
        self.begin = self.summary = self.topology = self.stamps = None
        with open(path, encoding="utf-8") as file:
            for line in file:
                self.add(json.loads(line))
        self.packets.sort(key=lambda packet: packet["t_in"])
        self.by_dst = collections.defaultdict(list)     # echo requests
        self.by_port = collections.defaultdict(list)    # SYNs
        for packet in self.packets:
            if packet.get("icmp_type") in (8, 128):
                self.by_dst[packet["dst"]].append(packet)
            elif is_syn(packet):
                self.by_port[packet["dst"], packet["dport"]].append(packet)

    def add(self, record):
        kind = record["type"]
        if kind == "packet":
            self.packets.append(record)
        elif kind == "repeat":
            self.repeats.append(record)
        elif kind == "event":
            self.events.append(record)
        elif kind == "graph":
            self.graphs.append(record)
        elif kind in ("begin", "summary", "topology", "stamps"):
            setattr(self, kind, record)

    def faults(self):
        """Why this log is no measure of anything."""
        if self.begin is None or self.summary is None:
            return ["the truth log is cut"]
        return ["netsim: %s is %d" % (key, self.summary[key])
                for key in ("dropped_in", "write_errors")
                if self.summary[key] != 0]

    def unstamped(self):
        """Times that were asked of the kernel, which did not tell them."""
        if self.stamps is None:
            return
        missed, found = self.stamps["missed"], self.stamps["found"]
        if missed > max(UNSTAMPED, found // 100):
            yield "the kernel stamped %d packets and %d not" % (found, missed)

    def idle(self, since, until):
        """(how long nothing passed at most between these, until when)."""
        if self.busy is None:
            self.busy = sorted(at for record in self.packets + self.repeats
                               for at in [record.get("t_in")] +
                               [answer["t_out"] for answer
                                in record["answers"]] if at is not None)
        first = bisect.bisect_right(self.busy, since)
        times = [since] + self.busy[first:bisect.bisect_left(
            self.busy, until)] + [until]
        return max((end - start, end)
                   for start, end in zip(times, times[1:]))

    def mono(self, real_ns):
        return real_ns - self.begin["real_ns"] + self.begin["mono_ns"]


class Params:
    """What of a run decides the fate of its probes."""

    def __init__(self, **given):
        self.mode = "raw"
        self.timeout_ns = None
        self.count = None
        self.first_reply = False
        self.end_ns = None      # of the run, where it was cut short
        self.margin_ns = MARGIN_NS
        self.__dict__.update(given)


# ---- What an answer is worth --------------------------------------------------

def header_size(packet):
    return 28 if packet["af"] == 4 else 48


def reply_worth(packet, answer, mode):
    """("reply", None), ("invalid", reason) or ("nothing", None)."""
    size = packet["len"] - header_size(packet)
    kernel_checks = packet["af"] == 6 or mode != "raw"
    hostile = answer["hostile"]
    if answer["forged"]:
        return "noise", None
    if answer["corrupt"]:
        return ("nothing", None) if kernel_checks else ("damaged", "checksum")
    if hostile == "checksum":
        return ("nothing", None) if kernel_checks else ("invalid", "checksum")
    if hostile in ("ident", "short"):
        return "nothing", None
    if hostile == "cut":
        return "invalid", "truncated"
    if hostile in ("payload", "zeroed"):
        return "invalid", "tag" if size >= 8 else "payload"
    if hostile == "source":
        return "invalid", "source"
    if hostile == "seq":
        return "invalid", "unknown"
    return "reply", None


def error_worth(packet, answer, mode):
    if answer["forged"]:
        return "noise", None
    if answer["corrupt"] or answer["hostile"] in ("checksum", "short"):
        return "nothing", None
    if answer["icmp_type"] not in ICMP_ERRORS[packet["af"]]:
        return "nothing", None
    exceeded = 11 if packet["af"] == 4 else 3
    if answer["icmp_type"] == exceeded:
        return "ttl_exceeded", None
    return "unreachable", None


def worth(packet, answer, mode):
    if answer["kind"] == "echo_reply":
        return reply_worth(packet, answer, mode)
    return error_worth(packet, answer, mode)


# ---- What becomes of a probe --------------------------------------------------

class Fate:
    """What may be said of one probe: a range for whatever may be said twice."""

    def __init__(self, number, packet):
        self.number = number
        self.packet = packet
        self.timeout_ns = None
        self.primary = set()    # one of these
        self.answer = None      # the first that counts, in time or late
        self.is_reply = False   # that one
        self.rtt_ns = None
        self.resolved_ns = None
        self.extra = collections.defaultdict(lambda: [0, 0])

    def count(self, key, certain):
        self.extra[key][0] += certain
        self.extra[key][1] += 1


def arrivals(packet, mode):
    """(time, worth, reason, answer) of what reached the client, in order."""
    found = []
    for answer in packet["answers"]:
        if answer["t_out"] is not None:
            found.append((answer["t_out"],) + worth(packet, answer, mode) +
                         (answer,))
    return sorted(found, key=lambda each: each[0])


def timeouts(fates, params, came):
    """--timeout, or three times the largest time seen so far."""
    if params.timeout_ns is not None:
        for fate in fates:
            fate.timeout_ns = params.timeout_ns
        return
    seen = sorted((at, at - fate.packet["t_in"]) for fate in fates
                  for at, what, _, _ in came[fate.number] if what == "reply")
    largest, i = None, 0
    for fate in fates:
        while i < len(seen) and seen[i][0] <= fate.packet["t_in"]:
            largest = max(largest or 0, seen[i][1])
            i += 1
        fate.timeout_ns = FIRST_TIMEOUT if largest is None else max(
            LEAST_TIMEOUT, 3 * largest)


def resolve(fate, came, params):
    """The first valid answer, and whether it is in time."""
    left = fate.packet["t_in"]
    fate.resolved_ns = left + fate.timeout_ns
    for at, what, _, answer in came:
        if what not in ("reply", "unreachable", "ttl_exceeded"):
            continue
        fate.answer, fate.rtt_ns = answer, at - left
        fate.is_reply = what == "reply"
        if fate.rtt_ns < fate.timeout_ns + params.margin_ns:
            fate.primary.add(what)
        if fate.rtt_ns > fate.timeout_ns - params.margin_ns:
            fate.primary.add("timeout")
        else:
            fate.resolved_ns = at
        return
    fate.primary.add("timeout")


def target_end(fates, params):
    """When nothing is counted any more; the run's end where it was cut."""
    end = max((fate.resolved_ns for fate in fates), default=None)
    if params.first_reply:
        first = [fate.packet["t_in"] + fate.rtt_ns for fate in fates
                 if fate.is_reply]
        end = min(first + [end]) if first else end
    elif params.count is None:
        end = params.end_ns
    if params.end_ns is not None:
        end = params.end_ns if end is None else min(end, params.end_ns)
    return end


def extras(fate, came, params, end, newer):
    """Whatever comes besides the first answer, while the target goes on."""
    seen = False
    for at, what, reason, answer in came:
        certain = at < end - params.margin_ns or (
            params.first_reply and at == end)
        if at > end + params.margin_ns:
            continue
        if what in ("noise", "damaged"):
            fate.count(("invalid", reason or "any"), False)
        elif what == "invalid":
            fate.count((what, reason), certain)
        elif what != "nothing" and not seen:
            seen = True
            if "timeout" in fate.primary:
                kept = newer(at) < REMEMBERED and len(fate.primary) == 1
                fate.count(("late", None), certain and kept)
        elif what == "reply":
            kept = newer(at) < REMEMBERED
            fate.count(("duplicate", None), certain and kept)


def judge(packets, numbers, params):
    """The fates of a target's probes, in order of sending."""
    fates = [Fate(n, p) for n, p in zip(numbers, packets)]
    came = {fate.number: arrivals(fate.packet, params.mode) for fate in fates}
    departures = [fate.packet["t_in"] for fate in fates]
    timeouts(fates, params, came)
    for fate in fates:
        resolve(fate, came[fate.number], params)
    end = target_end(fates, params)
    if end is None:
        raise ValueError("a run without an end")
    cut = params.first_reply or (
        params.end_ns is not None and end > params.end_ns - params.margin_ns)
    for i, fate in enumerate(fates):
        ended_it = params.first_reply and fate.resolved_ns == end
        if cut and fate.resolved_ns > end - params.margin_ns and \
                not ended_it:
            undecided = {"unfinished"}
            if fate.resolved_ns <= end + params.margin_ns:
                undecided |= fate.primary
            fate.primary = undecided
        extras(fate, came[fate.number], params, end,
               lambda at, sent=i + 1: bisect.bisect(departures, at) - sent)
    return fates
