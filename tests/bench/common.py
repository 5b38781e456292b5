# SPDX-License-Identifier: MIT
"""What the parts of the benchmark share: running programs, and the table."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time

TMP = os.environ["BENCH_TMP"]
NETDIAG = os.environ["NETDIAG"]
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
# AnyIP: the far namespace answers for 10.64.0.0/10.
BASE = "10.80.0.0"

_running = []


class Run:
    """What a program did: its output, time and resources."""

    def __init__(self, status, wall_s, usage, out, err):
        self.status, self.wall_s = status, wall_s
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.rss_mib = usage.ru_maxrss / 1024
        self.out, self.err = out, err

    def lines(self):
        with open(self.out, encoding="utf-8") as f:
            yield from f

    def last_line(self):
        last = ""
        for last in self.lines():
            pass
        return last

    def records(self, kind):
        """
        The records of one type, one by one. A child's ru_maxrss begins with
        the memory of whoever started it: this program has to stay small.
        """
        want = f'"type":"{kind}"'
        with open(self.out, encoding="utf-8") as f:
            for line in f:
                if want in line:
                    yield json.loads(line)


def start(argv, **kwargs):
    child = subprocess.Popen(argv, **kwargs)
    _running.append(child)
    return child


def stop(child, how=signal.SIGTERM):
    """Ends a child of start(), for certain."""
    if child.returncode is None:
        child.send_signal(how)
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child in _running:
        _running.remove(child)


def run(argv, name="run", **kwargs):
    """Runs ARGV to its end; output goes to files, which the next run reuses."""
    out, err = f"{TMP}/{name}.out", f"{TMP}/{name}.err"
    with open(out, "wb") as o, open(err, "wb") as e:
        began = time.monotonic()
        child = start(argv, stdin=subprocess.DEVNULL, stdout=o, stderr=e,
                      **kwargs)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    _running.remove(child)
    return Run(child.returncode, wall, usage, out, err)


def span(argv):
    """A run, and its ns from the first send to the last reply: span.c."""
    path = f"{TMP}/span"
    result = run(argv, "span", env={
        **os.environ, "LD_PRELOAD": f"{TMP}/span.so", "BENCH_SPAN": path})
    with open(path, encoding="ascii") as f:
        ns = int(f.read())
    os.unlink(path)
    return result, ns


def ping(*args, command=(NETDIAG,)):
    result = run([*command, "ping", *args])
    if result.status > 1 or result.status < 0:
        with open(result.err, encoding="utf-8", errors="replace") as f:
            say(f"netdiag ended with {result.status}: {f.read(500).strip()}")
    return result


def say(text):
    print(f"  {text}", flush=True)


def row(what, value, note=""):
    """One line of the table."""
    print(f"  {what:<44}{value:>14}  {note}".rstrip(), flush=True)


def title(text):
    print(f"\n{text}", flush=True)


def median(values):
    return statistics.median(values)


def spread(values, digits=2):
    """The smallest and the largest of some runs."""
    return f"({min(values):.{digits}f} .. {max(values):.{digits}f})"


def ratio(ours, theirs):
    """The median of the ratios of the pairs: each pair ran back to back."""
    return statistics.median(a / b for a, b in zip(ours, theirs))


def percentile(values, pct):
    """By nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * pct // 100) - 1)]


def sums(records, *keys):
    total = dict.fromkeys(keys, 0)
    for record in records:
        for key in keys:
            total[key] += record[key]
    return total


def text_of(counters):
    return ", ".join(f"{v} {k}" for k, v in counters.items())


def write_targets(count):
    """A file of COUNT addresses from BASE on, for fping."""
    path = f"{TMP}/targets-{count}"
    with open(path, "w", encoding="ascii") as f:
        for i in range(count):
            f.write(f"10.{80 + (i >> 16)}.{i >> 8 & 255}.{i & 255}\n")
    return path


def last_target(count):
    i = count - 1
    return f"10.{80 + (i >> 16)}.{i >> 8 & 255}.{i & 255}"


def have(program):
    """Whether PROGRAM is installed; says so where it is not."""
    if shutil.which(program):
        return True
    say(f"{program} is not installed: skipped")
    return False


def _interrupted(number, _frame):
    raise SystemExit(124 if number == signal.SIGALRM else 128 + number)


def main(parts):
    """Runs the part that is named by argv, within argv's seconds."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _interrupted)
    name, seconds = sys.argv[1], int(sys.argv[2])
    signal.alarm(seconds)
    try:
        parts[name]()
    except SystemExit as stopped:
        if stopped.code == 124:
            say(f"not done after {seconds} s: given up")
        raise
    finally:
        signal.alarm(0)
        for child in list(_running):
            stop(child)
