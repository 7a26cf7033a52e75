#!/usr/bin/env python3
"""What slow parts of a scan cost the rest of it, each beside the same scan without them.

hosts    one host in twenty says a byte every two seconds, so that no look for versions ends within the scan's limit
         for a host (lab `hampered`, real nmap). Told is when everything else was stored.
worker   one of four nmaps at a time is 20 times as slow as the others (a stand-in for nmap that waits so long for each
         address). Told is how long four alike of the same speed in all would take.

usage: benches/hampered.py [hosts] [worker]
"""

import contextlib
import ipaddress
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETSCAN = ROOT / "target/release/netscan"
LIMIT_S = 30
SLOWER = 20
ADDRESS_S = 0.3
BATCH = 100
BATCHES = 12


def main():
    parts = sys.argv[1:] or ["hosts", "worker"]
    if "hosts" in parts:
        lab = [sys.executable, str(ROOT / "lab/lab.py"), "run", "--scenario", "hampered", "--seed", "20261122", "--"]
        subprocess.run([*lab, sys.executable, __file__, "inside"], check=True)
    if "worker" in parts:
        worker()
    if "inside" in parts:
        hosts()


def scan(data, targets, how, nmap=None):
    """Scans, and tells how long that took and when each host that was not too slow was stored."""
    environment = {**os.environ, **({"NETSCAN_NMAP_PATH": nmap} if nmap else {})}
    began = time.time()
    command = [NETSCAN, "--data-dir", data, "-q", "scan", *targets, *how, "--format", "json", "-o", f"{data}/out.json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL)
    took = time.time() - began
    if done.returncode not in (0, 3):
        sys.exit(f"the scan ended with {done.returncode}")
    with contextlib.closing(sqlite3.connect(f"file:{data}/netscan.db?mode=ro", uri=True)) as database:
        stored = database.execute("SELECT MAX(observed_at) FROM hosts WHERE timed_out = 0").fetchone()[0]
    return took, stored / 1000 - began


def hosts():
    with open(os.environ["LAB_TRUTH"], encoding="utf-8") as file:
        known = json.load(file)["hosts"]
    slow = [host["address"] for host in known if host["manner"] == "tarpit"]
    others = [host["address"] for host in known if host["manner"] != "tarpit"]
    how = ["--profile", "default", "--host-timeout", f"{LIMIT_S}s"]
    with tempfile.TemporaryDirectory() as data:
        alone, _ = scan(data, others, how)
    with tempfile.TemporaryDirectory() as data:
        together, rest = scan(data, [*others, *slow], how)
        found = json.loads(pathlib.Path(data, "out.json").read_text(encoding="utf-8"))
        late = {entry["addresses"] for entry in json.loads(said(data, "difficult", "latest"))}
    coverage = found["coverage"]
    learned = sum(bool(host["ports"]) for host in found["hosts"] if host["address"] in slow)
    print(f"hosts: {alone:.1f} s without them; with 10 of 200 that never end, everything else after {rest:.1f} s "
          f"({rest / alone:.2f} times), the last of them given up after {together:.1f} s; {coverage['timed_out']} timed "
          f"out, {len(late & set(slow))} listed as difficult, {learned} with what was learned of them")


def said(data, *words):
    done = subprocess.run([NETSCAN, "--data-dir", data, *words, "--json"], capture_output=True, text=True, check=True)
    return done.stdout


# nmap's interface as far as netscan uses it. The first of four places is the slow one; the last free one is taken, so
# that work goes to the others first, as a queue of workers would give it.
STAND_IN = r"""#!{python}
import fcntl, sys, time
if "--version" in sys.argv or "-V" in sys.argv:
    print("Nmap version 7.93 ( https://nmap.org )\nPlatform: x86_64")
    sys.exit()
for place in (3, 2, 1, 0):
    lock = open(f"{directory}/place-{{place}}", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        break
    except OSError:
        continue
pause = {address_s} * ({slower} if place == 0 else 1)
out = open(sys.argv[sys.argv.index("-oX") + 1], "w")
out.write('<?xml version="1.0"?>\n<nmaprun scanner="nmap" args="nmap" start="1700000000" version="7.93" '
          'xmloutputversion="1.05">\n<scaninfo type="connect" protocol="tcp" numservices="1" services="80"/>\n')
targets = sys.stdin.read().split()
for target in targets:
    time.sleep(pause)
    out.write(f'<host><status state="up" reason="syn-ack" reason_ttl="0"/><address addr="{{target}}" addrtype="ipv4"/>'
              '<ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="0"/></port>'
              '</ports></host>\n')
    out.flush()
out.write(f'<runstats><finished time="1700000009" exit="success"/><hosts up="{{len(targets)}}" down="0" '
          f'total="{{len(targets)}}"/></runstats></nmaprun>\n')
"""


def worker():
    first = ipaddress.ip_address("127.30.0.0")
    ideal = BATCH * BATCHES * ADDRESS_S / (3 + 1 / SLOWER)
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place, "bin")
        directory.mkdir()
        text = STAND_IN.format(python=sys.executable, directory=directory, address_s=ADDRESS_S, slower=SLOWER)
        (directory / "nmap").write_text(text, encoding="utf-8")
        (directory / "nmap").chmod(0o755)
        how = ["--nmap", "-sT -p 80", "--batch-size", str(BATCH), "--concurrency", "4"]
        data = pathlib.Path(place, "data")
        data.mkdir()
        took, _ = scan(data, [f"{first}-{first + BATCH * BATCHES - 1}"], how, directory / "nmap")
    print(f"worker: {took:.1f} s with one of four slowed {SLOWER} times, ideal {ideal:.1f} s ({took / ideal:.2f} times)")


main()
