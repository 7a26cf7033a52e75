#!/usr/bin/env python3
"""Counts what leaves by an interface while a command runs, from outside of it.

usage: lab/meter.py INTERFACE REPORT COMMAND…

Runs the command, ends as it does, and writes {"packets", "most_in_a_second"} to the file REPORT: all IP packets that
left, and the most of them within any one second, by the kernel's own times. Link-layer questions (ARP) are not counted.
"""

import collections
import json
import select
import socket
import struct
import subprocess
import sys

ETHERTYPES = {0x0800, 0x86DD}
PACKET_OUTGOING = 4
SO_TIMESTAMPNS = 35
EVERY_PROTOCOL = 0x0003
SECOND_NS = 1_000_000_000


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    interface, report, *command = sys.argv[1:]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL)) as tap:
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 26)
        tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        tap.bind((interface, EVERY_PROTOCOL))
        running = subprocess.Popen(command)
        window, packets, most = collections.deque(), 0, 0
        for sent_at in departures(tap, running):
            window.append(sent_at)
            while sent_at - window[0] >= SECOND_NS:
                window.popleft()
            packets, most = packets + 1, max(most, len(window))
    with open(report, "w", encoding="utf-8") as file:
        json.dump({"packets": packets, "most_in_a_second": most}, file)
    sys.exit(running.returncode)


def departures(tap, running):
    """When each packet left, until the command has ended and nothing more waits to be read."""
    while True:
        has_ended = running.poll() is not None
        while select.select([tap], [], [], 0 if has_ended else 0.1)[0]:
            _, control, _, (_, ethertype, kind, *_) = tap.recvmsg(64, 64)
            if kind == PACKET_OUTGOING and ethertype in ETHERTYPES:
                seconds, nanoseconds = struct.unpack("qq", control[0][2])
                yield seconds * SECOND_NS + nanoseconds
            has_ended = has_ended or running.poll() is not None
        if has_ended:
            return


main()
