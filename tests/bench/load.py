# SPDX-License-Identifier: MIT
"""Many probes: sweeps, a long steady run, a flood, and the library alone."""

import re

import common as c

SWEEP = 65536
FPING = 60000  # it cannot do 65,536
MILLION = 1000000
STEADY, STEADY_S = 50000, 30
STEADY_FPING = 6000  # it has 65,535 sequence numbers for each 10 s


def bare(count):
    """Of the bare loop: received, and us a packet, first send to last reply."""
    result, ns = c.span([f"{c.TMP}/bare", c.BASE, str(count)])
    return int(result.last_line().split()[1]), ns / 1e3 / count


def fping(*args):
    """Its run, and how many probes it says were sent and answered."""
    result = c.run(["fping", "-q", *args], "fping")
    sent = received = 0
    with open(result.err, encoding="utf-8", errors="replace") as f:
        for line in f:
            found = re.search(r"xmt/rcv/%loss = (\d+)/(\d+)/", line)
            if found:
                sent += int(found[1])
                received += int(found[2])
    return result, sent, received


def us_row(what, values, note=""):
    c.row(what, f"{c.median(values):.2f} us", f"{c.spread(values)} {note}")


def lost_of_text(result):
    """Sent and received, of the line over all."""
    found = re.search(r" (\d+) sent, (\d+) received", result.last_line())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def sweep_round(got, targets):
    """One run of each, whose numbers join the lists of GOT."""
    args = ("-q", "--rate", "0", "-c", "1", "--include-all", c.BASE + "/16")
    if targets is not None:
        r, _, received = fping("-c1", "-i0", "-f", targets)
        got["fping"].append(r.wall_s * 1e6 / FPING)
        got["unanswered by fping"] += FPING - received
    text = c.ping(*args)
    got["text"].append(text.wall_s * 1e6 / SWEEP)
    got["unanswered"] += SWEEP - lost_of_text(text)[1]
    records = c.ping("--json", *args)
    got["records"].append(records.wall_s * 1e6 / SWEEP)
    total = c.sums(records.records("summary"), "received")
    got["unanswered"] += SWEEP - total["received"]
    got["rss"].append(max(text.rss_mib, records.rss_mib))
    received, us = bare(SWEEP)
    got["bare span"].append(us)
    got["unanswered by bare"] += SWEEP - received
    for name, more in (("text span", ()), ("records span", ("--json",))):
        _, ns = c.span([c.NETDIAG, "ping", *args, *more])
        got[name].append(ns / 1e3 / SWEEP)


def sweep():
    c.title(f"sweep: one probe to each of {SWEEP} targets, --rate 0; "
            f"fping: {FPING}; {c.ROUNDS} rounds")
    targets = c.write_targets(FPING) if c.have("fping") else None
    got = {name: [] for name in ("fping", "text", "records", "rss",
                                 "bare span", "text span", "records span")}
    got |= {"unanswered": 0, "unanswered by fping": 0, "unanswered by bare": 0}
    for _ in range(c.ROUNDS):
        sweep_round(got, targets)
    c.say("a target, the whole run:")
    us_row("netdiag, text", got["text"])
    us_row("netdiag, records", got["records"])
    if targets is not None:
        us_row("fping", got["fping"])
        for name, goal in (("text", 0.65), ("records", 0.75)):
            c.row(f"{name} / fping",
                  f"{c.ratio(got[name], got['fping']):.3f}", f"goal {goal}")
    c.say("a target, first send to last reply:")
    us_row("netdiag, text", got["text span"])
    us_row("netdiag, records", got["records span"])
    us_row("bare sendto + recvmmsg loop", got["bare span"])
    for name in ("text", "records"):
        c.row(f"{name} / bare",
              f"{c.ratio(got[name + ' span'], got['bare span']):.3f}",
              "goal 1.3")
    c.row("unanswered in all rounds", got["unanswered"],
          f"goal 0; bare {got['unanswered by bare']}, "
          f"fping {got['unanswered by fping']}")
    c.row("most memory", f"{max(got['rss']):.1f} MiB", "goal 64")


def user():
    c.title(f"user: {SWEEP} targets as uid 65534 with cap_net_raw=p, "
            "stock receive buffer, --rate 10000")
    with open("/proc/sys/net/core/rmem_max", encoding="ascii") as f:
        limit = f.read().strip()
    nobody = ("setpriv", "--reuid", "65534", "--regid", "65534",
              "--clear-groups", "--", f"{c.TMP}/netdiag-caps")
    r = c.ping("-q", "--json", "--rate", "10000", "-c", "1", "--include-all",
               c.BASE + "/16", command=nobody)
    begin = next(r.records("begin"), None)
    end = next(r.records("end"), None)
    if begin is None or end is None:
        c.say("the records are not complete")
        return
    c.row("lost", end["sent"] - end["received"],
          f"goal 0; {end['sent']} sent, mode {begin['mode']}")
    c.row("dropped by the socket", end["local_drops"],
          f"net.core.rmem_max {limit}")
    c.row("took", f"{r.wall_s:.2f} s")


def million():
    c.title(f"million: one probe to each of {MILLION} targets; "
            "fping cannot")
    r = c.ping("-q", "--rate", "0", "-c", "1",
               f"{c.BASE}-{c.last_target(MILLION)}")
    sent, received = lost_of_text(r)
    bare_received, us = bare(MILLION)
    c.row("unanswered", MILLION - received,
          f"goal 0; {sent} sent; bare {MILLION - bare_received}")
    c.row("most memory", f"{r.rss_mib:.0f} MiB", "goal 512")
    c.row("netdiag, text, a target, whole run",
          f"{r.wall_s * 1e6 / MILLION:.2f} us")
    c.row("bare loop, first send to last reply", f"{us:.2f} us")


def steady():
    c.title(f"steady: {STEADY} targets, one probe a second, "
            f"{STEADY_S} probes each")
    r = c.ping("-q", "--json", "--rate", "0", "-c", str(STEADY_S),
               f"{c.BASE}-{c.last_target(STEADY)}")
    # From the first departure to the last reply: a second a probe, no more.
    ideal = (STEADY_S - 1) * 1e3
    drift = [s["duration_ms"] - ideal for s in r.records("summary")
             if s["received"] == STEADY_S]
    off = [abs(d) for d in drift]
    total = c.sums(r.records("summary"), "sent", "received", "lost")
    if not drift:
        c.say("no target was answered each time")
        return
    c.row("lost", total["lost"], f"goal 0; {c.text_of(total)}")
    c.row("drift of a target, p50 of the size",
          f"{c.percentile(off, 50):.3f} ms",
          "last reply - first departure, against the ideal")
    c.row("drift of a target, mean",
          f"{sum(drift) / len(drift):.3f} ms", "signed; goal 0")
    c.row("drift of a target, p99 of the size",
          f"{c.percentile(off, 99):.3f} ms",
          f"{min(drift):.3f} .. {max(drift):.3f}")
    c.row("CPU", f"{100 * r.cpu_s / r.wall_s:.0f} %",
          f"of one, {r.cpu_s * 1e6 / total['sent']:.2f} us a probe, "
          f"{r.rss_mib:.0f} MiB")
    if not c.have("fping"):
        return
    f, sent, received = fping(f"-c{STEADY_S}", "-p1000", "-i0", "-f",
                              c.write_targets(STEADY_FPING))
    c.row(f"fping, CPU, {STEADY_FPING} targets",
          f"{100 * f.cpu_s / f.wall_s:.0f} %",
          f"of one, {f.cpu_s * 1e6 / max(sent, 1):.2f} us a probe, "
          f"{sent} sent, {sent - received} lost")


def false_matches(what, result):
    total = c.sums(result.records("summary"), "sent", "received", "lost",
                   "duplicates", "invalid", "unfinished")
    wrong = sum(total[k] for k in ("lost", "duplicates", "invalid"))
    c.row(f"{what}: false or lost", wrong,
          f"goal 0; {c.text_of(total)}; {result.wall_s:.1f} s")


def one():
    c.title("one: very many probes to one address")
    address = "10.80.1.1"
    common = ("-q", "--json", "--rate", "0")
    false_matches("flood", c.ping(*common, "-f", "-c", "210000", address))
    false_matches("65,536 at once", c.ping(
        *common, "-l", "65536", "-c", "65536", address))
    false_matches("100 tasks, every 1 ms", c.ping(
        *common, "-i", "1ms", "-c", "1000", *[address] * 100))


def scale():
    c.title("scale: the library alone, over a backend that answers at once; "
            f"{c.ROUNDS} rounds")
    small, large = [], []
    for _ in range(c.ROUNDS):
        for count, values in ((MILLION // 10, small), (MILLION, large)):
            r = c.run([f"{c.TMP}/scale", str(count)], "scale")
            values.append([int(word) for word in r.last_line().split()])
    for i, what in enumerate(("start", "run", "free")):
        c.row(f"{what}, a task, 100,000 / 1,000,000 tasks",
              f"{c.median([v[i] for v in small]) * 10 / MILLION:.0f} ns",
              f"{c.median([v[i] for v in large]) / MILLION:.0f} ns")
    totals = [[sum(v[:3]) for v in values] for values in (large, small)]
    c.row("time of 1,000,000 / time of 100,000",
          f"{c.ratio(*totals):.2f}", "goal 12")
    c.row("heap, a task: started / ran",
          f"{large[0][3] / MILLION:.0f} bytes",
          f"{large[0][4] / MILLION:.0f} bytes; goal 320")
    c.row("unanswered", sum(MILLION - v[5] for v in large), "goal 0")


if __name__ == "__main__":
    c.main({"sweep": sweep, "user": user, "million": million,
            "steady": steady, "one": one, "scale": scale})
