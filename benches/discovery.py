#!/usr/bin/env python3
"""How fast open ports are found, against the tools that people use for it, in labs whose truth is known.

Every tool has its turn in each round, so that all of them see the same machine. Each scenario is a lab
(lab/README.md) of one seed; what a tool found is held against what is open there. Ours is the whole
`netscan scan`, with storing and reporting; the others write their own files.

usage: benches/discovery.py [SCENARIO…] [--rounds N] [--seed N] [--loss PERCENT] [--tool NAME]… [--versions]
"""

import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAB = ROOT / "lab/lab.py"
NETSCAN = ROOT / "target/release/netscan"

# The scenarios of docs/benchmarks.md: which lab, what is asked for, and how the hosts are cut by hand.
SCENARIOS = {
    "a": {"lab": "live", "about": "256 live hosts, 1,000 ports", "ports": "top:1000", "hand": (8, 16)},
    "p": {"lab": "deep", "about": "16 live hosts, all ports", "ports": "1-65535", "hand": (8, 2)},
    "b": {"lab": "filtering", "about": "64 hosts, three quarters filtering, 1,000 ports", "ports": "top:1000", "hand": (16, 4)},
    "c": {"lab": "wide", "about": "a routed /16 with 200 live hosts, 100 ports", "ports": "top:100", "hand": None},
    "d": {"lab": None, "about": "this machine, all ports", "ports": "1-65535", "hand": None},
}
# Beyond this, a tool is not waited for.
PATIENCE_S = 600


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--loss", type=float, default=0.0, help="percent of the frames, each way")
    parser.add_argument("--tool", action="append", default=[], help="only these: " + ", ".join(TOOLS))
    parser.add_argument("--versions", action="store_true", help="-sV, by nmap and by ours")
    parser.add_argument("--inside", metavar="SCENARIO", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.scenarios if name not in SCENARIOS]
    unknown += [name for name in arguments.tool if name not in TOOLS]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    if arguments.inside:
        return measure(arguments.inside, arguments)
    for name in arguments.scenarios or SCENARIOS:
        own = [sys.executable, __file__, "--inside", name, *passed_on(arguments)]
        lab = SCENARIOS[name]["lab"]
        if lab:
            loss = ["--loss", str(arguments.loss)] if arguments.loss else []
            own = [sys.executable, str(LAB), "run", "--scenario", lab, "--seed", str(arguments.seed), *loss, "--", *own]
        subprocess.run(own, check=True)


def passed_on(arguments):
    words = ["--rounds", str(arguments.rounds), "--seed", str(arguments.seed), "--loss", str(arguments.loss)]
    words += [word for tool in arguments.tool for word in ("--tool", tool)]
    return words + (["--versions"] if arguments.versions else [])


def measure(name, arguments):
    """Every tool in turn, so many times, in the lab that this runs in."""
    scenario = Scenario(name)
    tools = {tool: TOOLS[tool] for tool in arguments.tool or usual(name, arguments.versions)}
    missing = [tool for tool, (program, _) in tools.items() if not shutil.which(program)]
    for tool in missing:
        print(f"{tool} is not here and has no turn: `make bench-scan` installs it", file=sys.stderr)
        del tools[tool]
    runs = {tool: [] for tool in tools}
    for _ in range(arguments.rounds):
        for tool, (_, work) in tools.items():
            runs[tool].append(timed(work, scenario))
            print(f"{name}: {tool} took {runs[tool][-1]['wall']:.2f} s", file=sys.stderr, flush=True)
    print(f"\n## {name}: {SCENARIOS[name]['about']}" + (f", {arguments.loss} % loss" if arguments.loss else ""))
    print("\n| tool | wall s | all runs | CPU s | MiB | packets | recall | precision | recognised | ours is |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    ours = statistics.median(run["wall"] for run in runs.get("netscan", [{"wall": float("nan")}]))
    for tool, its in runs.items():
        middle = {key: statistics.median(run[key] for run in its) for key in its[0]}
        every = " ".join(f"{run['wall']:.2f}" for run in its)
        print(
            f"| {tool} | {middle['wall']:.2f} | {every} | {middle['cpu']:.2f} | {middle['memory']:.0f} "
            f"| {middle['packets']:.0f} | {middle['recall']:.4f} | {middle['precision']:.4f} | {middle['named']:.0f} "
            f"| {middle['wall'] / ours:.1f}x |",
            flush=True,
        )


def usual(name, versions):
    if versions:
        return ["netscan-versions", "nmap-versions"]
    names = ["netscan", "nmap", "masscan", "rustscan"]
    if SCENARIOS[name]["hand"]:
        names.insert(2, "nmap-by-hand")
    if name == "a":
        names += ["netscan-connect", "nmap-connect"]
    if name == "d":
        names.remove("masscan")
    return names


class Scenario:
    """What is asked for, and what is there."""

    def __init__(self, name):
        self.name = name
        asked = SCENARIOS[name]
        self.by_hand = asked["hand"]
        self.ports = asked["ports"]
        count = self.ports.removeprefix("top:")
        self.numbers = sorted(most_common(int(count))) if count != self.ports else list(range(1, 65536))
        self.nmap_ports = ["--top-ports", count] if count != self.ports else ["-p", self.ports]
        self.loopback = asked["lab"] is None
        if self.loopback:
            self.networks, self.hosts, self.truth = ["127.0.0.1"], ["127.0.0.1"], listening()
            return
        with open(os.environ["LAB_TRUTH"], encoding="utf-8") as file:
            lab = json.load(file)
        self.networks = [network for network in lab["networks"] if ":" not in network]
        self.hosts = [host["address"] for host in lab["hosts"] if ":" not in host["address"]]
        asked_for = set(self.numbers)
        self.truth = {
            (host["address"], entry["port"]): entry["product"]
            for host in lab["hosts"] if ":" not in host["address"]
            for entry in host["tcp"]["open"] if entry["port"] in asked_for
        }

    def score(self, found):
        """Recall, precision, and how many services of the open ports were recognised."""
        good = found.keys() & self.truth.keys()
        named = sum(bool(found[port]) and found[port] == self.truth[port] for port in good)
        return {"recall": len(good) / max(1, len(self.truth)), "precision": len(good) / max(1, len(found)), "named": named}

    def ranges(self):
        """The ports as tools take them that know no `--top-ports`."""
        runs, texts = [], []
        for port in self.numbers:
            if runs and runs[-1][1] == port - 1:
                runs[-1][1] = port
            else:
                runs.append([port, port])
        for first, last in runs:
            texts.append(str(first) if first == last else f"{first}-{last}")
        return ",".join(texts)


def listening():
    """What listens on 127.0.0.1, by the kernel's own tables: there, on every address, or on every IPv6 address too."""
    found = {}
    for table, addresses in (("tcp", {"0100007F", "00000000"}), ("tcp6", {"0" * 32})):
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            for fields in (line.split() for line in list(file)[1:]):
                address, port = fields[1].split(":")
                if fields[3] == "0A" and address in addresses:
                    found["127.0.0.1", int(port, 16)] = None
    return found


def most_common(count):
    with open("/usr/share/nmap/nmap-services", encoding="utf-8", errors="replace") as file:
        lines = [line.split() for line in file if "/tcp" in line and not line.startswith("#")]
    lines.sort(key=lambda fields: -float(fields[2]))
    return {int(fields[1][:-4]) for fields in lines[:count]}


class Watch:
    """The memory of all that a tool started, at its highest, every 20 ms."""

    def __init__(self, pid):
        self.pid, self.highest, self.over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.over.wait(0.02):
            self.highest = max(self.highest, sum(resident(pid) for pid in family(self.pid)))

    def end(self):
        self.over.set()
        self.thread.join()
        return self.highest / 2**20


def family(pid):
    pids = [pid]
    for one in pids:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children", encoding="ascii") as file:
                    pids += [int(child) for child in file.read().split()]
        except OSError:
            continue
    return pids


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def sent(loopback):
    """Packets that left by the lab's interface, or by loopback."""
    name = "lo" if loopback else "eth0"
    with open("/proc/net/dev", encoding="ascii") as file:
        for line in file:
            if line.strip().startswith(f"{name}:"):
                return int(line.split(":")[1].split()[9])
    return 0


def timed(work, scenario):
    """One turn of a tool: `work` gives its command lines, of which so many run at a time, and reads what it wrote."""
    with tempfile.TemporaryDirectory() as place:
        commands, at_once, read = work(scenario, pathlib.Path(place))
        before, packets, began = resource.getrusage(resource.RUSAGE_CHILDREN), sent(scenario.loopback), time.monotonic()
        running, waiting, memory = [], list(commands), []
        while running or waiting:
            while waiting and len(running) < at_once:
                log = open(pathlib.Path(place) / f"log-{len(waiting)}", "wb")
                command = subprocess.Popen(waiting.pop(0), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=place)
                running.append((command, Watch(command.pid)))
            command, watch = running.pop(0)
            status = command.wait(PATIENCE_S)
            memory.append(watch.end())
            if status != 0:
                logs = "\n".join(log.read_text(errors="replace")[-800:] for log in pathlib.Path(place).glob("log-*"))
                sys.exit(f"{' '.join(map(str, command.args))} ended with {status}:\n{logs}")
        wall = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = read()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Several commands run at a time; those that began together are counted together.
    together = max(sum(memory[at:at + at_once]) for at in range(0, len(memory), at_once))
    return {"wall": wall, "cpu": cpu, "memory": together, "packets": sent(scenario.loopback) - packets,
            **scenario.score(found)}


def ours(words, prefix=()):
    def work(scenario, place):
        ports = ["--top-ports", scenario.ports.removeprefix("top:")] if ":" in scenario.ports else ["-p", scenario.ports]
        how = [*words, *ports]
        command = [*prefix, NETSCAN, "--data-dir", place / "data", "-q", "scan", *scenario.networks, *how, "--format", "json", "-o", place / "out.json"]

        def read():
            with open(place / "out.json", encoding="utf-8") as file:
                result = json.load(file)
            return {
                (host["address"], port["port"]): (port["service"] or {}).get("product")
                for host in result["hosts"] for port in host["ports"]
                if port["state"] == "open" and port["protocol"] == "tcp"
            }
        return [command], 1, read
    return work


def nmap(words):
    def work(scenario, place):
        # Nobody asks 65,536 addresses for their ports that have not answered a ping.
        how = [word for word in words if word != "-Pn" or scenario.name != "c"]
        command = ["nmap", "-n", *how, *scenario.nmap_ports, "-oX", place / "out.xml", *scenario.networks]
        return [command], 1, lambda: of_xml([place / "out.xml"])
    return work


def nmap_by_hand(scenario, place):
    """The best that hand splitting came to: so many nmaps at a time, of so many hosts each."""
    at_once, hosts = scenario.by_hand
    parts = [scenario.hosts[at:at + hosts] for at in range(0, len(scenario.hosts), hosts)]
    commands = [
        ["nmap", "-n", "-sS", "-T4", "-Pn", *scenario.nmap_ports, "-oX", place / f"{number}.xml", *part]
        for number, part in enumerate(parts)
    ]
    return commands, at_once, lambda: of_xml(place.glob("*.xml"))


def of_xml(files):
    found = {}
    for file in files:
        for host in ElementTree.parse(file).iter("host"):
            address = host.find("address").get("addr")
            for port in host.iter("port"):
                if port.find("state").get("state") == "open":
                    service = port.find("service")
                    found[address, int(port.get("portid"))] = None if service is None else service.get("product")
    return found


def masscan(scenario, place):
    """The rate and the wait that people would take who want everything found.

    Slower and longer did not find more on the machine of docs/benchmarks.md, where libpcap loses answers. It waits in libpcap for one more packet before it ends, and in a lab there is none: an echo now and then helps it.
    """
    rate = "100000"
    wait = "1"
    via = ["--router-mac", hardware_address(scenario.hosts[0])]
    nudge = subprocess.Popen([sys.executable, "-c", NUDGE, scenario.hosts[0]])
    command = ["masscan", *scenario.networks, "-p", scenario.ranges(), "--rate", rate, "--wait", wait,
               "-e", "eth0", *via, "-oJ", place / "out.json"]

    def read():
        nudge.kill()
        nudge.wait()
        text = (place / "out.json").read_text(encoding="utf-8") if (place / "out.json").exists() else ""
        pairs = re.findall(r'"ip":\s*"([^"]+)".*?"port":\s*(\d+).*?"status":\s*"open"', text)
        return {(address, int(port)): None for address, port in pairs}
    return [command], 1, read


NUDGE = """
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try:
        one.sendto(b"", (sys.argv[1], 9))
    except OSError:
        pass
    time.sleep(0.1)
"""


def hardware_address(address):
    """Where frames to a host go. masscan asks only for a router's, which a lab on one link has not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.sendto(b"", (address, 9))
    for _ in range(100):
        known = subprocess.run(["ip", "neigh", "show"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"lladdr (\S+)", known)
        if found:
            return found.group(1).replace(":", "-")
        time.sleep(0.02)
    sys.exit(f"nobody knows where {address} is")


def rustscan(scenario, place):
    command = ["rustscan", "-a", ",".join(scenario.networks), "-p" if ":" in scenario.ports else "-r",
               ",".join(map(str, scenario.numbers)) if ":" in scenario.ports else scenario.ports,
               "-g", "--no-banner", "--scripts", "none", "--ulimit", "20000"]

    def read():
        found = {}
        for log in place.glob("log-*"):
            for address, ports in re.findall(r"^(\S+) -> \[([\d,]*)\]", log.read_text(), re.MULTILINE):
                found |= {(address, int(port)): None for port in ports.split(",") if port}
        return found
    return [command], 1, read


TOOLS = {
    "netscan": (str(NETSCAN), ours(["--profile", "quick"])),
    "nmap": ("nmap", nmap(["-sS", "-T4", "-Pn"])),
    "nmap-by-hand": ("nmap", nmap_by_hand),
    "masscan": ("masscan", masscan),
    "rustscan": ("rustscan", rustscan),
    "netscan-connect": (str(NETSCAN), ours(["--profile", "quick"], ["setpriv", "--bounding-set=-net_raw"])),
    "nmap-connect": ("nmap", nmap(["-sT", "-T4", "-Pn"])),
    "netscan-versions": (str(NETSCAN), ours(["--profile", "default"])),
    "nmap-versions": ("nmap", nmap(["-sS", "-sV", "-T4", "-Pn"])),
}


if __name__ == "__main__":
    main()
