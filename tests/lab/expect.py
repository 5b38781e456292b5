#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a scenario's command said with the truth log of its run.

usage: expect.py SCENARIO FOLDER

FOLDER is that of the run: argv, out, err, rc, truth.jsonl and, where a signal
was sent, signalled (seconds since 1970). Prints a line for each thing that is
not as [expect] says, and exits 1 if there is any.
"""
import os
import re
import sys

import evidence
import knock_truth
import peers
import scenario
import trace_truth
import truth
from knock_run import KnockRun
from ping_run import PingRun
from trace_run import TraceRun
from verdict import Wrong, duration_ns

CHECKS = {}
COMMANDS = {"ping": PingRun, "knock": KnockRun, "trace": TraceRun}


def check(name):
    def add(function):
        CHECKS[name] = function
        return function
    return add


class Case:
    """A scenario that was run."""

    def __init__(self, file, folder):
        self.scenario = scenario.Scenario(file)
        self.folder = folder
        self.argv = self.scenario.argv()
        self.out = self.text("out")
        self.err = self.text("err")
        self.rc = int(self.text("rc"))
        self.truth = truth.Truth(os.path.join(folder, "truth.jsonl"))
        self.evidence = evidence.evidence(self.truth)
        self.made = None
        self.margin_ns = truth.MARGIN_NS
        for _, line in self.scenario.sections["expect"]:
            if line.startswith("margin "):
                self.margin_ns = duration_ns(line.split()[1])

    def text(self, name):
        path = os.path.join(self.folder, name)
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def signalled_ns(self):
        if "signal" not in self.scenario.flags:
            return None
        seconds, _, micro = self.text("signalled").strip().partition(".")
        return int(seconds) * 10**9 + int(micro) * 1000

    def netdiag(self):
        if self.made is None:
            self.made = COMMANDS[self.argv[1]](self)
        return self.made


def tolerance(word):
    """Where netsim may not have real-time priority, it notes packets late."""
    least = os.environ.get("ND_LAB_TOLERANCE")
    return max(duration_ns(word), duration_ns(least) if least else 0)


# ---- The words of [expect] ----------------------------------------------------

@check("margin")
def margin(case, words):
    """Holds for all the others: Case has read it."""
    duration_ns(words[0])


@check("exit")
def exit_status(case, words):
    if case.rc != int(words[0]):
        yield "exit status %d and not %s" % (case.rc, words[0])


@check("outcomes")
def outcomes(case, words):
    yield from case.netdiag().outcomes()


@check("counters")
def counters(case, words):
    yield from case.netdiag().counters()


@check("rtt")
def rtt(case, words):
    yield from case.netdiag().times(tolerance(words[0]))


@check("stats")
def stats(case, words):
    yield from case.netdiag().stats(tolerance(words[0]))


@check("directions")
def directions(case, words):
    yield from case.netdiag().directions(int(words[0].rstrip("%")))


@check("manners")
def manners(case, words):
    yield from case.netdiag().manners()


@check("flows")
def flows(case, words):
    if words != ["constant"]:
        raise Wrong("'flows constant' is the form")
    yield from case.netdiag().flows_constant()


@check("links")
def links(case, words):
    """`links some`: false ones are forgiven, as of balancing by packet."""
    yield from case.netdiag().links(words == ["some"])


@check("graph")
def graph(case, words):
    yield from case.netdiag().graph(float(words[0].rstrip("%")))


@check("balancing")
def balancing(case, words):
    yield from case.netdiag().balancing()


@check("interims")
def interims(case, words):
    yield from case.netdiag().interims(int(words[0]))


@check("listed")
def listed(case, words):
    yield from case.netdiag().listed(words[0])


@check("record")
def record(case, words):
    yield from case.netdiag().record(*words[:3], " ".join(words[3:]))


@check("peer")
def peer(case, words):
    timed = None if words[1] == "untimed" else tolerance(words[1])
    yield from peers.compare(case, words[0], timed)


FATES = truth.PRIMARY + knock_truth.PRIMARY + trace_truth.PRIMARY + (
    "late", "duplicate", "unfinished", "ambiguous", "syn-lost",
    "syn-ack-lost", "branches", "at-once")


def amount(case, word):
    """From the truth log, or of what it makes of the probes."""
    if word in FATES:
        return case.netdiag().certain(word)
    if word.startswith("invalid="):
        return case.netdiag().certain_extra("invalid", word[8:])
    if not evidence.is_known(word):
        raise Wrong("unknown word: %s" % word)
    return case.evidence[word]


@check("some")
def some(case, words):
    if amount(case, words[0]) == 0:
        yield "no %s by the truth log" % words[0]


@check("no")
def none(case, words):
    n = amount(case, words[0])
    if n != 0:
        yield "%d %s by the truth log" % (n, words[0])


@check("at")
def at_least_or_most(case, words):
    if words[0] not in ("least", "most"):
        raise Wrong("'at least N WORD' or 'at most N WORD' is the form")
    n, limit = amount(case, words[2]), int(words[1])
    if n < limit if words[0] == "least" else n > limit:
        yield "%d %s by the truth log, not %s" % (n, words[2], words[1])


def search(text, pattern, wanted):
    found = re.search(pattern, text, re.MULTILINE)
    if wanted and not found:
        yield "no line like '%s'" % pattern
    if found and not wanted:
        yield "a line like '%s': %s" % (pattern, found.group(0))


@check("text")
def text_has(case, words):
    yield from search(case.out, " ".join(words), True)


@check("no-text")
def text_has_not(case, words):
    yield from search(case.out, " ".join(words), False)


@check("stderr")
def stderr_has(case, words):
    yield from search(case.err, " ".join(words), True)


def run(case):
    faults = case.truth.faults()
    for number, line in case.scenario.sections["expect"]:
        name, *words = line.split()
        if name not in CHECKS:
            raise Wrong("%s:%d: unknown: %s" %
                        (case.scenario.path, number, line))
        try:
            for fault in CHECKS[name](case, words) or ():
                faults.append("%s: %s" % (line, fault))
        except IndexError:
            raise Wrong("%s:%d: a word is missing: %s" %
                        (case.scenario.path, number, line))
    if case.err and not any(line.startswith("stderr")
                            for _, line in case.scenario.sections["expect"]) \
            and not peers.is_peer(case):
        faults.append("standard error: " + case.err.strip()[:300])
    return faults


def starved(case):
    """By how many ms netsim came too late, where it may and it matters."""
    late = case.truth.summary["late_max_ns"] if case.truth.summary else 0
    least = os.environ.get("ND_LAB_TOLERANCE")
    return late / truth.MS if least and late > duration_ns(least) / 2 else 0


def main(argv):
    try:
        case = Case(*argv)
        faults = run(case)
        if faults and starved(case):
            print("netsim had to wait for %d ms: no truth" % starved(case))
            return 3
    except (Wrong, ValueError, KeyError, OSError, scenario.Bad) as error:
        faults = ["%s: %s" % (type(error).__name__, error)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
