# SPDX-License-Identifier: MIT
"""
How far the RTTs that a program prints are from those on the wire, with every
processor kept busy by somebody else. The wire is looked at in two ways:

near    a capture on the interface of the sender, requests and replies. The
        kernel stamps a request for it, then copies it into the capture's
        memory, and only then gives it to the driver, which stamps it for the
        sender: so the capture's own work, some us, counts as error.
ends    each packet where it comes in: requests on the far interface, replies
        on the near one. Nothing of the capture's is in between.
"""

import os
import re
import signal
import struct
import subprocess
import time

import common as c

TARGET = "10.80.1.1"
GAP_MS = 5
PROBES = 2000  # in all rounds together
NANOSECOND_PCAP = 0xA1B23C4D
ETHERNET, IPV4 = 14, b"\x08\x00"
FRAME = ETHERNET + 20 + 8 + 56


def stamps(path):
    """Of a nanosecond pcap file: when requests and replies passed, in ns."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 24 or struct.unpack_from("<I", data)[0] != NANOSECOND_PCAP:
        raise ValueError("not a little-endian nanosecond pcap file")
    at, requests, replies = 24, {}, {}
    while at + 16 <= len(data):
        sec, ns, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if frame[12:14] != IPV4 or len(frame) < FRAME:
            continue
        kind, _, _, *key = struct.unpack_from("!BBHHH", frame, ETHERNET + 20)
        passed = requests if kind == 8 else replies
        passed[tuple(key)] = sec * 1000000000 + ns
    return requests, replies


def errors(told, near, far):
    """The sizes of the errors in ns: against `near`, and against `ends`."""
    requests, replies = near
    if len(requests) != len(told) or set(far[0]) != set(requests):
        c.say(f"{len(requests)} and {len(far[0])} probes captured, "
              f"{len(told)} told: left out")
        return [], []
    # Both in order of sending.
    pairs = [(rtt, key) for rtt, key in zip(told, requests)
             if rtt is not None and key in replies]
    return tuple([abs(rtt - (replies[key] - left[key])) for rtt, key in pairs]
                 for left in (requests, far[0]))


def netdiag(count):
    r = c.ping("--json", "-i", f"{GAP_MS}ms", "-c", str(count), TARGET)
    rtts = [None] * count
    for probe in r.records("probe"):
        if probe["status"] == "reply":
            rtts[probe["seq"] - 1] = probe["rtt_ms"] * 1e6
    return rtts


def iputils(count):
    r = c.run(["ping", "-n", "-i", str(GAP_MS / 1e3), "-c", str(count),
               TARGET])
    rtts = [None] * count
    for line in r.lines():
        found = re.search(r"icmp_seq=(\d+) .*time=([\d.]+) ms", line)
        if found:
            rtts[int(found[1]) - 1] = float(found[2]) * 1e6
    return rtts


def fping(count):
    r = c.run(["fping", "-q", f"-C{count}", f"-p{GAP_MS}", TARGET])
    with open(r.err, encoding="ascii") as f:
        words = f.read().split(":")[-1].split()
    return [None if w == "-" else float(w) * 1e6 for w in words]


def wait_for_capture(path, packets):
    """The kernel hands them over by the second. Gives up after three."""
    for _ in range(30):
        if os.path.getsize(path) >= 24 + packets * (16 + FRAME):
            return
        time.sleep(0.1)


def start_capture(prefix, interface, what="icmp"):
    """
    No --immediate-mode: it wakes tcpdump up in the middle of each send, which
    takes longer than the errors that are looked for.
    """
    path = f"{c.TMP}/{interface}.pcap"
    tcpdump = c.start(
        [*prefix, "tcpdump", "-Z", "root", "-i", interface, "-B", "4096", "-U",
         "--time-stamp-precision=nano", "-w", path, what],
        stderr=subprocess.PIPE)
    for line in tcpdump.stderr:
        if b"listening on" in line:
            break
    return tcpdump, path


def errors_of(measure, count):
    """The errors in ns of one run of a program: see errors()."""
    far_ns = ["nsenter", "--target", os.environ["BENCH_FAR"], "--net"]
    captures = []
    try:
        captures.append(start_capture([], "near"))
        captures.append(start_capture(far_ns, "far"))
        told = measure(count)
        for _, path in captures:
            wait_for_capture(path, 2 * count)
    finally:
        for tcpdump, _ in captures:
            c.stop(tcpdump, signal.SIGINT)
            tcpdump.stderr.close()
    return errors(told, *(stamps(path) for _, path in captures))


def keep_busy():
    """One endless loop on each processor: stop() each of them."""
    loops = []
    for cpu in sorted(os.sched_getaffinity(0)):
        loop = c.start(["sh", "-c", "while :; do :; done"])
        os.sched_setaffinity(loop.pid, {cpu})
        loops.append(loop)
    return loops


def tell(name, against, rounds):
    rounds = [r for r in rounds if r]
    for pct, goal in ((50, 1), (99, 5)):
        if not rounds:
            c.row(f"{name}, p{pct} against {against}", "-")
            continue
        values = [c.percentile(r, pct) / 1e3 for r in rounds]
        note = c.spread(values)
        if name == "netdiag":
            note += f" goal {goal}; {sum(map(len, rounds))} probes"
        c.row(f"{name}, p{pct} against {against}",
              f"{c.median(values):.2f} us", note)


def rtt():
    count = PROBES // c.ROUNDS
    c.title(f"rtt: {c.ROUNDS} rounds of {count} probes, {GAP_MS} ms apart, "
            "all processors busy: error")
    if not c.have("tcpdump"):
        return
    programs = {"netdiag": netdiag}
    if c.have("ping"):
        programs["ping(8)"] = iputils
    if c.have("fping"):
        programs["fping"] = fping
    got = {name: [] for name in programs}
    # main() stops them, however this ends.
    loops = keep_busy()
    for _ in range(c.ROUNDS):
        for name, measure in programs.items():
            got[name].append(errors_of(measure, count))
    for loop in loops:
        c.stop(loop)
    for i, against in enumerate(("near", "ends")):
        for name, rounds in got.items():
            tell(name, against, [r[i] for r in rounds])


if __name__ == "__main__":
    c.main({"rtt": rtt})
