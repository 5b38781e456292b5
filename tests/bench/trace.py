# SPDX-License-Identifier: MIT
"""Traces through netsim: time and probes beside peers, paths, many at once."""

import os
import re
import statistics
import subprocess
import sys

import common as c
import netsim
import rtt

HOPS = 12
RTT_MS = 20
PEER_S = 25  # a peer that takes longer is given up
SLOW_S = 2  # and one that took longer is run only once
WIDE = 16
FULL_GRAPH = (1 + WIDE + 2, 2 * WIDE + 1)  # vertices, links
MANY, VERY_MANY = 1000, 10000
MANY_PPS = 20000
MANY_S = 10
CYCLES = 40  # of the RTT part, in a round

SCAMPER = ("scamper", "-p", "10000")
PEERS = {
    "traceroute": ("traceroute", "-n", "{}"),
    "tcptraceroute": ("tcptraceroute", "-n", "{}"),
    "mtr -r -c 1": ("mtr", "-n", "-r", "-c", "1", "{}"),
    "scamper": (*SCAMPER, "-I", "trace -P udp-paris {}"),
    "tracepath": ("tracepath", "-n", "{}"),
}
TRACELB = {"scamper tracelb": (*SCAMPER, "-I", "tracelb -c 95 -W 15 {}")}


def trace(*args):
    result = c.run([c.NETDIAG, "trace", "--json", "-n", *args])
    if result.status > 1 or result.status < 0:
        with open(result.err, encoding="utf-8", errors="replace") as f:
            c.say(f"netdiag ended with {result.status}: "
                  f"{f.read(500).strip()}")
    return result


def count(result, kind):
    return sum(1 for _ in result.records(kind))


# ---- One target, beside peers ---------------------------------------------------

class Runs:
    """All runs of one program: where they went, and how long they took."""

    def __init__(self):
        self.addresses, self.wall_ms, self.own_ms = [], [], []
        self.graphs, self.given_up = [], False

    def netdiag(self, address, args):
        self.addresses.append(address)
        r = trace(*args, address)
        self.wall_ms.append(r.wall_s * 1e3)
        times = [netsim.real_ns(p["time"]) for p in r.records("probe")]
        ended = [netsim.real_ns(s["time"]) for s in r.records("summary")]
        if times and ended:
            self.own_ms.append((max(ended) - min(times)) / 1e6)
        self.graphs.append((count(r, "node"), count(r, "link")))

    def peer(self, address, argv):
        self.addresses.append(address)
        r = c.run(["timeout", str(PEER_S),
                   *(word.format(address) for word in argv)], "peer")
        self.wall_ms.append(r.wall_s * 1e3)
        self.given_up = self.given_up or r.status == 124

    def is_slow(self):
        return bool(self.wall_ms) and self.wall_ms[0] > SLOW_S * 1e3


def beside(net, peers, *args):
    """{program: Runs}, in rounds; and what the network saw of each run."""
    peers = {name: argv for name, argv in peers.items() if c.have(argv[0])}
    ours, got = Runs(), {name: Runs() for name in peers}
    for _ in range(c.ROUNDS):
        ours.netdiag(net.address(), args)
        for name, argv in peers.items():
            if not got[name].is_slow():
                got[name].peer(net.address(), argv)
    net.stop()
    return ours, got, netsim.traces(net.log)[1]


def ms_row(what, values, note=""):
    c.row(what, f"{c.median(values):.1f} ms", f"{c.spread(values, 1)} {note}")


def tell(ours, got, seen, goal_ms, goal_probes):
    def probes(runs):
        return [seen[address].probes for address in runs.addresses]

    ms_row("netdiag, first departure to the end", ours.own_ms,
           f"goal {goal_ms:.0f}")
    ms_row("netdiag, first to last packet on the wire",
           [seen[address].span_ms for address in ours.addresses])
    ms_row("netdiag, the whole process", ours.wall_ms)
    c.row("netdiag, probes", f"{c.median(probes(ours)):.0f}",
          f"{c.spread(probes(ours), 0)}"
          f"{f' goal {goal_probes}' if goal_probes else ''}")
    for name, runs in got.items():
        ms_row(name, runs.wall_ms,
               f"{c.median(probes(runs)):.0f} probes; netdiag / it: "
               f"{ours_to(ours, runs):.3f}"
               f"{'; given up' if runs.given_up else ''}")


def ours_to(ours, theirs):
    """Process to process; of what ran once, to the first of ours."""
    return c.ratio(ours.wall_ms, theirs.wall_ms)


def paths():
    rounds = f"{c.ROUNDS} rounds; what takes over {SLOW_S} s runs once"
    quick, slow = [100] * (HOPS - 1), [100] * (HOPS - 2) + [9000]
    last_link = f"delay={RTT_MS * 1000 - 2 * sum(quick)}us"
    middle = (HOPS // 2 - 1, HOPS // 2)
    c.title(f"trace: {HOPS} hops, {RTT_MS} ms, most of them on the last "
            f"link; {rounds}")
    tell(*beside(netsim.Net(netsim.line(quick, last_link)), PEERS),
         1.5 * RTT_MS, 3 * HOPS + 12)
    c.title("trace: the same, two hops in the middle are silent")
    tell(*beside(netsim.Net(netsim.line(quick, last_link, middle)), PEERS),
         RTT_MS + max(2 * RTT_MS, 50) + 10, 0)
    c.title(f"trace: {HOPS - 1} hops, the last one {RTT_MS} ms away, and a "
            "silent destination")
    nobody = "udp=silent tcp=silent echo=off"
    tell(*beside(netsim.Net(netsim.line(slow, nobody)), PEERS),
         4 * RTT_MS + 500, 0)


# ---- All paths --------------------------------------------------------------------

def wide(delays):
    names = [f"w{i}" for i in range(1, WIDE + 1)]
    rows = [f"router r1 10.0.0.1 delay={delays[0]}ms",
            f"router r2 10.0.0.2 delay={delays[2]}ms"]
    rows += [f"router {name} 10.0.1.{i} delay={delays[1]}ms"
             for i, name in enumerate(names, 1)]
    return "\n".join(rows + [f"path default r1 {','.join(names)} r2",
                             f"host {netsim.PREFIX} at r2"]) + "\n"


def found(runs, seen):
    """How many of the routers answered the probes of each run."""
    return [len(seen[address].seen[2]) for address in runs.addresses]


def mda():
    c.title(f"trace-mda: --mda=95, source - R1 - {WIDE} routers - R2 - "
            f"destination, {RTT_MS} ms; {c.ROUNDS} rounds")
    # tracelb wants to see hardware addresses.
    net = netsim.Net(wide((4, 3, 3)), device="veth")
    ours, got, seen = beside(net, TRACELB, "--mda=95")
    tell(ours, got, seen, 1000, 130)
    whole = sum(graph == FULL_GRAPH for graph in ours.graphs)
    c.row("netdiag, whole graphs", f"{whole} of {len(ours.graphs)}",
          f"at least {min(found(ours, seen))} of {WIDE} routers")
    for name, runs in got.items():
        c.row(f"{name}, routers found", min(found(runs, seen)),
              f"of {WIDE}")


# ---- Many targets at once ---------------------------------------------------------

def lanes():
    """Ten hops, eight of them one of eight routers, by the destination."""
    rows, steps = ["router r1 10.0.0.1 delay=300us"], ["r1"]
    for hop in range(2, 9):
        names = [f"h{hop}n{i}" for i in range(1, 9)]
        rows += [f"router {name} 10.0.{hop}.{i} delay=300us"
                 for i, name in enumerate(names, 1)]
        steps.append(",".join(names))
    rows += ["router r9 10.0.9.1 delay=300us",
             f"path default {' '.join(steps)} r9 per-dest",
             f"host {netsim.PREFIX} at r9 delay=100us..20ms"]
    return "\n".join(rows) + "\n"


def targets(n):
    return f"10.1.0.1-10.1.{n >> 8}.{n & 255}"


EXPECT = """exit 0
outcomes
counters
flows constant
links
manners
record summary * hops 10
record summary * reached true
some hop
"""


def verdict(result, topology, log):
    """What the lab's comparison with the truth log says of a run: lines."""
    folder = f"{c.TMP}/case"
    os.makedirs(folder, exist_ok=True)
    scenario = f"{folder}/many.lab"
    with open(scenario, "w", encoding="ascii") as f:
        f.write("# Many targets\ncovers: trace many targets v4\n\n"
                f"[topology]\n{topology}\n[command]\nnetdiag trace --json -n "
                f"--rate {MANY_PPS} {targets(MANY)}\n\n[expect]\n{EXPECT}")
    for path, name in ((result.out, "out"), (result.err, "err"),
                       (log, "truth.jsonl")):
        os.replace(path, f"{folder}/{name}")
    with open(f"{folder}/rc", "w", encoding="ascii") as f:
        f.write(str(result.status))
    checked = c.start([sys.executable, f"{netsim.LAB}/expect.py", scenario,
                       folder], stdout=subprocess.PIPE, text=True)
    return checked.communicate()[0].splitlines()


def scamper_many(net):
    if not c.have("scamper"):
        return
    path = f"{c.TMP}/addresses"
    with open(path, "w", encoding="ascii") as f:
        for i in range(1, MANY + 1):
            f.write(f"10.1.{128 + (i >> 8)}.{i & 255}\n")
    r = c.run(["timeout", str(PEER_S), *SCAMPER, "-w", str(MANY), "-c",
               "trace -P udp-paris -q 1", "-f", path], "peer")
    # At least the probes of its hops: it tells no other number.
    lines = sum(bool(re.match(r" *\d+ ", line)) for line in r.lines())
    c.row("scamper, one flow, 10,000/s", f"{r.wall_s:.2f} s",
          f"{lines} hops, {r.cpu_s * 1e6 / max(lines, 1):.1f} us CPU each")


def sent_by(result):
    return next(result.records("end"), {}).get("sent") or 0


def many():
    c.title(f"trace-many: {MANY} targets at once, 10 hops each, --rate "
            f"{MANY_PPS}")
    topology = lanes()
    net = netsim.Net(topology)
    r = trace("--rate", str(MANY_PPS), targets(MANY))
    net.stop()
    sent = sent_by(r)
    c.row("netdiag, the whole process", f"{r.wall_s:.2f} s",
          f"goal {MANY_S}; {sent} probes")
    c.row("netdiag, CPU", f"{r.cpu_s * 1e6 / max(sent, 1):.2f} us",
          f"a probe, with its record; {r.rss_mib:.0f} MiB")
    faults = verdict(r, topology, net.log)
    c.row("not as the truth log has it", len(faults), "goal 0")
    for fault in faults:
        c.say(f"  {fault}")
    net = netsim.Net(topology, log=False)
    scamper_many(net)
    c.title(f"trace-many: {VERY_MANY} targets at once, --rate {MANY_PPS}")
    r = trace("--quiet", "--rate", str(MANY_PPS), targets(VERY_MANY))
    net.stop()
    right = sum(s["reached"] and s["hops"] == 10
                for s in r.records("summary"))
    sent = sent_by(r)
    c.row("most memory", f"{r.rss_mib:.0f} MiB",
          f"{r.rss_mib * 1024 / VERY_MANY:.1f} KiB a target")
    c.row("netdiag, the whole process", f"{r.wall_s:.2f} s",
          f"{sent} probes, {r.cpu_s * 1e6 / max(sent, 1):.2f} us CPU each")
    c.row("not reached in 10 hops", VERY_MANY - right, "goal 0")


# ---- Times ------------------------------------------------------------------------

def netdiag_times(address):
    """{hop: [(departure in real ns, RTT in ns)]} of what was told."""
    told = {}
    r = trace("-c", str(CYCLES), "--interval", "50ms", address)
    for probe in r.records("probe"):
        if probe["rtt_ms"] is not None:
            told.setdefault(probe["hop"], []).append(
                (netsim.real_ns(probe["time"]), probe["rtt_ms"] * 1e6))
    return told, r.cpu_s * 1e6 / max(sent_by(r), 1)


def line_times(argv):
    """Of a program that prints a line a hop: {hop: [RTT in ns]}."""
    told = {}
    for line in c.run(argv, "peer").lines():
        hop = re.match(r" *(\d+)\s", line)
        if hop:
            told[int(hop[1])] = [float(ms) * 1e6 for ms in
                                 re.findall(r" ([\d.]+) ms", line)]
    return told


def errors_by_time(told, seen, offset):
    """A record belongs to the packet that left when it says."""
    errors = []
    for hop, pairs in told.items():
        for at, ns in pairs:
            departure, true = min(
                seen.rtts[hop], key=lambda p, at=at: abs(p[0] + offset - at))
            if true is not None and abs(departure + offset - at) < 1e6:
                errors.append(abs(ns - true))
    return errors


def errors_by_order(told, seen):
    errors = []
    for hop, values in told.items():
        true = [ns for _, ns in sorted(seen.rtts[hop])]
        if len(true) == len(values) and None not in true:
            errors += [abs(a - b) for a, b in zip(values, true)]
    return errors


def times():
    c.title(f"trace-rtt: {HOPS} hops, {CYCLES} cycles, {c.ROUNDS} rounds: "
            "error against the kernel's stamps on netsim's device")
    quick = [100] * (HOPS - 1)
    end = f"delay={RTT_MS * 1000 - 2 * sum(quick)}us"
    net = netsim.Net(netsim.line(quick, end), "--stamps")
    peers = {name: PEERS[name] for name in ("traceroute", "scamper")
             if c.have(PEERS[name][0])}
    ours, theirs, cpu = {}, {name: {} for name in peers}, []
    for _ in range(c.ROUNDS):
        address = net.address()
        ours[address], us = netdiag_times(address)
        cpu.append(us)
        for name, argv in peers.items():
            address = net.address()
            theirs[name][address] = line_times(
                [word.format(address) for word in argv])
    net.stop()
    begin, seen = netsim.traces(net.log)
    offset = begin["real_ns"] - begin["mono_ns"]
    rtt.tell("netdiag", "the truth",
             [errors_by_time(told, seen[address], offset)
              for address, told in ours.items()])
    for name, runs in theirs.items():
        rtt.tell(name, "the truth",
                 [errors_by_order(told, seen[address])
                  for address, told in runs.items()])
    c.row("netdiag, CPU", f"{statistics.median(cpu):.1f} us",
          f"a probe, with its record {c.spread(cpu, 1)}")


if __name__ == "__main__":
    c.main({"trace": paths, "trace-mda": mda, "trace-many": many,
            "trace-rtt": times})
