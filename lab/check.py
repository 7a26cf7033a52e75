#!/usr/bin/env python3
"""Holds the lab to its word: what plain nmap finds must equal the truth, and nothing may be left behind.

`check.py` takes about a minute. `check.py bench` checks the larger scenarios too. Any other word keeps only the
checks that have it in their name.
"""

import contextlib
import ipaddress
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
SCAN_WITHIN_S = 300
DEADLINE_S = 15


def main(arguments):
    words = [word for word in arguments if word != "bench"]
    checks = CHECKS + (BENCH_CHECKS if "bench" in arguments else [])
    checks = [check for check in checks if all(word in check.__name__ for word in words)]
    passed = sum(succeeds(check) for check in checks)
    print(f"{passed} passed, {len(checks) - passed} failed")
    return 0 if checks and passed == len(checks) else 1


def succeeds(check):
    name = check.__name__.replace("_", " ")
    started = time.monotonic()
    try:
        check()
    except (AssertionError, subprocess.SubprocessError) as error:
        print(f"FAILED  {name}\n        {error}")
        return False
    print(f"ok      {name} ({time.monotonic() - started:.1f} s)")
    return True


# Using the lab.


def lab(*arguments):
    answer = subprocess.run([sys.executable, str(HERE / "lab.py"), *arguments], capture_output=True, text=True,
                            check=False, timeout=SCAN_WITHIN_S)
    assert answer.returncode == 0, f"lab.py {' '.join(arguments[:8])}: {answer.stderr[-400:]}"
    return answer.stdout


@contextlib.contextmanager
def up(*arguments):
    prefix = lab("up", "--owner", str(os.getpid()), *arguments).strip()
    try:
        yield prefix, json.loads(lab("truth", "--prefix", prefix))
    finally:
        lab("down", "--prefix", prefix)


def scan(prefix, *options):
    """What nmap says of hosts that it calls up: address to ports."""
    text = lab("exec", "--prefix", prefix, "--", "nmap", "-n", "-T4", "-oX", "-", *options)
    hosts = {}
    for host in xml.etree.ElementTree.fromstring(text).iter("host"):
        if host.find("status").get("state") == "up":
            address = next(found.get("addr") for found in host.iter("address") if found.get("addrtype") != "mac")
            hosts[address] = list(host.iter("port"))
    return hosts


def states(ports):
    return {(port.get("protocol"), int(port.get("portid"))): port.find("state").get("state") for port in ports}


def in_state(hosts, *wanted):
    found = {address: {key for key, state in states(ports).items() if state in wanted} for address, ports in hosts.items()}
    return {address: keys for address, keys in found.items() if keys}


def of_version(truth, version):
    return [host for host in truth["hosts"] if ipaddress.ip_address(host["address"]).version == version]


def open_ports(hosts, protocol, claim=lambda _entry: True):
    found = {host["address"]: {(protocol, entry["port"]) for entry in host[protocol]["open"] if claim(entry)} for host in hosts}
    return {address: keys for address, keys in found.items() if keys}


def same(found, expected, what):
    if found == expected:
        return
    either = sorted(set(found) | set(expected))
    differing = [f"{key}: found {found.get(key)}, truth {expected.get(key)}" for key in either if found.get(key) != expected.get(key)]
    raise AssertionError(f"{what}, {len(differing)} differ: " + "; ".join(differing[:4]))


def wait_until(claim, what):
    end = time.monotonic() + DEADLINE_S
    while not claim():
        assert time.monotonic() < end, f"not within {DEADLINE_S} s: {what}"
        time.sleep(0.05)


def is_gone(prefix):
    names = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    return prefix not in names and prefix not in lab("list")


def recorded(prefix):
    return json.loads((pathlib.Path("/run/netscan-lab") / prefix / "processes.json").read_text())


def is_running(process):
    try:
        fields = pathlib.Path(f"/proc/{process['pid']}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[19]) == process["started"] and fields[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


# What nmap finds.


def same_seed_gives_the_same_lab_and_another_seed_another():
    first, again, other = lab("describe", "--seed", "5"), lab("describe", "--seed", "5"), lab("describe", "--seed", "6")

    assert first == again, "seed 5 gave two labs"
    assert json.loads(first)["hosts"] != json.loads(other)["hosts"], "seeds 5 and 6 gave one lab"


def syn_scan_finds_the_hosts_and_ports_of_the_truth():
    compare_tcp("-sS", seed=1)


def connect_scan_finds_the_hosts_and_ports_of_the_truth():
    compare_tcp("-sT", seed=2)


def a_round_trip_of_1_ms_changes_nothing():
    compare_tcp("-sS", "--delay", "1", seed=3)


def compare_tcp(technique, *settings, seed):
    with up("--seed", str(seed), *settings) as (prefix, truth):
        ports = truth["survey"]["tcp"]
        # With -d3 nmap names every port, however many of one state there are.
        found = scan(prefix, technique, "-d3", "-p", ports, truth["networks"][0])
        hosts = of_version(truth, 4)

        same(set(found), {host["address"] for host in hosts}, "hosts that answer ARP")
        same(in_state(found, "open"), open_ports(hosts, "tcp"), "open ports")
        same(in_state(found, "filtered"), filtered_ports(hosts, ports), "filtered ports")


def the_wire_loses_what_it_is_told_to():
    with up("--loss", "10") as (prefix, truth):
        scan(prefix, "-sS", "--max-retries", "0", "--min-rate", "2000", "-p", "1-100", truth["networks"][0])
        sent, came = frames(f"{prefix}-scan", "tx"), frames(f"{prefix}-hosts", "rx")

        assert 0.07 < 1 - came / sent < 0.13, f"of {sent} frames {came} came"


def frames(namespace, direction):
    text = subprocess.run(["ip", "-n", namespace, "-j", "-s", "link", "show", "eth0"], capture_output=True, check=True).stdout
    return json.loads(text)[0]["stats64"][direction]["packets"]


def a_loss_of_1_percent_opens_no_port_and_hides_hardly_any():
    with up("--seed", "4", "--delay", "1", "--loss", "1") as (prefix, truth):
        found = scan(prefix, "-sS", "-p", truth["survey"]["tcp"], truth["networks"][0])
        seen, true = flat(in_state(found, "open")), flat(open_ports(of_version(truth, 4), "tcp"))

        assert seen <= true, f"not in the truth: {seen - true}"
        assert len(true - seen) <= 3, f"not found: {true - seen}"


def flat(hosts):
    return {(address, *key) for address, keys in hosts.items() for key in keys}


def filtered_ports(hosts, ports):
    found = {}
    for host in hosts:
        tcp = host["tcp"]
        is_open = {entry["port"] for entry in tcp["open"]}
        asked = set(map(int, ports.split(",")))
        filtered = asked - is_open if tcp["default"] == "filtered" else asked & set(tcp["filtered"])
        if filtered:
            found[host["address"]] = {("tcp", port) for port in filtered}
    return found


def udp_scan_finds_what_answers_and_what_stays_silent():
    with up("--seed", "1") as (prefix, truth):
        found = scan(prefix, "-sU", "-p", truth["survey"]["udp"], truth["networks"][0])
        hosts = of_version(truth, 4)
        closing = [host for host in hosts if host["udp"]["default"] == "closed" and not host["udp"]["filtered"]]
        silent = open_ports(closing, "udp", lambda entry: not entry["answers"])

        same(in_state(found, "open"), open_ports(hosts, "udp", lambda entry: entry["answers"]), "open UDP ports")
        unanswered = in_state({host["address"]: found[host["address"]] for host in closing}, "open|filtered")
        same(unanswered, silent, "open UDP ports that say nothing")


def ipv6_hosts_are_those_of_the_truth():
    with up("--seed", "1") as (prefix, truth):
        hosts = of_version(truth, 6)
        addresses = [str(address) for address in ipaddress.ip_network(truth["networks"][1])]
        found = scan(prefix, "-6", "-sS", "-p", truth["survey"]["tcp"], *addresses)

        same(set(found), {host["address"] for host in hosts}, "hosts that answer")
        same(in_state(found, "open"), open_ports(hosts, "tcp"), "open ports")


def behind_a_router_filtering_hosts_are_found_only_when_asked_outright():
    with up("--seed", "1", "--routed") as (prefix, truth):
        hosts = of_version(truth, 4)
        answering = {host["address"] for host in hosts if host["answers_ping"]}

        same(set(scan(prefix, "-sn", "-PE", truth["networks"][0])), answering, "hosts that answer a ping")
        found = scan(prefix, "-sS", "-Pn", "-p", truth["survey"]["tcp"], *(host["address"] for host in hosts))
        same(in_state(found, "open"), open_ports(hosts, "tcp"), "open ports")


def version_detection_names_the_services_of_the_truth():
    with up("--seed", "1") as (prefix, truth):
        chosen = one_of_each_kind(of_version(truth, 4))
        ports = ",".join(str(entry["port"]) for _address, entry in chosen)
        found = scan(prefix, "-sS", "-sV", "-p", ports, *sorted({address for address, _entry in chosen}))

        for address, entry in chosen:
            port = next(port for port in found[address] if port.get("portid") == str(entry["port"]))
            seen = {key: port.find("service").get(key) for key in ("name", "product", "version", "tunnel")}
            expected = {"name": entry["service"], **{key: entry[key] for key in ("product", "version", "tunnel")}}
            same(seen, expected, f"{entry['kind']} on {address} port {entry['port']}")


def one_of_each_kind(hosts):
    """Only on hosts without a service that says nothing or waits: those cost nmap seconds each."""
    chosen = {}
    for host in hosts:
        if all(entry["service"] and not entry["waits_ms"] for entry in host["tcp"]["open"]):
            for entry in host["tcp"]["open"]:
                chosen.setdefault(entry["kind"], (host["address"], entry))
    return list(chosen.values())


def a_late_answer_is_late_by_what_the_truth_says():
    with up("--seed", "1") as (prefix, truth):
        host = next(host for host in truth["hosts"] if host["answer_after_ms"])
        started = time.monotonic()
        scan(prefix, "-sT", "-p", "1", host["address"])

        assert time.monotonic() - started >= host["answer_after_ms"] / 1000, "it answered at once"


def names_resolve_inside_the_lab():
    with up("--seed", "1") as (prefix, truth):
        host = truth["hosts"][-1]
        question = f"import socket; print(socket.getaddrinfo({host['name']!r}, 1)[0][4][0])"
        answer = lab("exec", "--prefix", prefix, "--", sys.executable, "-c", question).strip()

        same(answer, host["address"], f"address of {host['name']}")


# What is left behind.


def two_labs_stand_side_by_side():
    with up("--seed", "1") as (first, one), up("--seed", "2") as (second, two):
        for prefix, truth in ((first, one), (second, two)):
            found = scan(prefix, "-sS", "-p", truth["survey"]["tcp"], truth["networks"][0])
            same(in_state(found, "open"), open_ports(of_version(truth, 4), "tcp"), f"open ports in {prefix}")


def down_leaves_nothing_and_may_be_said_twice():
    prefix = lab("up").strip()
    children = recorded(prefix)

    lab("down", "--prefix", prefix)
    lab("down", "--prefix", prefix)

    assert is_gone(prefix), f"{prefix} is still there"
    assert not any(map(is_running, children.values())), "a process is still there"


def a_lab_goes_with_its_owner():
    owner = subprocess.Popen(["sleep", "60"])
    prefix = lab("up", "--owner", str(owner.pid)).strip()
    children = recorded(prefix)

    owner.kill()
    owner.wait()

    wait_until(lambda: is_gone(prefix) and not any(map(is_running, children.values())), "the lab is gone")


def a_killed_keeper_takes_its_children_along_and_sweep_does_the_rest():
    prefix = lab("up").strip()
    children = recorded(prefix)

    os.kill(children["keeper"]["pid"], signal.SIGKILL)
    wait_until(lambda: not any(map(is_running, children.values())), "all processes have ended")
    assert f"removed {prefix}" in lab("sweep")

    assert is_gone(prefix), f"{prefix} is still there"


def a_killed_run_leaves_nothing():
    prefix = f"nslrun{os.getpid()}"
    run = subprocess.Popen([sys.executable, str(HERE / "lab.py"), "run", "--prefix", prefix, "--", "sleep", "3"])
    wait_until(lambda: prefix in lab("list"), "the lab is there")

    run.kill()
    run.wait()

    wait_until(lambda: is_gone(prefix), "the lab is gone")


def run_returns_the_status_of_its_command():
    status = subprocess.run([sys.executable, str(HERE / "lab.py"), "run", "--", "sh", "-c", "exit 7"], check=False).returncode

    same(status, 7, "exit status")


# The larger scenarios.


def live_hosts_have_the_ports_of_the_truth():
    compare_bench("live", "-Pn", "--top-ports", "1000", "--min-rate", "20000")


def deep_hosts_have_the_ports_of_the_truth():
    compare_bench("deep", "-Pn", "-p-", "--min-rate", "20000")


def filtering_hosts_have_the_ports_of_the_truth():
    compare_bench("filtering", "-Pn", "--top-ports", "1000", "--min-rate", "20000")


def wide_network_has_the_ports_of_the_truth():
    with up("--scenario", "wide") as (prefix, truth):
        found = scan(prefix, "-sS", "-p", truth["survey"]["tcp"], "-Pn", *(host["address"] for host in truth["hosts"]))
        same(in_state(found, "open"), open_ports(truth["hosts"], "tcp"), "open ports")


def compare_bench(name, *options):
    with up("--scenario", name) as (prefix, truth):
        found = scan(prefix, "-sS", *options, truth["networks"][0])
        same(in_state(found, "open"), open_ports(truth["hosts"], "tcp"), "open ports")


BENCH_CHECKS = [
    live_hosts_have_the_ports_of_the_truth,
    deep_hosts_have_the_ports_of_the_truth,
    filtering_hosts_have_the_ports_of_the_truth,
    wide_network_has_the_ports_of_the_truth,
]
CHECKS = [
    same_seed_gives_the_same_lab_and_another_seed_another,
    syn_scan_finds_the_hosts_and_ports_of_the_truth,
    connect_scan_finds_the_hosts_and_ports_of_the_truth,
    a_round_trip_of_1_ms_changes_nothing,
    the_wire_loses_what_it_is_told_to,
    a_loss_of_1_percent_opens_no_port_and_hides_hardly_any,
    udp_scan_finds_what_answers_and_what_stays_silent,
    ipv6_hosts_are_those_of_the_truth,
    behind_a_router_filtering_hosts_are_found_only_when_asked_outright,
    version_detection_names_the_services_of_the_truth,
    a_late_answer_is_late_by_what_the_truth_says,
    names_resolve_inside_the_lab,
    two_labs_stand_side_by_side,
    down_leaves_nothing_and_may_be_said_twice,
    a_lab_goes_with_its_owner,
    a_killed_keeper_takes_its_children_along_and_sweep_does_the_rest,
    a_killed_run_leaves_nothing,
    run_returns_the_status_of_its_command,
]

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
