#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Answers echo requests in every right and wrong way.

usage: responder.py INTERFACE MAC

It reads whole IP packets from INTERFACE (an end of a veth pair without any
address) and sends its answers to the other end, whose address is MAC. How it
answers is in the last number of the destination, see RULES: the last byte of
an IPv4 address, the last 16 bits (read as decimal digits) of an IPv6 address.
Requests are counted from 1 for each destination, so the same run always gets
the same answers. It prints "ready" and ends with its standard input.
"""
import select
import socket
import struct
import sys

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 0x0003, 0x0800, 0x86dd
PACKET_OUTGOING = 4
PROTO = {4: 1, 6: 58}
ECHO = {4: 8, 6: 128}
REPLY = {4: 0, 6: 129}
ROUTER = {4: "198.51.100.1", 6: "2001:db8:ffff::1"}
STRANGER = {4: "198.51.100.99", 6: "2001:db8:ffff::99"}
# (type, code, the word behind them), each in its turn. Without 11/1 of IPv4,
# which the kernel keeps from ping(8).
CODES = {
    4: [(3, code, 1400 if code == 4 else 0) for code in range(16)] +
       [(11, 0, 0), (12, 0, 0x14000000)],
    6: [(1, code, 0) for code in range(7)] +
       [(2, 0, 1400), (3, 0, 0), (3, 1, 0), (4, 0, 40), (4, 1, 40),
        (4, 2, 40)],
}
STORM = 50


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Request:
    """One echo request, and the packets that may answer it."""

    def __init__(self, af, packet, source, target, icmp, number):
        self.af, self.packet, self.number = af, packet, number
        self.source, self.target = source, target
        self.rest = icmp[4:8]  # ident and seq
        self.ident, self.seq = struct.unpack("!HH", self.rest)
        self.payload = icmp[8:]

    def address(self, text):
        family = socket.AF_INET if self.af == 4 else socket.AF_INET6
        return socket.inet_pton(family, text)

    def wrap(self, icmp, source=None, options=b"", sum_of=None):
        """An IP packet to the sender of the request; ICMP has its sum."""
        source = self.target if source is None else self.address(source)
        if self.af == 6:
            pseudo = source + self.source + \
                struct.pack("!II", len(icmp), PROTO[6])
            summed = checksum(pseudo + icmp)
        else:
            summed = checksum(icmp)
        if sum_of is not None:
            summed = sum_of(summed)
        icmp = icmp[:2] + struct.pack("!H", summed) + icmp[4:]
        if self.af == 6:
            return struct.pack("!IHBB", 6 << 28, len(icmp), PROTO[6],
                               64) + source + self.source + icmp
        size = 20 + len(options)
        head = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0,
                           size + len(icmp), 0, 0, 64, PROTO[4], 0)
        head += source + self.source + options
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return head + icmp

    def icmp(self, kind, code, rest, payload):
        return struct.pack("!BBH", kind, code, 0) + rest + payload

    def reply(self, payload=None, ident=None, seq=None, **how):
        rest = struct.pack("!HH",
                           self.ident if ident is None else ident & 0xffff,
                           self.seq if seq is None else seq & 0xffff)
        payload = self.payload if payload is None else payload
        return self.wrap(self.icmp(REPLY[self.af], 0, rest, payload), **how)

    def error(self, kind, code, word=0, quote=None, source=None):
        quote = self.packet if quote is None else quote
        if self.af == 4:
            quote = quote[:28 + 8]
        return self.wrap(self.icmp(kind, code, struct.pack("!I", word),
                                   quote),
                         source=ROUTER[self.af] if source is None else source)

    def unreachable(self, **how):
        """By a host or address that nobody answers for."""
        return self.error(*((3, 1) if self.af == 4 else (1, 3)), **how)

    def exceeded(self):
        return self.error(*((11, 0) if self.af == 4 else (3, 0)))

    def quote_elsewhere(self):
        """The request as if it had been sent to another address."""
        at = 16 if self.af == 4 else 24
        size = 4 if self.af == 4 else 16
        return self.packet[:at] + self.address(STRANGER[self.af]) + \
            self.packet[at + size:]


def third_lost(req):
    return [] if req.number % 3 == 0 else [req.reply()]


def second_twice(req):
    return [req.reply()] * (2 if req.number % 2 == 0 else 1)


def mixed(req):
    turn = req.number % 4
    if turn == 3:
        return []
    return [req.exceeded()] if turn == 2 else [req.reply()] * (1 + (turn == 0))


def each_code(req):
    codes = CODES[req.af]
    return [req.error(*codes[(req.number - 1) % len(codes)])]


def late(req, answer):
    """Each answer two requests later."""
    held = HELD.setdefault(req.target, [])
    held.append(answer)
    return [held.pop(0)] if len(held) > 2 else []


HELD = {}
INVERT = bytes(255 - byte for byte in range(256))
NOPS = b"\1" * 40

RULES = {
    1: lambda req: [req.reply()],
    3: third_lost,
    4: lambda req: [],
    5: second_twice,
    6: lambda req: [req.unreachable()],
    7: lambda req: [req.exceeded()],
    8: mixed,
    9: lambda req: late(req, req.reply()),
    10: lambda req: [req.reply()] * STORM,
    11: lambda req: [req.reply(options=NOPS if req.af == 4 else b"")],
    12: each_code,
    13: lambda req: [req.reply(), req.unreachable()],
    14: lambda req: [req.unreachable(), req.reply()],
    16: lambda req: late(req, req.unreachable()),
    # For multicast: two hosts answer.
    15: lambda req: [req.reply(source=source)
                     for source in (ROUTER[req.af], STRANGER[req.af])],
    # Below, nothing is an answer.
    20: lambda req: [req.reply(sum_of=lambda s: s ^ 0x5555)],
    21: lambda req: [req.wrap(req.icmp(REPLY[req.af], 0, b"", b""))],
    22: lambda req: [req.reply(payload=b"")],
    23: lambda req: [req.reply(payload=req.payload.translate(INVERT))],
    24: lambda req: [req.reply(source=STRANGER[req.af])],
    25: lambda req: [req.reply(seq=req.seq + 1000)],
    26: lambda req: [req.reply(ident=req.ident + 1)],
    27: lambda req: [req.reply(payload=bytes(len(req.payload)))],
    28: lambda req: [req.wrap(req.icmp(14 if req.af == 4 else 140, 0,
                                       req.rest, req.payload))],
    29: lambda req: [req.unreachable(quote=req.quote_elsewhere())],
    30: lambda req: [req.unreachable(quote=req.packet[:4])],
    31: lambda req: [req.reply()[:-60]],
    32: lambda req: [b"\x4f" + req.reply()[1:] if req.af == 4
                     else req.reply()[:30]],
    33: lambda req: [req.reply(payload=req.payload[:7])],
    # Of 56 bytes, only what is behind the first 8 is wrong: with --pattern.
    40: lambda req: [req.reply(payload=req.payload[:20] + b"\xee" +
                               req.payload[21:])],
}


class Responder:
    def __init__(self, interface, mac):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.sock.bind((interface, ETH_P_ALL))
        self.interface = interface
        self.mac = bytes(int(part, 16) for part in mac.split(":"))
        self.counts = {}

    def parse(self, packet):
        """(af, source, target, icmp) of an echo request, else None."""
        if len(packet) >= 28 and packet[0] >> 4 == 4:
            size = (packet[0] & 15) * 4
            whole = struct.unpack("!H", packet[2:4])[0]
            icmp = packet[size:whole]
            if packet[9] == 1 and len(icmp) >= 8 and icmp[0] == ECHO[4]:
                return 4, packet[12:16], packet[16:20], icmp
        elif len(packet) >= 48 and packet[0] >> 4 == 6:
            icmp = packet[40:40 + struct.unpack("!H", packet[4:6])[0]]
            if packet[6] == 58 and len(icmp) >= 8 and icmp[0] == ECHO[6]:
                return 6, packet[8:24], packet[24:40], icmp
        return None

    def rule(self, af, target):
        if af == 4:
            return RULES.get(target[3], RULES[1])
        digits = "%x" % struct.unpack("!H", target[14:])
        return RULES.get(int(digits) if digits.isdigit() else 1, RULES[1])

    def answer(self, packet):
        found = self.parse(packet)
        if found is None:
            return
        af, source, target, icmp = found
        number = self.counts[target] = self.counts.get(target, 0) + 1
        request = Request(af, packet, source, target, icmp, number)
        kind = ETH_P_IP if af == 4 else ETH_P_IPV6
        for made in self.rule(af, target)(request):
            try:
                self.sock.sendto(made, (self.interface, kind, 0, 0, self.mac))
            except OSError:
                pass  # the other end is down

    def run(self):
        while True:
            ready = select.select([self.sock, sys.stdin], [], [])[0]
            if self.sock in ready:
                try:
                    packet, address = self.sock.recvfrom(65535)
                except OSError:
                    continue  # the interface went down
                if address[2] != PACKET_OUTGOING:
                    self.answer(packet)
            if sys.stdin in ready and not sys.stdin.buffer.read1(1):
                return


def main(argv):
    responder = Responder(argv[0], argv[1])
    print("ready", flush=True)
    responder.run()


if __name__ == "__main__":
    main(sys.argv[1:])
