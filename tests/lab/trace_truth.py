# SPDX-License-Identifier: MIT
"""What has to become of each probe of a trace by the truth log, and which
links there are by it; as truth.py for echoes.

A link is real where two probes of one flow, with neighbouring TTLs, were
answered, and the way of the first is the beginning of the way of the second.
That holds for hidden routers, for those that forward at TTL 1, for routes that
change and for balancing by packet alike.
"""
import collections
import ipaddress

import truth
from verdict import Wrong

MS = truth.MS
ANSWERS = ("hop", "destination", "unreachable")
PRIMARY = ANSWERS + ("timeout", "send_error")
LEAST_TIMEOUT_NS = 50 * MS  # once the destination has answered
UNSURE_TIMEOUT_NS = 400 * MS    # until then
SPARE_NS = 10 * MS          # of that, so close may be either
SAME_TIME_NS = 1000 * MS    # a record tells when its packet left
METHODS = ("udp", "tcp", "icmp", "icmp6")
KINDS = ("echo_reply", "udp_reply", "syn_ack", "syn_ack_again", "rst")
EXCEEDED = {4: (11, 0), 6: (3, 0)}
PORT = {4: (3, 3), 6: (1, 4)}
ERRORS = {4: (3, 12), 6: (1, 2, 4)}
# What an answer to a probe is worth nothing with.
LIES = ("checksum", "short", "seq", "ident", "ack", "payload", "cut",
        "zeroed")


def is_probe(packet):
    """Not what the kernel sends by itself: RSTs, ICMP errors."""
    if packet["proto"] == "tcp":
        return truth.is_syn(packet)
    return packet["proto"] == "udp" or packet.get("icmp_type") in (8, 128)


def signature(packet):
    """What balancers know a flow by, besides what all have in common."""
    if packet["proto"] in ("udp", "tcp"):
        return packet["sport"]
    return int(packet["l4"][4:8], 16)


def five_tuple(packet):
    """All that a balancer may look at."""
    ports = tuple(packet.get(key) for key in (
        "sport", "dport", "icmp_type", "icmp_code", "ident"))
    if packet["proto"] not in ("udp", "tcp"):
        ports += (signature(packet),)
    return (packet["src"], packet["dst"], packet["proto"], packet["tos"],
            packet["label"]) + ports


def tag(packet):
    """What tells the probes of a flow apart."""
    if packet["proto"] == "tcp":
        return packet["tcp_seq"]
    if packet["proto"] == "udp":
        return packet["ip_id"] if packet["af"] == 4 else packet["l4"][12:16]
    return packet["seq"]


def worth(packet, answer):
    """A status, or None where nothing is to be said."""
    af, hostile = packet["af"], answer["hostile"]
    if (answer["forged"] and hostile != "rst") or answer["corrupt"] or \
            hostile in LIES:
        return None
    if answer["kind"] in KINDS:
        return None if hostile == "source" else "destination"
    said = answer.get("icmp_type"), answer.get("icmp_code")
    if said == EXCEEDED[af]:
        return "hop"
    if said == PORT[af]:
        return "destination"
    return "unreachable" if said[0] in ERRORS[af] else None


class Probe:
    """A packet of ours, what came back, and what was told of it."""

    def __init__(self, packet):
        self.packet = packet
        self.ttl = packet["ttl"]
        self.arrivals = []      # (time, status, answer) in order
        self.forgeries = []     # times of errors that quote it nearly
        self.record = None      # its outcome
        self.more = []          # records of late and further answers

    def arrive(self, at, status, answer):
        self.arrivals.append((at, status, answer))

    @property
    def status(self):
        return self.arrivals[0][1] if self.arrivals else "timeout"

    @property
    def rtt_ns(self):
        if not self.arrivals:
            return None
        return self.arrivals[0][0] - self.packet["t_in"]

    @property
    def answer(self):
        return self.arrivals[0][2] if self.arrivals else None

    def told(self):
        """The record of its first answer, in time or late; or None."""
        if self.record is not None and self.record["status"] in ANSWERS:
            return self.record
        return next((each for each in self.more
                     if each["status"] == "late"), None)

    def name(self):
        packet = self.packet
        text = "packet %d" % packet["id"]
        if packet["why"] is not None:
            return text + ", %s at %s" % (packet["why"], packet["end"])
        if self.rtt_ns is None:
            return text + ", no answer of worth"
        return text + ", %s after %.3f ms" % (self.answer["kind"],
                                              self.rtt_ns / MS)


def probes_of(log):
    """{address: [Probe]} in order of sending, with what came to each."""
    made = collections.defaultdict(list)
    by_id, by_ack = {}, {}
    for packet in log.packets:
        if not is_probe(packet):
            continue
        probe = Probe(packet)
        made[packet["dst"]].append(probe)
        by_id[packet["id"]] = probe
        if packet["proto"] == "tcp":
            by_ack[packet["dst"], packet["sport"],
                   (packet["tcp_seq"] + 1) & 0xffffffff] = probe
    told = [(by_id.get(packet["id"]), packet["answers"])
            for packet in log.packets]
    told += [(by_id.get(again["of"]), again["answers"])
             for again in log.repeats]
    for probe, answers in told:
        for answer in answers if probe else ():
            whose, status = probe, worth(probe.packet, answer)
            if answer["hostile"] == "errors" and answer["t_out"] is not None:
                probe.forgeries.append(answer["t_out"])
            if "tcp_ack" in answer:
                # The segment says itself which SYN it answers.
                whose = by_ack.get((probe.packet["dst"],
                                    probe.packet["sport"],
                                    answer["tcp_ack"]))
            if whose and status and answer["t_out"] is not None:
                whose.arrive(answer["t_out"], status, answer)
    for probe in by_id.values():
        probe.arrivals.sort(key=lambda each: each[0])
    return made


def branches(probes):
    """TTLs of targets that more than one router was met at."""
    seen = collections.defaultdict(set)
    for probe in probes:
        seen[probe.packet["dst"], probe.ttl].add(probe.packet["end"])
    return sum(len(ends) > 1 for ends in seen.values())


# ---- Which record tells of which packet -------------------------------------

def learn_flows(records, probes):
    """{flow: signature}: the n-th record of a TTL by time is its n-th packet.

    Records of one microsecond may be in any order: most votes decide.
    """
    votes, at = collections.Counter(), collections.defaultdict(list)
    for probe in probes:
        at[probe.ttl].append(probe)
    for ttl, mine in at.items():
        told = sorted((each["time"], each["flow"], each["attempt"])
                      for each in records if each["hop"] == ttl)
        if len(told) == len(mine):
            for (_, flow, _), probe in zip(told, mine):
                votes[flow, signature(probe.packet)] += 1
    found = {}
    for (flow, sign), _ in sorted(votes.items(), key=lambda each: -each[1]):
        if flow not in found and sign not in found.values():
            found[flow] = sign
    return found


def join(records, probes, mono, flows):
    """Gives each outcome to its packet: (probes by key, records of none).

    FLOWS: {flow: signature}, or None where each probe is a flow of its own.
    """
    free = collections.defaultdict(list)
    for probe in probes:
        sign = None if flows is None else signature(probe.packet)
        free[probe.ttl, sign].append(probe)
    by_key, strays = {}, []
    for record in sorted(records, key=lambda each: each["time"]):
        sign = None if flows is None else flows.get(record["flow"])
        mine = free[record["hop"], sign]
        at = mono(record["time"])
        best = min(mine, key=lambda each: abs(each.packet["t_in"] - at),
                   default=None)
        if best is None or abs(best.packet["t_in"] - at) > SAME_TIME_NS:
            strays.append(record)
            continue
        mine.remove(best)
        best.record = record
        by_key[key_of(record)] = best
    return by_key, strays


def disorder(probes):
    """Of one TTL, what was sent first left first: no flow is another's."""
    last = {}
    for probe in probes:
        if probe.record is None:
            continue
        before = last.get(probe.ttl)
        if before is not None and before["time"] > probe.record["time"]:
            yield "hop %d: flow %d left before flow %d, told is after it" % (
                probe.ttl, before["flow"], probe.record["flow"])
        last[probe.ttl] = probe.record


def key_of(record):
    return (record["cycle"], record["hop"], record["flow"],
            record["attempt"])


def sure_timeout_ns(probes, given_ns):
    """No probe is given up before that."""
    if given_ns is not None:
        return given_ns
    arrived = [probe.rtt_ns for probe in probes
               if probe.status == "destination"]
    return min(UNSURE_TIMEOUT_NS, max(
        LEAST_TIMEOUT_NS, 2 * min(arrived, default=0))) - SPARE_NS


# ---- What is on the way -----------------------------------------------------

class Ways:
    """What a topology says of routers that rewrite, and of interfaces."""

    def __init__(self, text, log):
        self.nat = {}
        self.nodes = {node["name"]: node for node in log.topology["nodes"]}
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if len(words) > 1 and words[0] == "router":
                self.add(words[1], words[2:])

    def add(self, name, words):
        said = [word.partition("=") for word in words]
        rules = [(key, value) for key, _, value in said
                 if key in ("snat", "dnat")]
        if rules and ("nat-fix", "", "") not in said:
            self.nat[name] = rules

    def rewrites(self, name, packet):
        for key, value in self.nat.get(name, ()):
            was = value.split(">")[0]
            if ipaddress.ip_address(was).version == packet["af"] and (
                    key == "snat" or was == packet["dst"]):
                return True
        return False

    def translated(self, packet, answer):
        """Whether the error quotes other addresses; None: nobody knows."""
        path = packet["path"]
        if answer["by"] == path[-1]:
            if answer["kind"] != "ttl_exceeded" and \
                    self.rewrites(path[-1], packet):
                return None
            path = path[:-1]
        return any(self.rewrites(name, packet) for name in path)

    def interface(self, packet, answer):
        """What RFC 5837 says in it, or None."""
        if not answer.get("interface"):
            return None
        path, af = packet["path"], packet["af"]
        node = self.nodes[answer["by"]]
        before = path[-2] if len(path) > 1 else "client"
        for each in node["ifaces"]:
            if each["from"] == before:
                return {"ifindex": each["ifindex"] or None,
                        "addr": each["addr%d" % af] or node["addr%d" % af],
                        "name": each["ifname"] or None,
                        "mtu": each["ifmtu"] or None}
        return {"ifindex": None, "addr": node["addr%d" % af], "name": None,
                "mtu": None}


def one_way(first, second):
    """Whether one flow can have passed the end of FIRST on to SECOND's."""
    path = first.packet["path"]
    return second.packet["path"][:len(path)] == path


def links(probes):
    """({(hop, from, to): flows that certainly took it}, {..: that may have},
    {(hop, to): flows that came by an address of that hop that was missed}).

    From what was told: addresses and answers are compared elsewhere. A flow may
    have been told to pass an address that it was not asked at, if others were.
    """
    cells, ways = (collections.defaultdict(list) for _ in range(2))
    for probe in probes:
        record = probe.told()
        if record is not None:
            cells[record["cycle"], record["flow"], probe.ttl].append(
                (probe, record))
            ways[probe.ttl, tuple(probe.packet["path"])].append(
                record["from"])
    sure, may, missed = (collections.defaultdict(set) for _ in range(3))
    for (cycle, flow, ttl), seconds in cells.items():
        for probe, record in seconds:
            path = probe.packet["path"]
            before = [address for n in range(len(path) + 1)
                      for address in ways.get((ttl - 1, tuple(path[:n])), ())]
            for address in before:
                may[ttl - 1, address, record["from"]].add(flow)
            if not before:
                missed[ttl - 1, record["from"]].add(flow)
        pairs = [(one, other) for one in cells.get((cycle, flow, ttl - 1), ())
                 for other in seconds]
        if not all(one_way(one[0], other[0]) for one, other in pairs):
            continue
        for (probe, one), (_, other) in pairs:
            if probe.status == "hop" and one["from"] != other["from"]:
                sure[ttl - 1, one["from"], other["from"]].add(flow)
    return sure, may, missed


def graph_of(log, addr):
    """({(hop, address)}, {(hop, from, to)}) of the truth's graph record."""
    for graph in log.graphs:
        net = ipaddress.ip_network(graph["prefix"])
        if ipaddress.ip_address(addr) not in net:
            continue
        named = {each["to"]: each["to_addr"] for each in graph["links"]}
        named[graph["prefix"]] = addr
        nodes, edges = set(), set()
        for each in graph["links"]:
            to = named[each["to"]]
            nodes.add((each["hop"], to))
            if each["from"] != "client":
                edges.add((each["hop"] - 1, named[each["from"]], to))
        if any(to is None for _, to in nodes):
            raise Wrong("a graph with hidden or silent routers")
        return nodes, edges
    raise Wrong("no graph to %s" % addr)


def balancing(log, addr):
    """{hop: kinds} of the routers that have a choice on the way to ADDR."""
    found = collections.defaultdict(set)
    for graph in log.graphs:
        if ipaddress.ip_address(addr) in ipaddress.ip_network(
                graph["prefix"]):
            for each in graph["links"]:
                if each["ways"] > 1:
                    kind = each["balance"][len("per-"):]
                    found[each["hop"] - 1].add(
                        "destination" if kind == "dest" else kind)
    return found
