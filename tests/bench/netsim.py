# SPDX-License-Identifier: MIT
"""
netsim behind a device of this namespace, for as long as a part needs it, and
what its truth log says of each run: a run is known by the address it went to.
"""

import collections
import datetime
import json
import os
import subprocess

import common as c

LAB = f"{os.path.abspath(os.environ['SRCDIR'])}/tests/lab"
PREFIX = "10.1.0.0/16"  # where the targets are
SYN, RST, ACK = 2, 4, 16

# Ends at SIGTERM, with the truth log complete.
KEEPER = """
. "$0/device.sh"
trap 'device_down; ip link delete sim0 2>/dev/null; exit' TERM
device_up "$@" || exit
echo up
wait "$netsim"
"""


def line(delays, end="", silent=()):
    """Routers one after another; DELAYS in us: of each link, both ways."""
    rows = [f"router r{i} 10.0.0.{i} delay={delay}us"
            f"{' silent' if i in silent else ''}"
            for i, delay in enumerate(delays, 1)]
    names = " ".join(f"r{i}" for i in range(1, len(delays) + 1))
    rows += [f"path default {names}", f"host {PREFIX} at r{len(delays)} {end}"]
    return "\n".join(rows) + "\n"


class Net:
    """Up from its making to stop()."""

    def __init__(self, topology, *options, device="tun", log=True):
        self.folder, self.used = f"{c.TMP}/net", 0
        self.log = f"{self.folder}/truth.jsonl" if log else ""
        os.makedirs(self.folder, exist_ok=True)
        with open(f"{self.folder}/topology.net", "w", encoding="ascii") as f:
            f.write(topology)
        if not os.path.exists("/dev/net/tun"):
            device = "veth"
        self.keeper = c.start(
            ["bash", "-c", KEEPER, LAB, "topology.net", self.log, *options],
            cwd=self.folder, env={**os.environ, "DEVICE": device},
            stdout=subprocess.PIPE)
        if self.keeper.stdout.readline() != b"up\n":
            raise RuntimeError("netsim does not run here")

    def address(self):
        """One that no run has gone to yet."""
        self.used += 1
        return f"10.1.{self.used >> 8}.{self.used & 255}"

    def stop(self):
        c.stop(self.keeper)
        self.keeper.stdout.close()


class Trace:
    """What the network saw of one run. Times in ns."""

    def __init__(self):
        self.probes = 0
        self.first = self.last = None
        self.seen = collections.defaultdict(set)  # {TTL: who answered}
        self.rtts = collections.defaultdict(list)  # {TTL: (departure, rtt)}

    def add(self, packet):
        self.probes += 1
        at = packet["t_in"]
        came = [answer["t_out"] for answer in packet["answers"]
                if answer["t_out"] is not None]
        self.first = at if self.first is None else min(self.first, at)
        self.last = max(came + [at, self.last or at])
        self.seen[packet["ttl"]].update(
            answer["from"] for answer in packet["answers"])
        self.rtts[packet["ttl"]].append(
            (at, min(came) - at if came else None))

    @property
    def span_ms(self):
        """From the first packet to the last, answers included."""
        return (self.last - self.first) / 1e6


def is_probe(packet):
    """Not what the kernel sends by itself."""
    if packet["proto"] == "tcp":
        return packet["tcp_flags"] & (SYN | RST | ACK) == SYN
    return packet["proto"] == "udp" or packet.get("icmp_type") in (8, 128)


def traces(path):
    """(what was at the start, {address: Trace}) of a complete log."""
    begin, found = None, collections.defaultdict(Trace)
    with open(path, encoding="utf-8") as f:
        for text in f:
            record = json.loads(text)
            if record["type"] == "begin":
                begin = record
            elif record["type"] == "packet" and is_probe(record):
                found[record["dst"]].add(record)
    return begin, found


def real_ns(text):
    """Of a time as records have it: whole microseconds."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(at.timestamp()) * 10**9 + at.microsecond * 1000
