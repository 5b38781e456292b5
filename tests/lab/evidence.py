# SPDX-License-Identifier: MIT
"""What really took place, counted from the truth log by words that `some`,
`no` and `at least` of a scenario know; README.md lists them.
"""
import collections

from truth import is_syn
from verdict import same_address

MS = 1000000
ECN = 0xc0   # ECE and CWR

PLAIN = ("packets", "events", "lost-back", "forged", "copies", "corrupt-back",
         "fragmented", "overtaken", "spread-ms", "apart-ms", "ways", "changed",
         "asymmetric", "other-source", "burst", "busiest", "syns",
         "syns-again", "ecn-asked", "ports")
KEYED = ("why", "lost", "kind", "icmp", "mtu", "hostile", "tos")


def is_known(word):
    """A misspelt word is an error, and not something that never happens."""
    key, equals, value = word.partition("=")
    return word in PLAIN or bool(key in KEYED and equals and value)


def initial_ttl(ttl):
    return 64 if ttl <= 64 else 128 if ttl <= 128 else 255


def overtaken(packets):
    """Replies that came before one to an earlier packet of the same flow."""
    newest, n = {}, 0
    for packet in packets:
        at = [a["t_out"] for a in packet["answers"] if a["t_out"] is not None]
        if not at:
            continue
        if min(at) < newest.get(packet["flow"], 0):
            n += 1
        newest[packet["flow"]] = max(newest.get(packet["flow"], 0), min(at))
    return n


def spread_ms(packets):
    """How far the times to one address are apart, at most."""
    times = collections.defaultdict(list)
    for packet in packets:
        for answer in packet["answers"]:
            if answer["t_out"] is not None and answer["copy"] == 0:
                times[packet["dst"]].append(answer["t_out"] - packet["t_in"])
    return max((max(t) - min(t) for t in times.values()), default=0) // MS


def apart_ms(packets):
    """The quickest and the slowest answer of all."""
    times = [answer["t_out"] - packet["t_in"] for packet in packets
             for answer in packet["answers"] if answer["t_out"] is not None]
    return (max(times) - min(times)) // MS if times else 0


def burst(truth):
    """Most echo requests to one address within 200 ms."""
    most = 0
    for packets in truth.by_dst.values():
        times = [packet["t_in"] for packet in packets]
        first = 0
        for last, at in enumerate(times):
            while times[first] < at - 200 * MS:
                first += 1
            most = max(most, last - first + 1)
    return most


def busiest(packets):
    """Most packets within 100 ms."""
    first = most = 0
    for last, packet in enumerate(packets):
        while packets[first]["t_in"] < packet["t_in"] - 100 * MS:
            first += 1
        most = max(most, last - first + 1)
    return most


def count_answers(n, record):
    """Those of a packet, or of a SYN-ACK that a server repeated."""
    for answer in record["answers"]:
        if answer["lost"] == "end":
            continue
        if answer["t_out"] is None:
            n["lost-back"] += answer["lost"] == "loss"
            n["lost=" + answer["lost"]] += 1
            continue
        n["kind=" + answer["kind"]] += 1
        n["copies"] += answer["copy"] > 0
        n["corrupt-back"] += answer["corrupt"]
        n["forged"] += answer["forged"]
        n["asymmetric"] += (answer["copy"] == 0 and
                            answer["kind"] == "echo_reply" and
                            initial_ttl(answer["ttl"]) - answer["ttl"] !=
                            record["hops"])
        n["other-source"] += not same_address(answer["from"], record["dst"])
        if answer["hostile"]:
            n["hostile=" + answer["hostile"]] += 1
        if "icmp_type" in answer and not answer["forged"]:
            n["icmp=%d/%d" % (answer["icmp_type"], answer["icmp_code"])] += 1
        if answer.get("mtu"):
            n["mtu=%d" % answer["mtu"]] += 1


def count_syns(n, truth):
    """SYNs, those with an ISN that was there before, and from which ports."""
    seen = set()
    for packets in truth.by_port.values():
        for packet in packets:
            same = packet["dst"], packet["sport"], packet["tcp_seq"]
            n["syns"] += 1
            n["syns-again"] += same in seen
            n["ecn-asked"] += packet["tcp_flags"] & ECN == ECN
            seen.add(same)
    n["ports"] = len({sport for _, sport, _ in seen})


def evidence(truth):
    """How often each thing took place, by its word."""
    n = collections.Counter()
    paths = collections.defaultdict(set)
    n["packets"] = len(truth.packets)
    n["events"] = len(truth.events)
    n["overtaken"] = overtaken(truth.packets)
    n["spread-ms"] = spread_ms(truth.packets)
    for packet in truth.packets:
        if packet["proto"] != "tcp" or is_syn(packet):
            paths[packet["dst"]].add(tuple(packet["path"]))
        n["fragmented"] += packet["fragmented"] is not None
        n["tos=%d" % packet["tos"]] += 1
        if packet["why"] is not None:
            n["why=" + packet["why"]] += 1
        count_answers(n, packet)
    for repeat in truth.repeats:
        count_answers(n, repeat)
    count_syns(n, truth)
    n["burst"] = burst(truth)
    n["busiest"] = busiest(truth.packets)
    n["apart-ms"] = apart_ms(truth.packets)
    n["ways"] = len(set().union(*paths.values()))
    n["changed"] = sum(len(ways) > 1 for ways in paths.values())
    return n
