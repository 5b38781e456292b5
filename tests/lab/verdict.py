# SPDX-License-Identifier: MIT
"""Small things that all comparisons share."""
import ipaddress
import re

UNITS = {"us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
SHOWN = 6 # faults of one kind; the rest is counted


class Wrong(Exception):
    """A scenario, or the output of a program, that cannot be compared."""


def duration_ns(text):
    match = re.match(r"([\d.]+)(us|ms|s|m)?$", text)
    if not match:
        raise Wrong("%r is no duration" % text)
    return int(float(match.group(1)) * UNITS[match.group(2) or "s"])


def same_address(one, other):
    if one is None or other is None:
        return one is other
    return ipaddress.ip_address(one) == ipaddress.ip_address(other)


def nearest_rank(values, percent):
    """VALUES in order: the smallest that PERCENT of them do not exceed."""
    return values[max(0, -(-len(values) * percent // 100) - 1)]


def shortened(faults):
    faults = list(faults)
    yield from faults[:SHOWN]
    if len(faults) > SHOWN:
        yield "and %d more" % (len(faults) - SHOWN)
