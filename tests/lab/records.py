# SPDX-License-Identifier: MIT
"""What netdiag ping printed, in records or in lines for people, in one form.

A run is a list of probe records and of summaries, as --json writes them; of
lines for people only what these tell: no record of a timeout, for example.
"""
import datetime
import json
import re

REPLY = re.compile(r"(\d+) bytes from (\S+?): icmp_seq=(\d+) ttl=(\d+)"
                   r"(?: time=([\d.]+) ms)?(.*)$")
ERROR = re.compile(r"(?:(\S+): )?From (\S+) icmp_seq=(\d+) (.*)$")
TITLE = re.compile(r"PING \S+ ?\((\S+?)\)|PING (\S+?)\(")
COUNTS = re.compile(
    r"(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?"
    r"(?:, \+\d+ corrupted)?(?:, \+(\d+) errors)?, ([\d.]+)% packet loss")
TIMES = re.compile(r"rtt min/avg/max/mdev = ([\d.]+)/([\d.]+)/([\d.]+)/"
                   r"([\d.]+) ms")
ALSO = re.compile(r"(\d+) (late|unfinished|refused|invalid)\b")
ROW = re.compile(r"(\S+) +(\d+) +(\d+) +([\d.]+)% +([\d.]+|-) +([\d.]+|-) +"
                 r"([\d.]+|-) +([\d.]+|-)(?: .*)?$")


class Run:
    """One run of netdiag."""

    def __init__(self):
        self.begin = self.end = None
        self.probes, self.summaries, self.interims = [], [], []
        self.is_text = False


def real_ns(text):
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    moment = moment.replace(tzinfo=datetime.timezone.utc)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(microseconds=1) * 1000


def from_json(text):
    run = Run()
    for line in text.splitlines():
        record = json.loads(line)
        kind = record["type"]
        if kind == "probe":
            run.probes.append(record)
        elif kind == "summary":
            run.summaries.append(record)
        elif kind == "interim":
            run.interims.append(record)
        elif kind in ("begin", "end"):
            setattr(run, kind, record)
    return run


# ---- Lines for people ---------------------------------------------------------

def status_of(marks):
    for mark, status in (("(DUP!)", "duplicate"), ("(late)", "late"),
                         ("(BAD CHECKSUM!)", "invalid"),
                         ("(DIFFERENT ADDRESS!)", "invalid"),
                         ("(truncated)", "invalid"),
                         ("(invalid:", "invalid")):
        if mark in marks:
            return status
    return "reply"


def reply_line(match, addr):
    size, sender, seq, ttl, rtt, marks = match.groups()
    return {"addr": addr or sender, "seq": int(seq), "from": sender,
            "status": status_of(marks), "ttl": int(ttl), "bytes": int(size),
            "rtt_ms": None if rtt is None else float(rtt)}


def error_line(match, addr):
    target, sender, seq, words = match.groups()
    status = "unreachable"
    if words.startswith("Time to live") or words.startswith("Time exceeded"):
        status = "ttl_exceeded"
    return {"addr": target or addr, "seq": int(seq), "from": sender,
            "status": status, "rtt_ms": None, "ttl": None, "text": words}


def one_target(run, text, addr):
    summary = {"addr": addr, "target": addr}
    match = COUNTS.search(text)
    if match is None:
        return
    sent, received, dups, errors, loss = match.groups()
    summary.update({"transmitted": int(sent), "received": int(received),
                    "duplicates": int(dups or 0), "errors": int(errors or 0),
                    "loss_pct": float(loss), "late": 0, "unfinished": 0,
                    "invalid": 0})
    match = TIMES.search(text)
    keys = ("rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "rtt_stddev_ms")
    summary.update({key: match and float(match.group(i))
                    for i, key in enumerate(keys, 1)})
    for n, word in ALSO.findall(text[text.index("packets transmitted"):]):
        if word in summary:
            summary[word] = int(n)
    run.summaries.append(summary)


def row(match):
    name, sent, received, loss = match.groups()[:4]
    times = [None if each == "-" else float(each)
             for each in match.groups()[4:]]
    return {"addr": name, "target": name, "transmitted": int(sent),
            "received": int(received), "loss_pct": float(loss),
            "rtt_min_ms": times[0], "rtt_avg_ms": times[1],
            "rtt_p95_ms": times[2], "rtt_max_ms": times[3]}


def from_text(text):
    run = Run()
    run.is_text = True
    title = TITLE.match(text)
    addr = title and (title.group(1) or title.group(2))
    for line in text.splitlines():
        match = REPLY.match(line)
        if match:
            run.probes.append(reply_line(match, addr))
            continue
        match = ERROR.match(line)
        if match:
            run.probes.append(error_line(match, addr))
            continue
        match = ROW.match(line)
        if match and addr is None:
            run.summaries.append(row(match))
    if addr:
        one_target(run, text, addr)
    return run


def read(text):
    return from_json(text) if text.startswith("{") else from_text(text)
