#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A name server with good and hostile answers, on 127.0.0.1.

What it knows is in the tables below; all else does not exist. Names are lists
of labels of any bytes. It prints "ready" and ends with its standard input.
"""
import select
import socket
import struct
import sys

A, PTR, AAAA = 1, 12, 28
EVIL = b"a\x1b]0;PWNED\x07\x1b[31mx\n{\"j\":1}\x80\xff\x9b1m"
LOOP = "loop"
ADDRESSES = {
    "good.test": ["192.0.2.101"],
    "evil.test": ["192.0.2.102"],
    "long.test": ["192.0.2.103"],
    "loop.test": ["192.0.2.104"],
    "cut.test": ["192.0.2.105"],
    "none.test": ["192.0.2.106"],
    "error.test": ["192.0.2.6"],
    "six.test": ["2001:db8::1"],
    "both.test": ["192.0.2.101", "192.0.2.102", "2001:db8::1"],
}
NAMES = {
    "192.0.2.101": [b"good-name", b"test"],
    "192.0.2.102": [EVIL, b"test"],
    "192.0.2.103": [b"y" * 63, b"y" * 63, b"y" * 63, b"y" * 61],
    "192.0.2.104": LOOP,
    "192.0.2.105": [],
    "198.51.100.1": [EVIL],
    "2001:db8::1": [b"six-name", b"test"],
}


def pointer_name(address):
    if ":" in address:
        digits = socket.inet_pton(socket.AF_INET6, address).hex()
        return ".".join(reversed(digits)) + ".ip6.arpa"
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


POINTERS = {pointer_name(address): name for address, name in NAMES.items()}


def encode(labels, at):
    if labels == LOOP:
        return struct.pack("!H", 0xc000 | at)  # it points at itself
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def answers(name, kind, at):
    """The data of each record; AT is where the first one will stand."""
    if kind == PTR and name in POINTERS:
        return [encode(POINTERS[name], at)]
    family = {A: socket.AF_INET, AAAA: socket.AF_INET6}.get(kind)
    return [socket.inet_pton(family, address)
            for address in ADDRESSES.get(name, ())
            if family and (":" in address) == (kind == AAAA)]


def reply(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
        at += 1 + query[at]
    kind = struct.unpack("!H", query[at + 1:at + 3])[0]
    question = query[12:at + 5]
    name = ".".join(labels).lower()
    known = name in ADDRESSES or name in POINTERS
    data = answers(name, kind, 12 + len(question) + 12)
    head = query[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1,
                                   len(data), 0, 0)
    body = b"".join(struct.pack("!HHHIH", 0xc00c, kind, 1, 60, len(item)) +
                    item for item in data)
    return head + question + body


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))
    print("ready", flush=True)
    while True:
        ready = select.select([sock, sys.stdin], [], [])[0]
        if sock in ready:
            query, sender = sock.recvfrom(4096)
            if len(query) > 16:
                sock.sendto(reply(query), sender)
        if sys.stdin in ready and not sys.stdin.buffer.read1(1):
            return


if __name__ == "__main__":
    main()
