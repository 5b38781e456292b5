#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the records of one run say about each other.

usage: stream.py STATUS [TARGET:KEY=VALUE...]

Reads NDJSON on standard input. STATUS is the exit status of the process. The
further arguments are values that the end of a target has: its summary or its
error, whichever came; ADDRESS#PORT is a port's. TARGET "end" is the end of the
run and "begin" its begin. Values are JSON. Sums have to agree: within each
summary, of the summaries with the end, and of the probe records with the
summaries, unless it was a quiet run. Exits 1 and says what does not.
"""
import collections
import json
import sys

ERRORS = ("unreachable", "ttl_exceeded")
REPLIES = ("reply", "open", "closed", "challenge")
RTT = ("rtt_min_ms", "rtt_p50_ms", "rtt_p95_ms", "rtt_p99_ms", "rtt_max_ms")


class Wrong(Exception):
    """Something does not agree."""


def agree(what, have, want):
    if have != want:
        raise Wrong("%s is %r and not %r" % (what, have, want))


def check_summary(record):
    name = "%s %s" % (record["target"], record["addr"])
    decided = record["sent"] - record["unfinished"]
    failed = record["lost"] + record["errors"]
    agree(name + ": received + lost + errors + unfinished",
          record["received"] + failed + record["unfinished"], record["sent"])
    if decided == 0:
        agree(name + ": loss_pct", record["loss_pct"], None)
    elif abs(record["loss_pct"] - 100 * failed / decided) > 1e-5:
        raise Wrong("%s: loss_pct is %r, for %d of %d" %
                    (name, record["loss_pct"], failed, decided))
    if record["late"] > failed:
        raise Wrong("%s: more late than lost" % name)
    if "port" in record:
        agree(name + ": lost_out + lost_back + lost_unknown",
              sum(record["lost_" + word]
                  for word in ("out", "back", "unknown")), record["lost"])
    values = [record[key] for key in RTT]
    # Of knock, replies may be ambiguous, all of them.
    if record["received"] == 0 or ("port" in record and values[0] is None):
        agree(name + ": RTTs", set(values), {None})
        return
    if None in values or values != sorted(values):
        raise Wrong("%s: RTTs in no order: %r" % (name, values))
    if not values[0] <= record["rtt_avg_ms"] <= values[-1]:
        raise Wrong("%s: the mean is outside" % name)


def name_of(record):
    """What a summary is of: an address, or a port of it."""
    name = record["target"], record["addr"]
    return name + (record["port"],) if "port" in record else name


def agree_received(name, seen, received, broadcast):
    n = sum(seen.get(status, 0) for status in REPLIES)
    # A broadcast is received once, whoever else answers it too.
    if not (broadcast and n > received > 0):
        agree("%s: replies" % (name,), n, received)


def check_probes(summaries, probes, broadcast):
    """PROBES: how many records of each status, by target and address."""
    sums = collections.defaultdict(collections.Counter)
    for record in summaries:
        counted = sums[name_of(record)]
        for key in ("received", "lost", "late", "duplicates", "invalid",
                    "errors", "send_errors"):
            counted[key] += record[key]
    for name, counted in sums.items():
        seen = probes.get(name, {})
        agree_received(name, seen, counted["received"], broadcast)
        for status, key in (("late", "late"), ("duplicate", "duplicates"),
                            ("invalid", "invalid"),
                            ("send_error", "send_errors")):
            if status != "invalid":
                agree("%s: records of status %s" % (name, status),
                      seen.get(status, 0), counted[key])
        agree("%s: errors" % (name,),
              sum(seen.get(status, 0) for status in ERRORS),
              counted["errors"])
        agree("%s: timeouts" % (name,), seen.get("timeout", 0),
              counted["lost"])


def main(argv):
    summaries, ends = [], {}
    probes = collections.defaultdict(collections.Counter)
    begin = end = None
    for line in sys.stdin:
        record = json.loads(line)
        kind = record["type"]
        if kind == "begin":
            begin = record
        elif kind == "end":
            end = record
        elif kind == "probe":
            probes[name_of(record)][record["status"]] += 1
        elif kind == "summary":
            summaries.append(record)
            ends[record["target"]] = record
            if "port" in record:
                ends["%s#%d" % (record["addr"], record["port"])] = record
        elif kind == "error":
            ends[record["target"]] = record
    if begin is None or end is None:
        raise Wrong("no begin or no end")
    ends["begin"], ends["end"] = begin, end
    for record in summaries:
        check_summary(record)
    for key in "sent", "received":
        agree("end: " + key, end[key],
              sum(record[key] for record in summaries))
    agree("end: exit_status", end["exit_status"], int(argv[0]))
    agree("end: ok", end["ok"], end["exit_status"] == 0)
    if not begin["params"].get("quiet"):
        check_probes(summaries, probes, begin["params"].get("broadcast"))
    for word in argv[1:]:
        place, value = word.split("=", 1)
        target, key = place.rsplit(":", 1)
        if target not in ends:
            raise Wrong("no end of %s among %s" % (target, list(ends)))
        agree(place, ends[target].get(key, "not there"), json.loads(value))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Wrong, ValueError, KeyError) as error:
        print("%s: %s" % (type(error).__name__, error))
        sys.exit(1)
