# SPDX-License-Identifier: MIT
"""Half-open handshakes: a sweep, RTTs against a capture, a busy host."""

import os
import re
import struct
import subprocess
import time

import common as c
import rtt

SWEEP = 65536
CLOSED = 443  # nobody listens in the far namespace
OPEN = 8080  # everybody does
PROBES = 1000  # of the RTT part, in all rounds together
GAP_MS = 5
BUSY_S = 4
BUSY_PPS = 100000

LISTEN = """
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", %d))
s.listen(4096)
print("ready", flush=True)
time.sleep(300)
""" % OPEN


def far(*argv):
    return ["nsenter", "--target", os.environ["BENCH_FAR"], "--net", *argv]


def start_listener():
    child = c.start(far("python3", "-c", LISTEN), stdout=subprocess.PIPE)
    child.stdout.readline()
    return child


def knock(*args):
    result = c.run([c.NETDIAG, "knock", *args])
    if result.status > 1 or result.status < 0:
        with open(result.err, encoding="utf-8", errors="replace") as f:
            c.say(f"netdiag ended with {result.status}: "
                  f"{f.read(500).strip()}")
    return result


# ---- A sweep ------------------------------------------------------------------

def bare(*once):
    result, ns = c.span(
        [f"{c.TMP}/bare_syn", c.BASE, str(SWEEP), str(CLOSED), *once])
    return int(result.last_line().split()[1]), ns / 1e3 / SWEEP


def hardware_address():
    out = subprocess.run(far("ip", "-o", "link", "show", "far"),
                         capture_output=True, text=True, check=True).stdout
    return re.search(r"link/ether ([0-9a-f:]+)", out)[1]


def count(pattern, path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return sum(1 for line in f for _ in re.findall(pattern, line))


def nmap():
    path = f"{c.TMP}/nmap.xml"
    r = c.run(["nmap", "-sS", "-n", "-Pn", "--min-rate", "1000000",
               f"-p{CLOSED}", f"{c.BASE}/16", "-oX", path], "nmap")
    return r.wall_s, r.cpu_s, count('state="closed"', path)


def masscan():
    path = f"{c.TMP}/masscan.out"
    r = c.run(["masscan", f"{c.BASE}/16", f"-p{CLOSED}", "--rate", "1000000",
               "--wait", "1", "-e", "near", "--adapter-ip", "192.0.2.1",
               "--router-mac", hardware_address(), "--show", "closed",
               "-oL", path], "masscan")
    return r.wall_s, r.cpu_s, count("^closed", path)


def zmap():
    nothing, path = f"{c.TMP}/nothing", f"{c.TMP}/zmap.out"
    with open(nothing, "w", encoding="ascii"):
        pass
    r = c.run(["zmap", "-q", "-b", nothing, "-p", str(CLOSED), "-r", "1000000",
               "-c", "1", "-i", "near", "-S", "192.0.2.1", "-G",
               hardware_address(), "--output-filter=repeat=0", "-O", "csv",
               "-f", "saddr,classification", "-o", path, f"{c.BASE}/16"],
              "zmap")
    return r.wall_s, r.cpu_s, count(",rst", path)


PEERS = {"nmap": nmap, "masscan": masscan, "zmap": zmap}
NOTES = {"nmap": "", "masscan": "no RTTs; it waits 1 s at the end",
         "zmap": "no RTTs; it waits 1 s at the end"}


def sweep_round(got, states, peers):
    args = ("-q", "--rate", "0", "-c", "1", "--include-all", "--expect",
            "closed", f"{c.BASE}/16:{CLOSED}")
    for name, more in (("text", ()), ("records", ("--json",))):
        r = knock(*args, *more)
        got[name].append(r.wall_s * 1e6 / SWEEP)
        if more:
            right = sum(s["state"] == "closed" and s["rtt_min_ms"] is not None
                        for s in r.records("summary"))
            states.append(right)
        _, ns = c.span([c.NETDIAG, "knock", *args, *more])
        got[f"{name} span"].append(ns / 1e3 / SWEEP)
    received, us = bare()
    got["bare span"].append(us)
    got["bare lost"].append(SWEEP - received)
    got["once span"].append(bare("once")[1])
    for name in peers:
        wall, _, found = PEERS[name]()
        got[name].append(wall * 1e6 / SWEEP)
        got[f"{name} missed"].append(SWEEP - found)


def us_row(what, values, note=""):
    c.row(what, f"{c.median(values):.2f} us", f"{c.spread(values)} {note}")


def sweep():
    rounds = min(c.ROUNDS, 3)
    c.title(f"knock: one SYN to a closed port of each of {SWEEP} hosts, "
            f"--rate 0; {rounds} rounds")
    peers = [name for name in PEERS if c.have(name)]
    names = ["text", "records", "text span", "records span", "bare span", "once span",
             "bare lost", *peers, *(f"{name} missed" for name in peers)]
    got, states = {name: [] for name in names}, []
    for _ in range(rounds):
        sweep_round(got, states, peers)
    c.say("a host, the whole run:")
    us_row("netdiag, text", got["text"])
    us_row("netdiag, records", got["records"])
    for name in peers:
        us_row(name, got[name], f"missed {max(got[f'{name} missed'])}"
               f"{'; ' if NOTES[name] else ''}{NOTES[name]}")
    if "nmap" in peers:
        c.row("text / nmap", f"{c.ratio(got['text'], got['nmap']):.3f}",
              "goal 1")
    c.say("a host, first send to last answer:")
    us_row("netdiag, text", got["text span"])
    us_row("netdiag, records", got["records span"])
    us_row("bare loop, the source asked for each host", got["bare span"])
    us_row("bare loop, the source asked for once", got["once span"])
    for name in ("text", "records"):
        c.row(f"{name} / bare",
              f"{c.ratio(got[name + ' span'], got['bare span']):.3f}",
              "goal 1.3")
    c.row("states that are not right", SWEEP - min(states),
          f"goal 0; bare lost {max(got['bare lost'])}")


# ---- RTTs against a capture ----------------------------------------------------

def handshakes(path):
    """Of a nanosecond pcap file: when SYNs and SYN-ACKs passed, in ns."""
    with open(path, "rb") as f:
        data = f.read()
    if struct.unpack_from("<I", data)[0] != rtt.NANOSECOND_PCAP:
        raise ValueError("not a little-endian nanosecond pcap file")
    at, syns, answers = 24, [], {}
    while at + 16 <= len(data):
        sec, ns, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        tcp = frame[rtt.ETHERNET + 20:]
        if frame[12:14] != rtt.IPV4 or len(tcp) < 20:
            continue
        sport, dport, seq, ack = struct.unpack_from("!HHII", tcp)
        when = sec * 1000000000 + ns
        if tcp[13] & 0x12 == 0x02:
            syns.append(((sport, seq), when))
        elif tcp[13] & 0x12 == 0x12:
            answers.setdefault((dport, (ack - 1) & 0xffffffff), when)
    return syns, answers


def netdiag_times(n):
    r = knock("--json", "-i", f"{GAP_MS}ms", "-c", str(n),
              f"10.80.1.1:{OPEN}")
    rtts = [None] * n
    for probe in r.records("probe"):
        if probe["status"] == "open" and probe["rtt_ms"] is not None:
            rtts[probe["attempt"] - 1] = probe["rtt_ms"] * 1e6
    return rtts


def hping_times(n):
    r = c.run(["hping3", "-S", "-p", str(OPEN), "-i", f"u{GAP_MS * 1000}",
               "-c", str(n), "10.80.1.1"])
    return [float(found[1]) * 1e6 for line in r.lines()
            if (found := re.search(r"flags=SA .*rtt=([\d.]+) ms", line))]


def nping_times(n):
    r = c.run(["nping", "--tcp", "-p", str(OPEN), "--delay", f"{GAP_MS}ms",
               "-c", str(n), "--privileged", "10.80.1.1"])
    sent, rtts = [], []
    for line in r.lines():
        found = re.match(r"(SENT|RCVD) \(([\d.]+)s\)", line)
        if found and found[1] == "SENT":
            sent.append(float(found[2]))
        elif found and sent:
            rtts.append((float(found[2]) - sent[-1]) * 1e9)
    return rtts


def errors_of(measure, n):
    """The sizes of the errors in ns of one run of a program."""
    capture, path = rtt.start_capture([], "near", "tcp")
    try:
        told = measure(n)
        rtt.wait_for_capture(path, 3 * n)
    finally:
        c.stop(capture, 2)
        capture.stderr.close()
    syns, answers = handshakes(path)
    if len(syns) != len(told):
        c.say(f"{len(syns)} SYNs captured, {len(told)} RTTs told: left out")
        return []
    return [abs(t - (answers[key] - when))
            for t, (key, when) in zip(told, syns)
            if t is not None and key in answers]


def times():
    n = PROBES // c.ROUNDS
    c.title(f"knock-rtt: {c.ROUNDS} rounds of {n} SYNs to an open port, "
            f"{GAP_MS} ms apart: error against a capture")
    if not c.have("tcpdump"):
        return
    programs = {"netdiag": netdiag_times}
    if c.have("hping3"):
        programs["hping3"] = hping_times
    if c.have("nping"):
        programs["nping"] = nping_times
    listener = start_listener()
    got = {name: [] for name in programs}
    for _ in range(c.ROUNDS):
        for name, measure in programs.items():
            got[name].append(errors_of(measure, n))
    c.stop(listener)
    for name, rounds in got.items():
        rtt.tell(name, "near", rounds)


# ---- A busy host ----------------------------------------------------------------

FLOOD = """
import socket, struct, sys, time
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
# An ACK that belongs to nobody would be answered by an RST: port 9 is dropped
# by the near host's own firewall or answered, it does not matter here.
segment = struct.pack("!HHIIBBHHH", 9, 9, 1, 1, 0x50, 0x04, 0, 0, 0)
end, pps, began, sent = time.time() + %d, %d, time.time(), 0
while time.time() < end:
    due = int((time.time() - began) * pps) - sent
    for _ in range(min(due, 1000)):
        try:
            raw.sendto(segment, ("192.0.2.1", 0))
        except OSError:
            pass
        sent += 1
    time.sleep(0.0005)
print(int(sent / (time.time() - began)))
"""


def busy():
    c.title(f"knock-busy: {BUSY_S} s of some {BUSY_PPS} other TCP segments a "
            "second while netdiag knocks once a second")
    listener = start_listener()
    flood = c.start(far("python3", "-c", FLOOD % (BUSY_S + 2, BUSY_PPS)),
                    stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    r = knock("--json", "-c", str(BUSY_S), f"10.80.1.1:{OPEN}")
    rate = int(flood.stdout.readline())
    c.stop(flood)
    c.stop(listener)
    end = next(r.records("end"), {})
    c.row("netdiag's CPU", f"{100 * r.cpu_s / r.wall_s:.2f} %",
          f"goal 2; {rate} other segments a second, "
          f"{end.get('received')} of {end.get('sent')} answered")


if __name__ == "__main__":
    c.main({"knock": sweep, "knock-rtt": times, "knock-busy": busy})
