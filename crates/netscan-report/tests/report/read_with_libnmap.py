"""Prints what python-libnmap reads from the nmap document that is named."""

import json
import sys

from libnmap.parser import NmapParser

report = NmapParser.parse_fromfile(sys.argv[1])
print(json.dumps({
    "version": report.version,
    "commandline": report.commandline,
    "started": report.started,
    "ended": report.endtime,
    "summary": report.summary,
    "counts": [report.hosts_up, report.hosts_down, report.hosts_total],
    "hosts": [{
        "address": host.address,
        "status": host.status,
        "names": host.hostnames,
        "mac": host.mac,
        "vendor": host.vendor,
        "os": [match.name for match in host.os_match_probabilities()],
        "uptime": host.uptime,
        "services": [
            [service.port, service.protocol, service.state, service.service, service.tunnel,
             service.banner, [script["id"] for script in service.scripts_results]]
            for service in host.services],
        "extra_ports": host.extraports_state,
        "scripts": [script["id"] for script in host.scripts_results],
    } for host in report.hosts],
}))
