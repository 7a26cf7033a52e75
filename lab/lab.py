#!/usr/bin/env python3
"""The lab: two network namespaces, a wire between them, and hosts that are known to the last port.

    run COMMAND in        ┌───────────────┐  veth, or two TAP devices   ┌───────────────┐
    PREFIX-scan  ────────▶│ PREFIX-scan   │◀───── and the wire ────────▶│ PREFIX-hosts  │ addresses, firewall,
                          └───────────────┘                             └───────────────┘ services.py

`up` starts one keeper process. It makes everything, starts the services and the wire as children that
the kernel kills with it, and takes the lab down when it is told to, when a child ends, or when the
process named by --owner does. What only a killed keeper can leave behind, `sweep` removes.
"""

import argparse
import contextlib
import ctypes
import fcntl
import ipaddress
import json
import os
import pathlib
import secrets
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import scenario  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
STATE = pathlib.Path("/run/netscan-lab")
NETNS_FILES = pathlib.Path("/etc/netns")
READY_WITHIN_S = 60
GONE_WITHIN_S = 10
WIRE_BACKLOG = "50000"

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
TUNSETIFF = 0x400454CA
IFF_TAP_NO_PACKET_INFORMATION = 0x0002 | 0x1000
libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """Something people should read, without a trace."""


def main():
    arguments = parse_arguments()
    try:
        sys.exit(arguments.command(arguments))
    except (LabError, subprocess.CalledProcessError) as error:
        sys.exit(f"lab: {error}")


def parse_arguments():
    parser = argparse.ArgumentParser(description="A network of known hosts to scan, in namespaces of its own.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name, function, about):
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(command=function)
        return added

    def describing(added):
        added.add_argument("--scenario", choices=scenario.SCENARIOS, default="small")
        added.add_argument("--seed", type=int, default=1)
        added.add_argument("--delay", type=float, metavar="MS", help="round trip in milliseconds, instead of the scenario's")
        added.add_argument("--loss", type=float, metavar="PERCENT", help="frames lost, each way")
        added.add_argument("--routed", action=argparse.BooleanOptionalAction, default=None,
                           help="hosts behind a router, so that ARP finds none of them")

    def making(added):
        describing(added)
        added.add_argument("--prefix", help="name of this lab; made up if not given")

    def naming(added):
        added.add_argument("--prefix", help="which lab; needed only when several are up")

    def running(added):
        added.add_argument("argv", nargs="+", metavar="COMMAND")

    up = command("up", show_up, "make a lab and print its prefix")
    making(up)
    up.add_argument("--owner", type=int, metavar="PID", help="take the lab down when this process ends")
    naming(command("down", take_down, "remove a lab; nothing to do is no error"))
    naming(command("truth", show_truth, "print what the lab holds"))
    describing(command("describe", show_description, "print what a lab would hold, without making it"))
    execute = command("exec", execute_inside, "run a command in the scanner's namespace")
    naming(execute)
    running(execute)
    run = command("run", run_inside, "make a lab, run a command in the scanner's namespace, remove the lab")
    making(run)
    running(run)
    command("list", show_labs, "print the labs that are up")
    command("sweep", sweep_labs, "remove what killed labs have left").add_argument(
        "--all", action="store_true", help="and those that are up")
    keep = command("keep", keep_lab, "for `up` only")
    keep.add_argument("settings", type=json.loads)
    return parser.parse_args()


# The commands.


def show_up(arguments):
    print(bring_up(arguments, arguments.owner))


def run_inside(arguments):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    prefix = bring_up(arguments, os.getpid())
    child = None
    try:
        child = subprocess.Popen(inside(prefix, arguments.argv), env=environment(prefix))
        status = child.wait()
        return status if status >= 0 else 128 - status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        if child and child.poll() is None:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=5)
            child.kill()
        remove(prefix)


def execute_inside(arguments):
    prefix = chosen(arguments.prefix)
    os.execvpe("ip", inside(prefix, arguments.argv), environment(prefix))


def show_truth(arguments):
    print((STATE / chosen(arguments.prefix) / "truth.json").read_text(), end="")


def show_description(arguments):
    print(as_json(described(arguments)), end="")


def take_down(arguments):
    prefixes = [arguments.prefix] if arguments.prefix else labs()
    if len(prefixes) > 1:
        raise LabError(f"several labs are up, name one with --prefix: {' '.join(prefixes)}")
    for prefix in prefixes:
        remove(prefix)


def show_labs(_arguments):
    for prefix in labs():
        truth = json.loads((STATE / prefix / "truth.json").read_text())
        state = "up" if keeper_lives(prefix) else "left behind"
        print(f"{prefix}  {truth['scenario']}  seed {truth['seed']}  {state}")


def sweep_labs(arguments):
    for prefix in labs():
        if arguments.all or not keeper_lives(prefix):
            remove(prefix)
            print(f"removed {prefix}")


# From the outside: starting a keeper, finding one, ending one.


def described(arguments):
    return scenario.describe(arguments.scenario, arguments.seed, arguments.delay, arguments.loss, arguments.routed)


def bring_up(arguments, owner):
    for tool in ("ip", "nft", "openssl"):
        if shutil.which(tool) is None:
            raise LabError(f"there is no {tool}: install iproute2, nftables and openssl")
    if os.geteuid() != 0:
        raise LabError("only root may make network namespaces")
    for prefix in labs():
        if not keeper_lives(prefix):
            remove(prefix)
    prefix = arguments.prefix or f"nsl{secrets.token_hex(3)}"
    settings = {"prefix": prefix, "owner": owner, "truth": described(arguments)}
    start_keeper(settings)
    return prefix


def start_keeper(settings):
    told, telling = os.pipe()
    settings_file = os.memfd_create("settings")
    os.write(settings_file, json.dumps(settings).encode())
    command = [sys.executable, str(HERE / "lab.py"), "keep", json.dumps({"settings": settings_file, "telling": telling})]
    # Its standard error stays ours only until the lab is up: who reads it must see its end.
    with open(os.devnull, "r+b") as null:
        keeper = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True,
                                  pass_fds=(telling, settings_file))
    os.close(telling)
    os.close(settings_file)
    with open(told, encoding="utf-8") as answer:
        ready, _, _ = select.select([answer], [], [], READY_WITHIN_S)
        word = answer.readline().strip() if ready else f"it did not come up within {READY_WITHIN_S} s"
    if word != "ready":
        keeper.kill()
        keeper.wait()
        raise LabError(f"cannot make the lab: {word or 'its keeper was killed'}")
    # The lab outlives this process, and its keeper is nobody's zombie then.
    keeper.returncode = 0


def labs():
    if not STATE.is_dir():
        return []
    return sorted(path.name for path in STATE.iterdir() if path.is_dir() and not path.name.startswith("."))


def chosen(prefix):
    known = labs()
    if prefix is None and len(known) == 1:
        return known[0]
    if prefix is None:
        raise LabError("no lab is up" if not known else f"several labs are up, name one with --prefix: {' '.join(known)}")
    if prefix not in known:
        raise LabError(f"there is no lab {prefix}")
    return prefix


def processes(prefix):
    try:
        return json.loads((STATE / prefix / "processes.json").read_text())
    except FileNotFoundError:
        return {}


def keeper_lives(prefix):
    keeper = processes(prefix).get("keeper")
    return keeper is not None and is_same_process(keeper)


def remove(prefix):
    """Ends the processes that this lab recorded, and only those, then removes its names."""
    recorded = processes(prefix)
    for process in recorded.values():
        if process["pid"] != os.getpid():
            end(process)
    remove_names(prefix)


def end(process):
    """Asks a process to end, waits, and kills it if it does not. A process that took its number is left alone."""
    try:
        handle = os.pidfd_open(process["pid"])
    except ProcessLookupError:
        return
    with contextlib.closing(os.fdopen(handle, "rb", buffering=0)):
        if not is_same_process(process):
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, number)
            if select.select([handle], [], [], GONE_WITHIN_S)[0]:
                return


def remove_names(prefix):
    for name in (scanner_of(prefix), hosts_of(prefix)):
        subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
    shutil.rmtree(NETNS_FILES / scanner_of(prefix), ignore_errors=True)
    with contextlib.suppress(OSError):
        NETNS_FILES.rmdir()
    shutil.rmtree(STATE / prefix, ignore_errors=True)


def scanner_of(prefix):
    return f"{prefix}-scan"


def hosts_of(prefix):
    return f"{prefix}-hosts"


def inside(prefix, argv):
    return ["ip", "netns", "exec", scanner_of(prefix), *argv]


def environment(prefix):
    return {**os.environ, "LAB_PREFIX": prefix, "LAB_TRUTH": str(STATE / prefix / "truth.json")}


def identity(pid):
    return {"pid": pid, "started": started_at(pid)}


def started_at(pid):
    """When a process was started, in ticks since boot; with its number it names it for ever."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(text.rsplit(")", 1)[1].split()[19])


def is_same_process(process):
    try:
        return started_at(process["pid"]) == process["started"] and not is_zombie(process["pid"])
    except (FileNotFoundError, ProcessLookupError):
        return False


def is_zombie(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def as_json(value):
    return json.dumps(value, indent=1) + "\n"


# The keeper.


def keep_lab(arguments):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with os.fdopen(arguments.settings["settings"], "rb") as file:
        file.seek(0)
        settings = json.load(file)
    prefix, truth = settings["prefix"], settings["truth"]
    with os.fdopen(arguments.settings["telling"], "w") as telling:
        try:
            claim(prefix, truth)
        except LabError as error:
            telling.write(f"{error}\n")
            return 1
        try:
            owner = os.pidfd_open(settings["owner"]) if settings["owner"] else None
            children = make(prefix, truth)
        except BaseException as error:
            remove_names(prefix)
            if not isinstance(error, SystemExit):
                telling.write(f"{failure_of(error)}\n".replace("\n", " "))
            raise
        try:
            print("ready", file=telling, flush=True)
        except BrokenPipeError:
            # Whoever wanted the lab is gone.
            return close(prefix, children)
    try:
        watched = [os.pidfd_open(child.pid) for child in children] + ([owner] if owner else [])
        select.select(watched, [], [])
    finally:
        close(prefix, children)


def claim(prefix, truth):
    """Takes the name, so that two keepers cannot have it, and says who keeps it."""
    STATE.mkdir(mode=0o755, exist_ok=True)
    made = STATE / f".{prefix}.{os.getpid()}"
    made.mkdir()
    (made / "truth.json").write_text(as_json(truth))
    (made / "processes.json").write_text(json.dumps({"keeper": identity(os.getpid())}))
    try:
        made.rename(STATE / prefix)
    except OSError as error:
        shutil.rmtree(made)
        raise LabError(f"there is a lab {prefix} already") from error


def failure_of(error):
    if isinstance(error, subprocess.CalledProcessError):
        return f"{' '.join(error.cmd[:6])}: {(error.stderr or '').strip()}"
    return f"{type(error).__name__}: {error}"


def close(prefix, children):
    for child in children:
        child.kill()
        child.wait()
    remove_names(prefix)


def make(prefix, truth):
    """Makes the namespaces and all that is in them. Returns the children that must live."""
    for name in (scanner_of(prefix), hosts_of(prefix)):
        call(["ip", "netns", "add", name])
    settle(prefix)
    write_resolver(prefix, truth)
    children = []
    try:
        children += connect(prefix, truth)
        address(prefix, truth)
        call(["ip", "netns", "exec", hosts_of(prefix), "nft", "-f", "-"], firewall(truth["hosts"]))
        children.append(start_services(prefix))
        recorded = dict(zip(["keeper", *(f"child {number}" for number in range(len(children)))],
                            map(identity, [os.getpid(), *(child.pid for child in children)])))
        (STATE / prefix / "processes.json").write_text(json.dumps(recorded))
        return children
    except BaseException:
        for child in children:
            child.kill()
        raise


def call(argv, text=None):
    subprocess.run(argv, input=text, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)


def settle(prefix):
    """Settings that must stand before an interface comes up, and limits that would blur the truth."""
    both = {
        "net.ipv6.conf.all.disable_ipv6": 0, "net.ipv6.conf.default.disable_ipv6": 0,
        # Addresses may be used at once, and nobody asks for routers.
        "net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.default.router_solicitations": 0,
    }
    hosts = {
        # A host answers closed UDP ports at once. The kernel's one message per second would look like loss.
        "net.ipv4.icmp_ratelimit": 0, "net.ipv6.icmp.ratelimit": 0, "net.ipv4.icmp_msgs_per_sec": 1_000_000,
        "net.ipv4.icmp_msgs_burst": 1_000_000,
        "net.ipv4.ip_forward": 0, "net.core.somaxconn": 4096, "net.ipv4.tcp_max_syn_backlog": 65_536,
        "net.ipv4.icmp_echo_ignore_broadcasts": 1,
    }
    scanner = {"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.ping_group_range": "0 2147483647"}
    for name, values in ((scanner_of(prefix), {**both, **scanner}), (hosts_of(prefix), {**both, **hosts})):
        with namespace(name):
            for key, value in values.items():
                # Some of them exist only in newer kernels, or once for all namespaces.
                with contextlib.suppress(OSError):
                    pathlib.Path("/proc/sys", *key.split(".")).write_text(str(value))


def write_resolver(prefix, truth):
    """`ip netns exec` shows this to commands as /etc/resolv.conf, so that no question leaves the lab."""
    place = NETNS_FILES / scanner_of(prefix)
    place.mkdir(parents=True, exist_ok=True)
    line = f"nameserver {truth['resolver']}\n" if truth["resolver"] else "# The lab has no DNS.\n"
    (place / "resolv.conf").write_text(line)


@contextlib.contextmanager
def namespace(name):
    """This thread, inside the namespace for a while."""
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{name}", "rb") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


def enter(file):
    if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def connect(prefix, truth):
    """Joins the two namespaces with `eth0` on both sides. Returns the wire, if it takes one."""
    slow = {host["address"]: host["answer_after_ms"] for host in truth["hosts"] if host["answer_after_ms"]}
    if not (slow or truth["delay_ms"] or truth["loss_percent"]):
        call(["ip", "-n", scanner_of(prefix), "link", "add", "eth0", "type", "veth",
              "peer", "name", "eth0", "netns", hosts_of(prefix)])
        return []
    command = [build_wire(), "--delay-us", str(round(truth["delay_ms"] * 500)), "--loss", str(truth["loss_percent"]),
               "--seed", str(truth["seed"] % 2**64)]
    for address, extra_ms in slow.items():
        command += ["--slow", f"{address}={extra_ms}"]
    with open_tap(scanner_of(prefix)) as near, open_tap(hosts_of(prefix)) as far:
        wire = subprocess.Popen(command, stdin=near, stdout=far, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    for name in (scanner_of(prefix), hosts_of(prefix)):
        call(["ip", "-n", name, "link", "set", "eth0", "txqueuelen", WIRE_BACKLOG])
    return [wire]


def open_tap(name):
    with namespace(name):
        tap = open("/dev/net/tun", "r+b", buffering=0)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP_NO_PACKET_INFORMATION))
    return tap


def build_wire():
    """The wire, compiled once for each version of its source."""
    source = HERE / "wire.rs"
    place = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent / "target")) / "lab"
    built = place / "wire"
    if built.exists() and built.stat().st_mtime > source.stat().st_mtime:
        return str(built)
    place.mkdir(parents=True, exist_ok=True)
    # A directory of its own: two compilers side by side would overwrite each other's object files.
    with tempfile.TemporaryDirectory(dir=place) as workshop:
        fresh = pathlib.Path(workshop) / "wire"
        call(["rustc", "--edition", "2024", "--crate-name", "wire", "-C", "opt-level=3", "-o", str(fresh), str(source)])
        fresh.rename(built)
    return str(built)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def address(prefix, truth):
    near, far = [], []
    for network, scanner in zip(map(ipaddress.ip_network, truth["networks"]), truth["scanner"]):
        near += scanner_addresses(network, scanner, truth["routed"])
        far += hosts_addresses(network, scanner, truth["routed"])
    for host in truth["hosts"]:
        # A full prefix each: no address of the network is special, the first and the last may be hosts.
        far.append(f"addr add {host['address']}/{ipaddress.ip_address(host['address']).max_prefixlen} dev eth0")
    for name, lines in ((scanner_of(prefix), near), (hosts_of(prefix), far)):
        lines = ["link set lo up", "link set eth0 up", *lines]
        call(["ip", "-n", name, "-batch", "-"], "\n".join(lines) + "\n")


def router_of(scanner):
    return str(ipaddress.ip_address(scanner) - 1)


def scanner_addresses(network, scanner, routed):
    if routed:
        length = ipaddress.ip_address(scanner).max_prefixlen - 2
        return [f"addr add {scanner}/{length} dev eth0", f"route add {network} via {router_of(scanner)}"]
    return [f"addr add {scanner}/{15 if network.version == 4 else 64} dev eth0"]


def hosts_addresses(network, scanner, routed):
    length = ipaddress.ip_address(scanner).max_prefixlen
    router = [f"addr add {router_of(scanner)}/{length} dev eth0"] if routed else []
    return [*router, f"route add {scanner}/{length} dev eth0"]


def firewall(hosts):
    """Everything that does not answer, or answers with ICMP. What no rule names is the kernel's: open or RST."""
    return "\n".join(firewall_table(*family, hosts) for family in (
        (4, "ip", "icmp", "ipv4_addr"), (6, "ip6", "icmpv6", "ipv6_addr")))


def firewall_table(version, word, control, kind, hosts):
    hosts = [host for host in hosts if ipaddress.ip_address(host["address"]).version == version]
    filtering = [host for host in hosts if host["tcp"]["default"] == "filtered"]
    port_kind = f"{kind} . inet_proto . inet_service"
    port = f"{word} daddr . meta l4proto . th dport"
    # In this order, and only where there is something to match: every rule costs every packet time.
    rules = [
        ("deaf", kind, [host["address"] for host in hosts if not host["answers_ping"]],
         f"{word} daddr @deaf {control} type echo-request drop"),
        ("open_ports", port_kind, ports_of(filtering, lambda ports: [entry["port"] for entry in ports["open"]]),
         f"{port} @open_ports accept"),
        ("blocked_ports", port_kind, ports_of(hosts, lambda ports: ports["filtered"]), f"{port} @blocked_ports drop"),
        ("rejecting", kind, [host["address"] for host in filtering if host["manner"] == "rejecting"],
         f"meta l4proto {{ tcp, udp }} {word} daddr @rejecting reject with {control} type admin-prohibited"),
        ("filtering", kind, [host["address"] for host in filtering if host["manner"] != "rejecting"],
         f"meta l4proto {{ tcp, udp }} {word} daddr @filtering drop"),
    ]
    rules = [rule for rule in rules if rule[2]]
    if not rules:
        return ""
    sets = [f"set {name} {{ type {of}; elements = {{ {', '.join(elements)} }}; }}" for name, of, elements, _rule in rules]
    chain = ["chain input {", "type filter hook input priority 0; policy accept;", *(rule for *_set, rule in rules), "}"]
    return "\n".join([f"table {word} lab {{", *sets, *chain, "}"])


def ports_of(hosts, chosen_ports):
    return [f"{host['address']} . {protocol} . {port}"
            for host in hosts for protocol in ("tcp", "udp") for port in chosen_ports(host[protocol])]


def start_services(prefix):
    certificate = STATE / prefix / "certificate.pem"
    make_certificate(certificate)
    command = ["ip", "netns", "exec", hosts_of(prefix), sys.executable, str(HERE / "services.py"),
               str(STATE / prefix / "truth.json"), str(certificate)]
    with open(STATE / prefix / "services.log", "wb") as log:
        services = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                    preexec_fn=die_with_parent)
    if services.stdout.readline() != b"ready\n":
        services.kill()
        raise LabError(f"the services did not start: {(STATE / prefix / 'services.log').read_text()[-500:]}")
    return services


def make_certificate(place):
    """For the TLS services: names of this lab, signed by itself."""
    call(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-days", "30", "-subj", "/O=Lab/CN=www.lab.test", "-addext", "subjectAltName=DNS:www.lab.test,DNS:lab.test",
          "-keyout", str(place), "-out", str(place) + ".crt"])
    with open(place, "ab") as file:
        file.write(pathlib.Path(str(place) + ".crt").read_bytes())


if __name__ == "__main__":
    main()
