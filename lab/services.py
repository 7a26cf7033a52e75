#!/usr/bin/env python3
"""Answers for every host of a lab, as its `truth.json` says: one process, one event loop.

Runs in the namespace of the hosts. Says `ready` when every socket listens, and ends with its parent.
"""

import asyncio
import http.server
import ipaddress
import json
import pathlib
import resource
import signal
import socket
import ssl
import sys
import threading

BACKLOG = 256
TARPIT_PAUSE_S = 2.0
LONGEST_QUESTION = 512


def title_of(host):
    return f"{host['name']} of the lab"


# What each imitated service says first, and what it answers to what it is told.

def mysql_greeting():
    salt = b"abcdefgh\0" + b"\xff\xff\xff\x02\x00\xff\xdf\x15" + bytes(10) + b"ijklmnopqrst\0"
    body = b"\x0a8.0.36\0" + (11).to_bytes(4, "little") + salt + b"mysql_native_password\0"
    return len(body).to_bytes(3, "little") + b"\0" + body


def answer_http(data, host):
    if b"\r\n\r\n" not in data and b"\n\n" not in data:
        return None
    page = f"<html><head><title>{title_of(host)}</title></head><body>lab</body></html>\n".encode()
    status = b"200 OK" if data.startswith((b"GET ", b"HEAD ", b"POST ", b"OPTIONS ")) else b"400 Bad Request"
    head = b"HTTP/1.1 %s\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    return head % (status, len(page)) + (b"" if data.startswith(b"HEAD ") else page)


def answer_redis(data, _host):
    words = data.upper()
    if b"PING" in words:
        return b"+PONG\r\n"
    if b"INFO" in words:
        text = b"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6.1.0 x86_64\r\ntcp_port:6379\r\n"
        return b"$%d\r\n%s\r\n" % (len(text), text)
    return b"-ERR unknown command\r\n"


def answer_mail(data, _host):
    word = data[:4].upper()
    if word == b"QUIT":
        return b"221 2.0.0 Bye\r\n"
    if word in (b"EHLO", b"HELO"):
        return b"250 mail.lab.test\r\n"
    return b"502 5.5.2 Error: command not recognized\r\n"


def answer_ftp(data, _host):
    word = data[:4].upper()
    if word == b"QUIT":
        return b"221 Goodbye.\r\n"
    return b"331 Please specify the password.\r\n" if word == b"USER" else b"530 Please login with USER and PASS.\r\n"


def nothing(_data, _host):
    return None


STREAMS = {
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", nothing),
    "ftp": (b"220 (vsFTPd 3.0.3)\r\n", answer_ftp),
    "smtp": (b"220 mail.lab.test ESMTP Postfix (Debian/GNU)\r\n", answer_mail),
    "pop3": (b"+OK Dovecot ready.\r\n", lambda _data, _host: b"-ERR Unknown command.\r\n"),
    "imap": (b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] "
             b"Dovecot ready.\r\n", lambda _data, _host: b"* BAD Error in IMAP command\r\n"),
    "mysql": (mysql_greeting(), nothing),
    "redis": (b"", answer_redis),
    "http": (b"", answer_http),
    "echo": (b"", lambda data, _host: data),
    "silent": (b"", nothing),
    "tarpit": (b"", nothing),
}
CLOSES_AFTER_ANSWER = {"http"}


class Conversation(asyncio.Protocol):
    """One connection to an imitated service."""

    def __init__(self, host, entry):
        self.host, self.entry = host, entry
        self.greeting, self.answer = STREAMS[entry["kind"]]
        self.timer = None

    def connection_made(self, transport):
        self.transport = transport
        if self.entry["kind"] == "tarpit":
            self.drip()
        elif self.greeting:
            self.timer = asyncio.get_running_loop().call_later(
                self.entry["waits_ms"] / 1000, transport.write, self.greeting)

    def data_received(self, data):
        reply = self.answer(data, self.host)
        if reply is None:
            return
        if self.greeting or not self.entry["waits_ms"]:
            self.reply(reply)
        else:
            self.timer = asyncio.get_running_loop().call_later(self.entry["waits_ms"] / 1000, self.reply, reply)

    def reply(self, data):
        self.transport.write(data)
        if self.entry["kind"] in CLOSES_AFTER_ANSWER:
            self.transport.close()

    def drip(self):
        self.transport.write(b".")
        self.timer = asyncio.get_running_loop().call_later(TARPIT_PAUSE_S, self.drip)

    def connection_lost(self, _error):
        if self.timer:
            self.timer.cancel()


class DnsConversation(asyncio.Protocol):
    """DNS over TCP: the same answers behind a length."""

    def __init__(self, names):
        self.names = names
        self.held = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.held += data
        if len(self.held) >= 2 and int.from_bytes(self.held[:2], "big") > LONGEST_QUESTION:
            # Something else than DNS: a server that waited for the rest would wait for ever.
            self.transport.close()
            return
        while len(self.held) >= 2 and len(self.held) >= 2 + (length := int.from_bytes(self.held[:2], "big")):
            reply = answer_dns(self.held[2:2 + length], self.names)
            self.held = self.held[2 + length:]
            if reply:
                self.transport.write(len(reply).to_bytes(2, "big") + reply)


class Datagrams(asyncio.DatagramProtocol):
    """A UDP service. The silent one takes everything and says nothing."""

    def __init__(self, kind, names):
        self.kind, self.names = kind, names

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        reply = self.answer(data)
        if reply is not None:
            self.transport.sendto(reply, sender)

    def answer(self, data):
        if self.kind == "echo":
            return data
        if self.kind == "dns":
            return answer_dns(data, self.names)
        if self.kind == "ntp" and len(data) >= 48:
            # Version of the question, mode 4 (server), stratum 2.
            return bytes([(data[0] & 0x38) | 4, 2, 6, 0xe9]) + bytes(20) + data[40:48] + bytes(16)
        return None


def names_of(hosts):
    """What the lab's DNS knows: (name, type) to the bytes of the answer."""
    names = {}
    for host in hosts:
        address = ipaddress.ip_address(host["address"])
        names[host["name"], 1 if address.version == 4 else 28] = address.packed
        names[address.reverse_pointer, 12] = labels(host["name"])
    return names


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


VERSION_BIND = b"\x0cdnsmasq-2.89"


def answer_dns(data, names):
    """Answers one question; refuses what is not a question, so that any probe gets a reply."""
    if len(data) < 12 or data[2] & 0x80:
        return None
    not_implemented = data[:2] + b"\x80\x04" + bytes(8)
    if data[2] & 0x78 or data[4:6] != b"\0\x01":
        return not_implemented
    parts, at = [], 12
    while at < len(data) and data[at]:
        parts.append(data[at + 1:at + 1 + data[at]].decode("ascii", "replace"))
        at += 1 + data[at]
    question = data[12:at + 5]
    name, kind = ".".join(parts).lower(), int.from_bytes(data[at + 1:at + 3], "big")
    found = VERSION_BIND if name == "version.bind" else names.get((name, kind))
    if found is None:
        is_known = any((name, other) in names for other in (1, 12, 28))
        return data[:2] + (b"\x85\x80" if is_known else b"\x85\x83") + b"\0\x01" + bytes(6) + question
    # The type and class of the question, one minute to live.
    record = b"\xc0\x0c" + question[-4:] + b"\0\0\0\x3c" + len(found).to_bytes(2, "big") + found
    return data[:2] + b"\x85\x80\0\x01\0\x01" + bytes(4) + question + record


class Page(http.server.SimpleHTTPRequestHandler):
    """Python's own web server, with one page."""

    server_version = "SimpleHTTP/0.6"
    timeout = 30

    def do_GET(self):
        page = f"<html><head><title>{title_of(self.server.host)}</title></head><body>real</body></html>\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(page)

    do_HEAD = do_GET

    def log_message(self, *_arguments):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    """A real HTTP server on one address of the lab, with TLS if a context is given."""

    def __init__(self, listener, host, context):
        super().__init__(listener.getsockname()[:2], Page, bind_and_activate=False)
        self.socket.close()
        # The handshake belongs to the handler's thread: a client that says nothing must not stop `accept`.
        self.socket = context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False) if context else listener
        self.host = host

    def handle_error(self, _request, _client_address):
        # A scanner that hangs up is no error here.
        pass


def open_socket(address, port, kind):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, kind)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind((address, port))
    if kind == socket.SOCK_STREAM:
        opened.listen(BACKLOG)
    return opened


def tls_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def serve(truth, certificate):
    loop = asyncio.get_running_loop()
    names = names_of(truth["hosts"])
    context = tls_context(certificate)
    for host in truth["hosts"]:
        for entry in host["tcp"]["open"]:
            listener = open_socket(host["address"], entry["port"], socket.SOCK_STREAM)
            if entry["kind"].startswith("real-"):
                web = WebServer(listener, host, context if entry["tunnel"] else None)
                threading.Thread(target=web.serve_forever, args=(3600,), daemon=True).start()
            elif entry["kind"] == "dns":
                await loop.create_server(lambda: DnsConversation(names), sock=listener)
            else:
                await loop.create_server(lambda host=host, entry=entry: Conversation(host, entry), sock=listener, backlog=BACKLOG)
        for entry in host["udp"]["open"]:
            opened = open_socket(host["address"], entry["port"], socket.SOCK_DGRAM)
            await loop.create_datagram_endpoint(lambda entry=entry: Datagrams(entry["kind"], names), sock=opened)
    print("ready", flush=True)
    await asyncio.Event().wait()


def main(truth, certificate):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    threading.stack_size(256 * 1024)
    asyncio.run(serve(json.loads(pathlib.Path(truth).read_text()), certificate))


if __name__ == "__main__":
    main(*sys.argv[1:])
