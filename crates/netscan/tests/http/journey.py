"""Goes the whole way from the set-up link to a diff as a browser-less client does, and kills the
server with SIGKILL between every two steps.

    journey.py NETSCAN DIRECTORY

It runs inside the lab's namespace, where LAB_TRUTH tells what must be found. Each step says what it
saw; the first that does not hold ends it with a non-zero status.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import requests
import websocket

PASSWORD = "a journey of 15 steps"
DEADLINE = 120


class Server:
    """`netscan serve` on one data directory and one port, as often as it is killed."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.port = free_port()
        self.process = None
        self.kills = 0
        self.link = None

    def start(self):
        log = open(os.path.join(self.directory, "server.log"), "a+b")
        log.seek(0, os.SEEK_END)
        begin = log.tell()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NETSCAN_")}
        self.process = subprocess.Popen(
            [self.program, "--data-dir", os.path.join(self.directory, "data"), "serve", "--listen", f"127.0.0.1:{self.port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment,
        )
        line = self.process.stdout.readline().decode().strip()
        assert line == self.url(""), f"the server said {line!r} and not where it is"
        wait_until("the server is ready", lambda: requests.get(self.url("/readyz"), timeout=5).status_code == 200)
        log.seek(begin)
        found = re.search(r"/setup\?token=([\w-]+)", log.read().decode())
        self.link = found.group(1) if found else None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what, is_so):
    end = time.monotonic() + DEADLINE
    while True:
        try:
            found = is_so()
            if found:
                return found
        except requests.ConnectionError:
            pass
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


class Journey:
    def __init__(self, server, truth):
        self.server = server
        self.truth = truth
        self.token = None
        self.project = None
        self.scan = None
        self.again = None
        self.events = []

    def call(self, method, path, status=(200, 201, 202), **more):
        headers = more.pop("headers", {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = requests.request(method, self.server.url("/api/v1" + path), headers=headers, timeout=60, **more)
        expected = status if isinstance(status, tuple) else (status,)
        assert answer.status_code in expected, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def status(self, scan=None):
        return self.call("GET", f"/scans/{scan or self.scan}/status").json()["status"]

    def listen(self, since, is_enough):
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"ws://127.0.0.1:{self.server.port}/ws/scans/{self.scan}?since={since}"
        live = websocket.create_connection(address, header=headers, timeout=DEADLINE, suppress_origin=True)
        hello = json.loads(live.recv())
        assert hello["event"] == "connected" and hello["scan_id"] == self.scan, hello
        frames = []
        while not is_enough(frames):
            frame = json.loads(live.recv())
            if frame["event"] not in ("line", "gap"):
                frames.append(frame)
        live.close()
        return frames

    # The steps, in their order.

    def set_up_by_the_link(self):
        link = self.server.link
        assert link, "no set-up link was printed"
        assert requests.get(self.server.url("/api/v1/setup"), timeout=5).json() == {"needed": True, "openid": False}
        self.call("POST", "/setup", 403, json={"token": "wrong", "user": "mara", "password": PASSWORD})
        self.call("POST", "/setup", 201, json={"token": link, "user": "mara", "password": PASSWORD})
        self.call("POST", "/setup", 410, json={"token": link, "user": "eve", "password": PASSWORD})

    def sign_in_and_make_a_token(self):
        assert self.server.link is None, "a set-up link is offered though somebody was set up"
        self.call("POST", "/session", 401, json={"user": "mara", "password": "not the password"})
        session = requests.Session()
        answer = session.post(self.server.url("/api/v1/session"), json={"user": "mara", "password": PASSWORD}, timeout=30)
        assert answer.status_code in (200, 201), answer.text
        marked = {"X-Netscan": "1"}
        body = {"name": "journey", "role": "admin"}
        foreign = {"Origin": "http://evil.example"}
        refused = session.post(self.server.url("/api/v1/tokens"), json=body, headers=foreign, timeout=30)
        assert refused.status_code == 403, refused.text
        made = session.post(self.server.url("/api/v1/tokens"), json=body, headers=marked, timeout=30)
        assert made.status_code == 201, made.text
        self.token = made.json()["token"]

    def make_a_project(self):
        self.call("GET", "/session")
        made = self.call("POST", "/projects", 201, json={"name": "lab", "description": "the lab"})
        self.project = made.json()["id"]
        self.call("POST", "/projects", 409, json={"name": "lab"})

    def write_its_scope(self):
        scope = {
            "rules": [{"effect": "allow", "subject": network} for network in self.truth["networks"]],
            "authorisation": {"authorised_by": "Mara, head of the lab", "ticket": "LAB-1"},
        }
        self.call("PUT", f"/projects/{self.project}/scope", json=scope)
        outside = {"project": "lab", "targets": ["192.0.2.1"], "options": "-sT -Pn -p 80"}
        self.call("POST", "/scans", 422, json=outside)

    def start_a_scan(self):
        body = {
            "name": "journey", "description": "all of it", "project": "lab", "targets": [self.network()],
            "options": f"-sS -n -p {self.truth['survey']['tcp']}",
            "configuration": {"chunk_size": 8, "concurrency": 2, "max_rate": 1500, "priority": "HIGH"}, "start": True,
        }
        key = {"Idempotency-Key": "journey-scan"}
        made = self.call("POST", "/scans", 202, json=body, headers=dict(key))
        self.scan = made.json()["id"]
        self.server.kill()
        self.server.start()
        twice = self.call("POST", "/scans", 202, json=body, headers=dict(key))
        assert twice.json()["id"] == self.scan, "the same request made a second scan"
        assert twice.headers["Idempotency-Replayed"] == "true", twice.headers

    def watch_it_live(self):
        self.events = self.listen(0, lambda frames: any(frame["event"] == "batch_complete" for frame in frames))

    def watch_on_where_we_were(self):
        since = self.events[-1]["seq"]
        self.events += self.listen(since, lambda frames: len(frames) >= 3)
        numbers = [event["seq"] for event in self.events]
        assert numbers == list(range(1, len(numbers) + 1)), f"gaps or repeats: {numbers}"

    def pause_it(self):
        self.call("POST", f"/scans/{self.scan}/pause")
        wait_until("the scan is paused", lambda: self.status() == "paused")

    def find_it_paused(self):
        assert self.status() == "paused", self.status()
        self.call("POST", f"/scans/{self.scan}/resume")

    def see_it_complete(self):
        wait_until("the scan runs", lambda: self.status() in ("running", "completed"))
        self.server.kill()
        self.server.start()
        wait_until("the scan has ended", lambda: self.status() not in ("created", "queued", "running", "paused"))
        assert self.status() == "completed", self.call("GET", f"/scans/{self.scan}").text

    def read_the_results(self):
        results = self.call("GET", f"/scans/{self.scan}/results?format=json").json()
        assert open_ports(results["hosts"]) == self.expected(), "the results are not the truth"
        coverage = results["coverage"]
        assert coverage["planned"] == 128 and coverage["pending"] == 0, coverage
        texts = {kind: self.call("GET", f"/scans/{self.scan}/results?format={kind}").text
                 for kind in ("jsonl", "csv", "md", "html", "txt", "xml", "gnmap", "sarif", "table")}
        assert all(texts.values()), {kind: len(text) for kind, text in texts.items()}
        lines = [json.loads(line) for line in texts["jsonl"].splitlines()]
        hosts = [line for line in lines if "address" in line] or [line["host"] for line in lines if "host" in line]
        assert open_ports(hosts) == self.expected(), "the JSON lines are not the truth"
        found = {(host.find("address").get("addr"), int(port.get("portid")))
                 for host in ElementTree.fromstring(texts["xml"]).iter("host")
                 for port in host.iter("port") if port.find("state").get("state") == "open"}
        assert found == self.expected(), "the XML is not the truth"

    def replay_everything(self):
        frames = self.listen(0, lambda frames: frames and frames[-1]["event"] == "scan_complete")
        numbers = [frame["seq"] for frame in frames]
        assert numbers == list(range(1, len(numbers) + 1)), "the replay has gaps"
        stored = self.call("GET", f"/scans/{self.scan}/events?since=0&limit=1000").json()["items"]
        assert [(event["seq"], event["event"]) for event in stored][: len(frames)] == [
            (frame["seq"], frame["event"]) for frame in frames][: len(stored)], "the two ways to the events differ"
        assert self.events == frames[: len(self.events)], "what was seen live is not what is stored"

    def run_it_again(self):
        headers = {"Idempotency-Key": "journey-again"}
        first = self.call("POST", f"/scans/{self.scan}/rerun", 202, headers=dict(headers)).json()
        self.server.kill()
        self.server.start()
        second = self.call("POST", f"/scans/{self.scan}/rerun", 202, headers=dict(headers)).json()
        assert first["id"] == second["id"], "the same request made two scans"
        assert first["series"] == self.scan, first
        self.again = first["id"]
        wait_until("the second scan has ended", lambda: self.status(self.again) == "completed")

    def compare_the_two(self):
        diff = self.call("GET", f"/scans/{self.scan}/diff?against={self.again}").json()
        assert diff["changes"] == [], diff["changes"][:5]

    def verify_the_log(self):
        actions = {row["action"] for row in self.call("GET", "/audit?limit=1000").json()["items"]}
        for action in ("scan.create", "scan.pause", "scan.resume", "scope.change", "token.create"):
            assert action in actions, f"{action} is not in the audit log: {sorted(actions)}"

    def network(self):
        return next(network for network in self.truth["networks"] if ":" not in network)

    def expected(self):
        return {(host["address"], port["port"]) for host in self.truth["hosts"] if ":" not in host["address"]
                for port in host["tcp"]["open"]}


def open_ports(hosts):
    return {(host["address"], port["port"]) for host in hosts for port in host["ports"] if port["state"] == "open"}


def main():
    program, directory = sys.argv[1:]
    truth = json.load(open(os.environ["LAB_TRUTH"]))
    server = Server(program, directory)
    journey = Journey(server, truth)
    steps = [
        journey.set_up_by_the_link, journey.sign_in_and_make_a_token, journey.make_a_project, journey.write_its_scope,
        journey.start_a_scan, journey.watch_it_live, journey.watch_on_where_we_were, journey.pause_it,
        journey.find_it_paused, journey.see_it_complete, journey.read_the_results, journey.replay_everything,
        journey.run_it_again, journey.compare_the_two, journey.verify_the_log,
    ]
    try:
        for step in steps:
            server.start()
            step()
            print(f"{step.__name__}: done", flush=True)
            server.kill()
        print(f"{len(steps)} steps, {server.kills} kills")
    finally:
        if server.process and server.process.poll() is None:
            server.kill()


main()
