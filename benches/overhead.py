#!/usr/bin/env python3
"""One batch through netscan against plain nmap with the same options, in turn.

Both scan loopback addresses only. Prints each time, the medians and the overhead.
usage: overhead.py [ROUNDS]
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SCANS = {
    # Busy: nmap itself needs all of a core for about ten seconds.
    "all ports of 24 addresses": ("127.21.0.0-23", ["-sS", "-Pn", "-T4", "-p1-65535"]),
    # Patient: nmap waits most of the time.
    "paced, 32 addresses": ("127.22.0.0/27", ["-sT", "-Pn", "-T4", "-p1-1500", "--max-rate=4500"]),
}
PROGRAM = os.path.join(os.path.dirname(__file__), "..", "target", "release", "netscan")


def timed(command):
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return time.monotonic() - began


def plain(target, options, directory):
    output = os.path.join(directory, "nmap.xml")
    return timed(["nmap", "-n", *options, "-oX", output, target])


def ours(target, options, directory):
    data = os.path.join(directory, "data")
    shutil.rmtree(data, ignore_errors=True)
    command = [PROGRAM, "--data-dir", data, "-q", "scan", target, "--nmap", " ".join(options)]
    return timed([*command, "--batch-size", "65536", "--concurrency", "1", "--format", "jsonl"])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name, (target, options) in SCANS.items():
        pairs = []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as directory:
                pairs.append((plain(target, options, directory), ours(target, options, directory)))
        nmap, netscan = (statistics.median(times) for times in zip(*pairs))
        each = ", ".join(f"{a:.2f}/{b:.2f}" for a, b in pairs)
        print(
            f"overhead ({name}): nmap {nmap:.2f} s, netscan {netscan:.2f} s, "
            f"{100 * (netscan / nmap - 1):+.1f} % (pairs: {each})"
        )


main()
