#!/usr/bin/env python3
"""An import by netscan against the parsers that others use, on the same file and one core.

Writes nmap XML of 65,536 hosts with eight open ports and a banner each, some 160 MB. netscan reads it,
stores it and searches it, and says how long reading alone takes; python-libnmap and ElementTree only read it into memory. Prints the seconds
and the peak memory of each, and how many times faster netscan is.
usage: import.py [HOSTS]
"""

import os
import re
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(
    os.path.dirname(__file__), "..", "target", "release", "examples", "bench_import"
)
# An interpreter that has python-libnmap.
PYTHON = os.environ.get("NETSCAN_TEST_PYTHON", sys.executable)

LIBNMAP = "import sys; from libnmap.parser import NmapParser; r = NmapParser.parse_fromfile(sys.argv[1]); n = len(r.hosts)"
ELEMENT_TREE = "import sys; import xml.etree.ElementTree as E; n = len(E.parse(sys.argv[1]).getroot().findall('host'))"

PORTS = [
    (21, "ftp"), (22, "ssh"), (25, "smtp"), (80, "http"), (110, "pop3"), (143, "imap"), (443, "https"), (8080, "http-proxy")
]


def write(path, hosts):
    banner = "Server ready. " * 16
    with open(path, "w") as out:
        out.write('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n')
        out.write('<nmaprun scanner="nmap" args="nmap -sS -sV" start="1700000000" version="7.93" xmloutputversion="1.05">\n')
        out.write('<scaninfo type="syn" protocol="tcp" numservices="8" services="21-22,25,80,110,143,443,8080"/>\n')
        for host in range(hosts):
            address = f"10.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}"
            out.write('<host starttime="1700000000" endtime="1700000009"><status state="up" reason="echo-reply" reason_ttl="64"/>\n')
            out.write(f'<address addr="{address}" addrtype="ipv4"/>\n<hostnames><hostname name="host-{host}.example.com" type="PTR"/></hostnames>\n<ports>')
            out.write('<extraports state="closed" count="992"><extrareasons reason="reset" count="992" proto="tcp"/></extraports>\n')
            for port, service in PORTS:
                out.write(f'<port protocol="tcp" portid="{port}"><state state="open" reason="syn-ack" reason_ttl="64"/>')
                out.write(f'<service name="{service}" product="Product {port}" version="1.{host % 50}" method="probed" conf="10"><cpe>cpe:/a:product:{port}:1.{host % 50}</cpe></service></port>\n')
            out.write(f'</ports>\n<hostscript><script id="banner" output="{banner}{host}"/></hostscript>\n')
            out.write('<times srtt="52" rttvar="17" to="100000"/>\n</host>\n')
        out.write('<runstats><finished time="1700000009" elapsed="9.00" exit="success"/>')
        out.write(f'<hosts up="{hosts}" down="0" total="{hosts}"/>\n</runstats>\n</nmaprun>\n')


def measure(name, command):
    """Seconds and MiB of a program on one core."""
    began = time.monotonic()
    child = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.PIPE, text=True)
    told = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"{name} failed")
    seconds = time.monotonic() - began
    print(f"{name}: {seconds:.2f} s, {usage.ru_maxrss // 1024} MiB")
    if told:
        print(told.strip())
    return seconds, told


def main():
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 65_536
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "nmap.xml")
        write(path, hosts)
        print(f"file: {os.path.getsize(path) / 1e6:.0f} MB")
        ours, told = measure("netscan, stored and searched", [PROGRAM, path])
        read = float(re.search(r"read alone in ([0-9.]+) s", told)[1])
        for name, text in [("ElementTree, read", ELEMENT_TREE), ("python-libnmap, read", LIBNMAP)]:
            theirs, _ = measure(name, [PYTHON, "-c", text, path])
            print(f"{name}: {theirs / read:.1f} times as long as netscan reads, {theirs / ours:.1f} times as long as it needs for all")


main()
