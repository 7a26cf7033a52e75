"""What a lab holds: every host, port and manner of answering, drawn from a seed.

`describe` is the only source. `lab.py` configures addresses, firewall and wire from what it returns,
`services.py` answers from it, and tests compare against it: nothing in it comes from scanning.
"""

import ipaddress
import random

# Names and versions are those that `nmap -sV` gives. `kind` says which imitation in services.py answers.
KINDS = {
    "ssh": {"service": "ssh", "product": "OpenSSH", "version": "9.2p1 Debian 2+deb12u3", "ports": [22, 2222]},
    "ftp": {"service": "ftp", "product": "vsftpd", "version": "3.0.3", "ports": [21]},
    "smtp": {"service": "smtp", "product": "Postfix smtpd", "version": None, "ports": [25, 587]},
    "http": {"service": "http", "product": "nginx", "version": "1.22.1", "ports": [80, 8080, 8000]},
    "pop3": {"service": "pop3", "product": "Dovecot pop3d", "version": None, "ports": [110]},
    "imap": {"service": "imap", "product": "Dovecot imapd", "version": None, "ports": [143]},
    "mysql": {"service": "mysql", "product": "MySQL", "version": "8.0.36", "ports": [3306]},
    "redis": {"service": "redis", "product": "Redis key-value store", "version": "7.0.15", "ports": [6379]},
    "echo": {"service": "echo", "product": None, "version": None, "ports": [7]},
    "silent": {"service": None, "product": None, "version": None, "ports": [5900, 9000]},
    "tarpit": {"service": None, "product": None, "version": None, "ports": [2323]},
    "dns": {"service": "domain", "product": "dnsmasq", "version": "2.89", "ports": [53]},
    # These two are not imitated: Python's own http.server, plain and behind TLS.
    "real-http": {"service": "http", "product": "SimpleHTTPServer", "version": "0.6", "ports": [8888]},
    "real-https": {"service": "http", "product": "SimpleHTTPServer", "version": "0.6", "ports": [443, 8443], "tunnel": "ssl"},
}
DATAGRAM_KINDS = {
    "dns": {"service": "domain", "port": 53, "answers": True},
    "echo": {"service": "echo", "port": 7, "answers": True},
    "ntp": {"service": "ntp", "port": 123, "answers": True},
    "silent": {"service": None, "port": 5353, "answers": False},
}
COMMON = ["ssh", "ftp", "smtp", "http", "pop3", "imap", "mysql", "echo", "silent", "real-http", "real-https"]

# All of them, and those of COMMON, are among nmap's 1,000 most common TCP ports; Redis's own is not. Without
# 9100: nmap leaves it out when it looks for versions, since printers print what they are sent.
ODD_PORTS = [
    13, 26, 81, 88, 111, 113, 135, 139, 179, 199, 389, 427, 445, 465, 513, 514, 515, 543, 544, 548, 554, 631,
    646, 873, 990, 993, 995, 1025, 1026, 1027, 1028, 1029, 1110, 1433, 1720, 1723, 1755, 1900, 2000, 2001, 2049,
    2121, 2717, 3000, 3128, 3389, 3986, 4899, 5000, 5009, 5051, 5060, 5101, 5190, 5357, 5432, 5631, 5666, 5800,
    6000, 6001, 6646, 7070, 8008, 8009, 8081, 8443, 9999, 10000, 32768, 49152, 49153, 49154, 49155, 49156,
]
WINDOWS_PORTS = [135, 137, 138, 139, 445]

SCENARIOS = {
    "small": {
        "about": "128 addresses, 64 of them hosts of every manner; 12 hosts over IPv6",
        "network": "10.77.0.0/25", "network6": "fd00:77::/120", "kinds": [*COMMON, "redis"],
        "hosts": {"ordinary": 28, "refusing": 10, "partial": 5, "filtering": 6, "silent": 2, "rejecting": 4,
                  "slow": 4, "hesitant": 4, "tarpit": 1},
        "hosts6": {"ordinary": 8, "refusing": 2, "filtering": 2},
    },
    "live": {
        "about": "256 live hosts, ports of nmap's top 1,000", "network": "10.77.0.0/24",
        "hosts": {"ordinary": 256}, "open": (4, 12), "delay_ms": 1.0,
    },
    "deep": {
        "about": "16 live hosts, open ports anywhere in 65,535", "network": "10.77.0.0/28",
        "hosts": {"ordinary": 16}, "open": (10, 30), "port_range": (1, 65535), "delay_ms": 1.0,
    },
    "filtering": {
        "about": "64 hosts, three quarters of them filtering", "network": "10.77.0.0/26",
        "hosts": {"ordinary": 16, "filtering": 48}, "open": (2, 6), "delay_ms": 1.0,
    },
    "hampered": {
        "about": "200 live hosts, one in twenty of which says a byte every two seconds", "network": "10.77.0.0/24",
        "kinds": ["ssh", "ftp", "smtp", "http", "pop3", "imap"], "hosts": {"ordinary": 190, "tarpit": 10}, "open": (1, 3),
        "delay_ms": 1.0,
    },
    "wide": {
        "about": "a routed /16 with 200 live hosts", "network": "10.77.0.0/16",
        "hosts": {"ordinary": 150, "refusing": 20, "filtering": 30}, "open": (1, 6), "delay_ms": 1.0, "routed": True,
    },
}
SCANNER = "10.76.255.254"
SCANNER6 = "fd00:77::ffff:fffe"


def describe(name, seed, delay_ms=None, loss_percent=None, routed=None):
    """The whole lab as it is written to `truth.json`. The last three replace what the scenario says."""
    scenario = SCENARIOS[name]
    chance = random.Random(f"{name} {seed}")
    networks = [ipaddress.ip_network(scenario["network"])]
    hosts = draw_hosts(chance, networks[0], scenario["hosts"], scenario)
    if "network6" in scenario:
        networks.append(ipaddress.ip_network(scenario["network6"]))
        hosts += draw_hosts(chance, networks[1], scenario["hosts6"], scenario)
    resolver = give_resolver(hosts) if name == "small" else None
    for host in hosts:
        for protocol in ("tcp", "udp"):
            host[protocol]["open"].sort(key=lambda entry: entry["port"])
    return {
        "scenario": name,
        "seed": seed,
        "delay_ms": scenario.get("delay_ms", 0.0) if delay_ms is None else delay_ms,
        "loss_percent": 0.0 if loss_percent is None else loss_percent,
        "routed": scenario.get("routed", False) if routed is None else routed,
        "networks": [str(network) for network in networks],
        "scanner": [SCANNER, SCANNER6][:len(networks)],
        "resolver": resolver,
        "survey": survey(chance, hosts),
        "hosts": hosts,
    }


def draw_hosts(chance, network, counts, scenario):
    manners = [manner for manner, count in counts.items() for _ in range(count)]
    offsets = sorted(chance.sample(range(network.num_addresses), len(manners)))
    chance.shuffle(manners)
    return [draw_host(chance, network[offset], manner, scenario) for offset, manner in zip(offsets, manners)]


def draw_host(chance, address, manner, scenario):
    tcp = {"default": "closed", "open": [], "filtered": []}
    udp = {"default": "closed", "open": [], "filtered": []}
    host = {
        "address": str(address), "name": name_of(address), "state": "up", "manner": manner,
        "answers_ping": True, "answer_after_ms": 0, "tcp": tcp, "udp": udp,
    }
    if manner not in ("refusing", "silent"):
        tcp["open"] = draw_services(chance, scenario)
    if manner in ("ordinary", "partial", "hesitant") and "open" not in scenario:
        udp["open"] = [datagram_service(kind) for kind in chance.sample(["echo", "ntp", "silent"], chance.randint(0, 2))]
    if manner in ("filtering", "silent", "rejecting"):
        tcp["default"] = udp["default"] = "filtered"
    if manner == "filtering":
        host["answers_ping"] = chance.random() < 0.5
    if manner == "silent":
        host.update(state="filtered", answers_ping=False)
    if manner == "partial":
        tcp["filtered"] = udp["filtered"] = list(WINDOWS_PORTS)
        tcp["open"] = [entry for entry in tcp["open"] if entry["port"] not in WINDOWS_PORTS]
    if manner == "slow":
        # Less than nmap's shortest patience of 100 ms: above it, plain nmap itself misses a port now and then.
        host["answer_after_ms"] = chance.randrange(50, 95, 5)
    if manner == "hesitant":
        for entry in (entry for entry in tcp["open"] if not entry["kind"].startswith("real-")):
            entry["waits_ms"] = chance.randrange(1000, 3000, 100)
    if manner == "tarpit":
        tcp["open"].append(stream_service("tarpit", 2323))
    return host


def draw_services(chance, scenario):
    least, most = scenario.get("open", (1, 6))
    by_port = {}
    for number in range(chance.randint(least, most)):
        kind = chance.choice(scenario.get("kinds", COMMON))
        if "port_range" in scenario:
            port = chance.randint(*scenario["port_range"])
        else:
            # The first is where people expect it, so that every kind occurs on its own port. Redis stays there:
            # nmap recognises it nowhere else.
            is_usual = number == 0 or kind == "redis" or chance.random() < 0.6
            port = chance.choice(KINDS[kind]["ports"] if is_usual else ODD_PORTS)
        by_port.setdefault(port, stream_service(kind, port))
    return list(by_port.values())


def stream_service(kind, port):
    known = KINDS[kind]
    return {
        "port": port, "kind": kind, "service": known["service"], "product": known["product"],
        "version": known["version"], "tunnel": known.get("tunnel"), "waits_ms": 0,
    }


def datagram_service(kind):
    known = DATAGRAM_KINDS[kind]
    return {"port": known["port"], "kind": kind, "service": known["service"], "answers": known["answers"]}


def give_resolver(hosts):
    """Lets the first ordinary host answer DNS for all names of the lab."""
    host = next(host for host in hosts if host["manner"] == "ordinary")
    host["tcp"]["open"] = [entry for entry in host["tcp"]["open"] if entry["port"] != 53] + [stream_service("dns", 53)]
    host["udp"]["open"].append(datagram_service("dns"))
    return host["address"]


def name_of(address):
    return "host-" + address.exploded.replace("::", "-").replace(":", "-").replace(".", "-") + ".lab.test"


def survey(chance, hosts):
    """A short list of ports that holds every open one, some filtered ones and some that are closed everywhere."""
    tcp = {entry["port"] for host in hosts for entry in host["tcp"]["open"]}
    tcp |= {port for host in hosts for port in host["tcp"]["filtered"]} | set(chance.sample(ODD_PORTS, 12))
    udp = {known["port"] for known in DATAGRAM_KINDS.values()} | {69, 137, 161, 500}
    return {"tcp": ",".join(map(str, sorted(tcp))), "udp": ",".join(map(str, sorted(udp)))}
