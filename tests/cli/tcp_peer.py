#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A host with real TCP services, in the network namespace that it runs in.

usage: tcp_peer.py

Prints "ready", then obeys one word a line of standard input and answers each by
one line; ends with it:
  listen     from now on ports 80 (whose connections wait to be accepted, at
             most 64 of them) and 8000 (sends 32 MB of known bytes to whoever
             connects, with pauses) are open, IPv4 and IPv6
  accepted   so many connections that were complete came to port 80 since
             this was asked last
  half-open  so many half-open ones there are at this moment
  dropped    so many SYNs and connections the listeners have dropped
"""
import hashlib
import socket
import sys
import threading
import time

BACKLOG = 64
BLOCK = 1 << 20
BLOCKS = 32
PAUSE = 0.06
SYN_RECV = "03"


def block(i):
    return hashlib.sha256(b"block %d" % i).digest() * (BLOCK // 32)


def sender(listener):
    while True:
        connection, _ = listener.accept()
        with connection:
            for i in range(BLOCKS):
                connection.sendall(block(i))
                time.sleep(PAUSE)


def listen(port, backlog):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", port))
    listener.listen(backlog)
    return listener


def drain(listener):
    """What is complete, though the other end may have left since."""
    listener.setblocking(False)
    n = 0
    while True:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return n
        except OSError:
            pass
        n += 1


def half_open():
    n = 0
    for name in "tcp", "tcp6":
        with open("/proc/self/net/" + name, encoding="ascii") as file:
            n += sum(line.split()[3] == SYN_RECV for line in file)
    return n


def dropped():
    with open("/proc/self/net/netstat", encoding="ascii") as file:
        names, values = [line.split() for line in file
                         if line.startswith("TcpExt:")]
    found = dict(zip(names, values))
    return sum(int(found[name]) for name in
               ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop"))


def main():
    listener = None
    print("ready", flush=True)
    for line in sys.stdin:
        word = line.strip()
        if word == "listen":
            listener = listen(80, BACKLOG)
            threading.Thread(target=sender, args=(listen(8000, 4),),
                             daemon=True).start()
            answer = "listening"
        elif word == "accepted":
            answer = drain(listener)
        elif word == "half-open":
            answer = half_open()
        elif word == "dropped":
            answer = dropped()
        else:
            answer = "what?"
        print(answer, flush=True)


if __name__ == "__main__":
    main()
