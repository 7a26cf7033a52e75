"""Prints what zenmap's parser, from the folder that is named first, reads from the nmap document."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from zenmapCore.NmapParser import NmapParser


def address(entry):
    return entry and entry["addr"]


def port(read):
    said = ["service_name", "service_product", "service_version", "service_extrainfo"]
    service = [read[key] for key in said] if "service_name" in read else None
    return [int(read["portid"]), read["protocol"], read["port_state"], service]


parser = NmapParser()
parser.parse_file(sys.argv[2])
print(json.dumps({
    "arguments": parser.nmap["nmaprun"]["args"],
    "started": int(parser.start),
    "hosts_up": parser.hosts_up,
    "open_ports": parser.open_ports,
    "hosts": [{
        "address": address(host.ip or host.ipv6),
        "status": host.state,
        "mac": address(host.mac),
        "names": [[name["hostname"], name["hostname_type"]] for name in host.hostnames],
        "ports": [port(read) for read in host.ports],
        "other_ports": [[other["state"], int(other["count"])] for other in host.extraports],
        "os": [[match["name"], int(match["accuracy"])] for match in host.osmatches],
    } for host in parser.hosts],
}))
