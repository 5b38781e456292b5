# SPDX-License-Identifier: MIT
"""How the probes of a trace are made, whatever came back: all that a balancer
may look at is the same for each TTL of a flow (Paris), and what tells probes
apart is not the same twice.
"""
import collections

import trace_truth


def flows_constant(target, labelled):
    """LABELLED: flow labels are netdiag's own, not those of the system."""
    seen = collections.defaultdict(set)
    for probe in target.probes:
        seen[trace_truth.signature(probe.packet)].add(
            trace_truth.five_tuple(probe.packet))
    for sign, tuples in seen.items():
        if len(tuples) != 1:
            yield "%s: flow %s has %d forms: %s" % (
                target.addr, sign, len(tuples), sorted(tuples)[:2])
    labels = [next(iter(tuples))[4] for tuples in seen.values()]
    if ":" in target.addr and labelled and (
            0 in labels or len(set(labels)) != len(labels)):
        yield "%s: flow labels %s" % (target.addr, labels)
    if len(seen) != len(target.flows):
        yield "%s: %d flows left, told are %d" % (
            target.addr, len(seen), len(target.flows))


def tags(target):
    seen, last = set(), {}
    for probe in target.probes:
        packet = probe.packet
        sign = trace_truth.signature(packet)
        mine = sign, trace_truth.tag(packet)
        if mine in seen:
            yield "%s: two probes of a flow have the tag %s" % (
                target.addr, mine[1])
        seen.add(mine)
        if packet["af"] == 4 and packet["ip_id"] == 0:
            yield "%s: IP ID 0" % target.addr
        if packet["proto"] == "udp" and packet["l4"][12:16] == "0000":
            yield "%s: no checksum" % target.addr
        if packet["proto"] == "tcp":
            # A half-open server answers nothing that goes back.
            ahead = (packet["tcp_seq"] - last.get(
                sign, packet["tcp_seq"] - 1)) % (1 << 32)
            if not 0 < ahead < 1 << 31:
                yield "%s: a sequence number that goes back" % target.addr
            last[sign] = packet["tcp_seq"]
