# SPDX-License-Identifier: MIT
"""What is told of a target's hops, addresses, links and paths, beside what its
probes say, and beside the graph of the simulated internet.
"""
import collections
import math

import trace_truth
from comparison import ARITHMETIC_NS, EXACT, expected_stats
from verdict import same_address

MS = trace_truth.MS
SIGMAS = 5.3    # odds of ten million to one
ENDS = ("destination", "unreachable")
LEAST_PROBES = 3    # without loss, of each later hop: rate_limited


def told_at(target, ttl):
    """[(probe, record)] of the answers at a TTL, in order of sending."""
    return [(probe, probe.told()) for probe in target.probes
            if probe.ttl == ttl and probe.told() is not None and
            probe.arrivals]


# ---- Hops -------------------------------------------------------------------

def hops(target, run):
    """One a TTL, without a hole, as far as the way goes."""
    ttls = [each["hop"] for each in target.hops]
    if ttls and ttls != list(range(ttls[0], ttls[0] + len(ttls))):
        yield "hops %s" % ttls
    last = ttls[-1] if ttls else 0
    if last < (target.summary["hops"] or 0):
        yield "the last hop is %d, of %d" % (last, target.summary["hops"])
    for record in target.hops:
        for fault in one_hop(target, record, last, run):
            yield "hop %d: %s" % (record["hop"], fault)


def counts(probes, records, last):
    """What the probes add up to: received, lost or unfinished, as all are
    that nobody answered from beyond the LAST hop. Errors are received, too.
    """
    n = collections.Counter()
    for probe in probes:
        status = probe.record["status"] if probe.record else None
        if status in trace_truth.ANSWERS:
            n["received"] += 1
            n["errors"] += status == "unreachable"
        else:
            n["lost" if status and probe.ttl <= last else "unfinished"] += 1
    n["sent"] = len(probes)
    for key, status in (("late", "late"), ("duplicates", "duplicate"),
                        ("send_errors", "send_error")):
        n[key] = sum(each["status"] == status for each in records)
    return n


def wrong_counts(record, want):
    for key in ("sent", "received", "lost", "errors", "unfinished", "late",
                "duplicates", "send_errors"):
        if key in record and record[key] != want[key]:
            yield "%s is %d, the truth is %d" % (key, record[key], want[key])


def one_hop(target, record, last, run):
    ttl = record["hop"]
    want = counts(
        [probe for probe in run.asked(target.probes) if probe.ttl == ttl],
        [each for each in target.records if each["hop"] == ttl], last)
    yield from wrong_counts(record, want)
    addresses = {each["from"] for _, each in told_at(target, ttl)}
    if record["nodes"] != len(addresses):
        yield "nodes is %d, the truth is %d" % (record["nodes"],
                                                len(addresses))
    loss, decided = record["loss_pct"], want["sent"] - want["unfinished"]
    share = 100 * (want["lost"] + want["errors"]) / decided \
        if decided else None
    if (loss is None) != (share is None) or \
            loss is not None and abs(loss - share) > 0.001:
        yield "loss_pct is %s, the truth is %s" % (loss, share)
    limited = rate_limited(target, ttl, last)
    if record["rate_limited"] not in limited:
        yield "rate_limited is %s, the truth is %s" % (
            record["rate_limited"], limited)


def rate_limited(target, ttl, last):
    """What it may be: where the same flows differ from all, both."""
    asked = collections.defaultdict(collections.Counter)
    flows = collections.defaultdict(lambda: collections.defaultdict(
        collections.Counter))
    for probe in target.probes:
        if probe.record is not None and probe.ttl <= last:
            status = probe.record["status"]
            asked[probe.ttl][status] += 1
            flows[probe.ttl][probe.record["flow"]][status] += 1
    lossy = {flow for flow, seen in flows[ttl].items() if seen["timeout"]}
    found = set()
    for mine in (set(flows[ttl]), lossy or set(flows[ttl])):
        later = []
        for other in range(ttl + 1, last + 1):
            seen = sum((flows[other][flow] for flow in mine),
                       collections.Counter())
            if sum(seen[word] for word in trace_truth.ANSWERS):
                later.append(seen)
        if not later:
            found.add(None)
        elif not told_at(target, ttl):
            found.add(False)    # silent it is
        else:
            found.add(bool(lossy) and all(
                seen["timeout"] == 0 and sum(seen.values()) >= LEAST_PROBES
                for seen in later))
    return found


# ---- Addresses --------------------------------------------------------------

def nodes(target, _run):
    have = collections.Counter((each["hop"], each["from"])
                               for each in target.nodes)
    want = set()
    for record in target.hops:
        want |= {(record["hop"], each["from"])
                 for _, each in told_at(target, record["hop"])}
    for each in sorted(want ^ set(have)):
        yield "node %s at hop %d is %s" % (
            each[1], each[0], "missing" if each in want else "false")
    for each, n in have.items():
        if n > 1:
            yield "node %s at hop %d is there %d times" % (each[::-1] + (n,))
    for record in target.nodes:
        for fault in one_node(target, record):
            yield "node %s at hop %d: %s" % (record["from"], record["hop"],
                                             fault)


def one_node(target, record):
    mine = [(probe, each) for probe, each in told_at(target, record["hop"])
            if each["from"] == record["from"]]
    if not mine:
        return
    wants = [("received", len(mine)),
             ("flows", sorted({each["flow"] for _, each in mine})),
             ("nat", any(each["nat"] for _, each in mine))]
    for key, want in wants:
        if record[key] != want:
            yield "%s is %s, the truth is %s" % (key, record[key], want)
    for key in ("ttl", "mpls", "interface"):
        seen = [each[key] for _, each in mine]
        if record[key] not in seen:
            yield "%s is %s, its answers say %s" % (key, record[key],
                                                    seen[-1])
    if record["ttl"] is not None:
        want = 64 if record["ttl"] <= 64 else \
            128 if record["ttl"] <= 128 else 255
        if record["return_hops"] != want - record["ttl"] + 1:
            yield "return_hops is %s, with TTL %d" % (
                record["return_hops"], record["ttl"])


def statistics(target):
    """Those of the times that were told, in order of sending."""
    for record in target.nodes:
        rtts = [each["rtt_ms"] * MS for probe, each
                in told_at(target, record["hop"])
                if each["from"] == record["from"] and
                each["status"] != "late"]
        for key, want, slack in expected_stats(rtts, len(rtts) > EXACT):
            have = record[key]
            if (have is None) != (want is None) or have is not None and \
                    abs(have * MS - want) > ARITHMETIC_NS + slack:
                yield "node %s at hop %d: %s is %s, of its times it is %s" % (
                    record["from"], record["hop"], key, have,
                    want and want / MS)


# ---- Links and paths --------------------------------------------------------

def links(target, run, sure_only):
    """SURE_ONLY: what per-packet balancing makes of a flow may be told."""
    sure, may, missed = trace_truth.links(target.probes)
    last = max((each["hop"] for each in target.hops), default=0)
    have = {}
    for record in target.links:
        key = record["hop"], record["from"], record["to"]
        if key in have:
            yield "link %s > %s at hop %d is there twice" % (
                key[1], key[2], key[0])
        have[key] = set(record["flows"])
    if run.pathless:
        if have:
            yield "links, where no flow keeps its way"
        return
    for key, flows in have.items():
        false = flows - may.get(key, set())
        # Where the algorithm has missed an address, what it took to be the
        # only one seems to lead to all: `graph` has the bound for that.
        if run.mda:
            false -= missed.get((key[0], key[2]), set())
        if false and not sure_only:
            yield "no flow of %s took %s > %s at hop %d" % (
                sorted(false), key[1], key[2], key[0])
    for key, flows in sure.items():
        lacks = flows - have.get(key, set())
        if lacks and key[0] < last:
            yield "flows %s took %s > %s at hop %d" % (
                sorted(lacks), key[1], key[2], key[0])


def way(target, flow):
    """(addresses of a flow in the first cycle, whether a hop was lost)."""
    found, lost, at = [], False, collections.defaultdict(dict)
    for probe in target.probes:
        record = probe.told()
        if record is not None and record["cycle"] == 1:
            at[probe.ttl][record["flow"]] = record["from"], probe.status
    first = min((each["hop"] for each in target.hops), default=1)
    mine = {ttl: at[ttl][flow][1] for ttl in at if flow in at[ttl]}
    last = min((ttl for ttl in mine if mine[ttl] in ENDS), default=max(
        (ttl for ttl in mine if ttl <= (target.summary["hops"] or 0)),
        default=0))
    for ttl in range(first, last + 1):
        found.append(at[ttl].get(flow, (None,))[0])
        lost |= found[-1] is None and bool(at[ttl])
    return tuple(found), lost


def paths(run):
    """`path` is a hash of addresses: the same for the same, and no other."""
    seen = {}
    for target in run.targets.values():
        have = target.summary["path"]
        addresses, lost = way(target, 1)
        if run.pathless or lost:
            if have is not None:
                yield "%s: path, but %s" % (target.addr, (
                    "a hop of it was lost" if lost else "there is none"))
            continue
        if have is None:
            yield "%s: no path, the truth is %s" % (target.addr, addresses)
            continue
        for other, mine in seen.items():
            if (other == have) != (mine == addresses):
                yield "%s: path %s of %s, and %s of %s" % (
                    target.addr, have, addresses, other, mine)
        seen[have] = addresses


def last_of(answers):
    """The last TTL with an answer that is not beyond the end of its flow."""
    ends = {}
    for probe, record in answers:
        key = record["cycle"], record["flow"]
        if probe.status in ENDS:
            ends[key] = min(probe.ttl, ends.get(key, probe.ttl))
    return max((probe.ttl for probe, record in answers
                if probe.ttl <= ends.get((record["cycle"], record["flow"]),
                                         probe.ttl)), default=0)


def summary(target, run):
    record = target.summary
    answers = [(probe, probe.told()) for probe in target.probes
               if probe.told() is not None]
    arrived = [probe.ttl for probe, _ in answers
               if probe.status == "destination"]
    reached = bool(arrived)
    if record["reached"] != reached:
        yield "reached is %s, the truth is %s" % (record["reached"], reached)
    if record["ok"] and not reached:
        yield "ok, and not reached"
    cycles = {each["cycle"] for each in target.records}
    last = {min((probe.ttl for probe, each in answers if
                 each["cycle"] == cycle and probe.status == "destination"),
                default=0) for cycle in cycles} - {0} or {last_of(answers)}
    if (record["hops"] or 0) not in last and record["reason"] != "loop":
        yield "hops is %s, the truth is %s" % (record["hops"], last)
    want = counts(run.asked(target.probes), target.records,
                  max((each["hop"] for each in target.hops), default=0))
    if record["probes"] != want["sent"]:
        yield "probes is %d, the truth is %d" % (record["probes"],
                                                 want["sent"])
    yield from wrong_counts(record, want)
    if record["confidence_pct"] is not None and unanswered(target):
        yield "confidence_pct is %s, with %d flows unanswered" % (
            record["confidence_pct"], unanswered(target))
    if (record["reason"] == "reached") > reached or \
            reached and record["reason"] == "unreachable":
        yield "reason is %s, and reached %s" % (record["reason"], reached)
    flows = {each["flow"] for each in target.records}
    ways = [way(target, flow) for flow in flows]
    if not run.pathless and len(cycles) == 1 and \
            not any(lost for _, lost in ways):
        want = len({addresses for addresses, _ in ways})
        if record["paths"] != want:
            yield "paths is %d, the truth is %d" % (record["paths"], want)


# ---- The whole graph: --mda -------------------------------------------------

def unanswered(target):
    """Flows that no answer came for at a TTL of their way: no confidence."""
    return sum(
        probe.record is not None and probe.told() is None and
        not target.is_beside(probe) for probe in target.probes)


def whole(run, percent):
    """No more than the truth; less of at most so many targets, by luck."""
    lacking, n = [], 0
    for target in run.targets.values():
        vertices, edges = trace_truth.graph_of(run.case.truth, target.addr)
        have = {(each["hop"], each["from"]) for each in target.nodes}
        told = {(each["hop"], each["from"], each["to"])
                for each in target.links}
        # A link from the one of a hop that is not the only one: see links().
        missed = {hop for hop, _ in vertices - have}
        for each in sorted(have - vertices) + sorted(
                each for each in told - edges if each[0] not in missed):
            yield "%s: %s is in no graph" % (target.addr, each)
        if target.summary["confidence_pct"] is None:
            continue
        n += 1
        if vertices - have or edges - told:
            lacking.append(target.addr)
    share = percent / 100
    most = n * share + SIGMAS * math.sqrt(n * share * (1 - share))
    if n == 0:
        yield "no target with a confidence"
    elif len(lacking) > most:
        yield "%d of %d graphs are not whole, %.1f at most: %s" % (
            len(lacking), n, most, lacking[:5])


def balancing(run):
    """Which node branches, and how, is told, and truly."""
    for target in run.targets.values():
        want = trace_truth.balancing(run.case.truth, target.addr)
        ends = collections.defaultdict(set)
        for each in target.links:
            ends[each["hop"], each["from"]].add(each["to"])
        branching = {key for key, to in ends.items() if len(to) > 1}
        told = {(each["hop"], each["from"]): each["kind"]
                for each in target.summary["balancing"]}
        for hop, addr in sorted(branching - set(told)):
            yield "%s: nothing is told of how %s at hop %d chooses" % (
                target.addr, addr, hop)
        for (hop, addr), kind in told.items():
            kinds = want.get(hop, ())
            if kind.replace("per_", "") not in kinds:
                yield "%s: %s at hop %d chooses %s, the truth is %s" % (
                    target.addr, addr, hop, kind, sorted(kinds))
