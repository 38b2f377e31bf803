"""Two machines with a policy on one: what passes between them, by real packets.

`python filtered.py`, inside new user and network namespaces, reads {"link", "words", "ports", "without"} from standard
input and prints what each try came to. `inner` is filtered, `outer` is the rest of the world; `link` is how they are
joined: veth, as on a container's own network, or bridge, which stands for any other way in. For each of `without` all
is tried again with one rule left out, by its place, or (-1) with chains that accept: each must be missed.
"""

import contextlib
import errno
import json
import os
import select
import socket
import struct
import subprocess
import sys
import threading

from hull.kernel import syscalls as sc
from hull.model import Port
from hull.network import egress, nftables
from hull.network.backend import Around

INNER, OUTER = ("10.9.0.1", "fd09::1"), ("10.9.0.2", "fd09::2")
SERVED = {"inner": (80, 81), "outer": (53, 443, 444)}
PATIENCE = 0.5
SOLICIT, ADVERTISE = 133, 134


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True).stdout


def serve(port, family):
    listener = socket.create_server(("", port), family=family, backlog=64)
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    if family == socket.AF_INET6:
        datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    datagrams.bind(("", port))

    def streams():
        while True:
            connection, _ = listener.accept()
            connection.sendall(b"!")
            connection.close()

    def packets():
        while True:
            _, peer = datagrams.recvfrom(100)
            with contextlib.suppress(PermissionError):
                datagrams.sendto(b"!", peer)

    for loop in (streams, packets):
        threading.Thread(target=loop, daemon=True).start()


def told(action):
    """Return ok, silent, or the errno's name."""
    try:
        return "ok" if action() else "closed"
    except TimeoutError:
        return "silent"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def attempt(kind, address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)

        def action():
            client.connect((address, port))
            if kind == "udp":
                client.send(b"?")
            return client.recv(1)

        return told(action)


def icmp6():
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)


class Side:
    """What a process in one of the networks does when it is told."""

    def __init__(self, name):
        self.name, self.device, self.ear = name, f"{name[0]}0", None

    def rise(self, addresses, bridged):
        ip("link", "set", "lo", "up")
        if bridged:
            ip("link", "add", "br0", "type", "bridge")
            ip("link", "set", self.device, "master", "br0", "up")
            self.device = "br0"
        with open(f"/proc/sys/net/ipv6/conf/{self.device}/accept_dad", "w") as file:
            file.write("0")  # the kernel solicits once that has ended
        ip("link", "set", self.device, "up")
        self.number(addresses)
        for port in SERVED[self.name]:
            serve(port, socket.AF_INET)
            serve(port, socket.AF_INET6)

    def number(self, addresses):
        for address in addresses:
            size = ("64", "nodad") if ":" in address else ("24",)
            ip("addr", "replace", f"{address}/{size[0]}", "dev", self.device, *size[1:])

    def forget(self):
        for family in ("-4", "-6"):
            ip(family, "neigh", "flush", "dev", self.device)

    def policy(self, words, ports, without):
        """Install it, as the launcher does; return how many rules it has."""
        around = Around((), OUTER, tuple(Port(p) for p in ports))
        if without == -1:
            nftables.DROP = nftables.ACCEPT
        table = egress.table(tuple(words), around)
        if without is not None and without >= 0:
            table = table._replace(rules=table.rules[:without] + table.rules[without + 1 :])
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:
            netlink.settimeout(5)
            batches = table.batches()
            nftables.DROP = 0
            for batch in batches:
                netlink.send(batch)
            for _ in range(5 + len(table.rules)):
                error = struct.unpack("=i", netlink.recv(1000)[16:20])[0]
                if error:
                    raise OSError(-error, "the batch was refused")
        return len(table.rules)

    def tries(self, tries):
        """Try all side by side."""
        found = {}

        def one(kind, address, port):
            found[f"{kind} {address} {port}"] = attempt(kind, address, port)

        threads = [threading.Thread(target=one, args=words) for words in tries]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    def ping(self, address):
        """Send an echo request by a raw socket."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as client:
            client.settimeout(PATIENCE)
            packet = struct.pack("!BBHHH", 8, 0, 0xF7FF, 0, 0)
            return told(lambda: client.sendto(packet, (address, 0)) and client.recv(100))

    def fragments(self, address, port):
        """Send a datagram whose second fragment names no port."""
        payload = struct.pack("!HHHH", 4444, port, 24, 0) + b"?" * 16
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as client:
            for offset, part in ((1 << 13, payload[:16]), (2, payload[16:])):
                ends = socket.inet_aton(INNER[0]) + socket.inet_aton(address)
                head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(part), 77, offset, 64, socket.IPPROTO_UDP, 0) + ends
                found = told(lambda packet=head + part: client.sendto(packet, (address, 0)))
        return found

    def relink(self):
        """Take the link down and up: the kernel solicits routers."""
        ip("link", "set", self.device, "down")
        ip("link", "set", self.device, "up")
        self.number(INNER[1:])

    def listen(self):
        self.ear = icmp6()
        group = socket.inet_pton(socket.AF_INET6, "ff02::2") + struct.pack("=I", socket.if_nametoindex(self.device))
        self.ear.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)

    def heard(self):
        """Wait for a router solicitation."""
        while select.select([self.ear], [], [], 4 * PATIENCE)[0]:
            if self.ear.recv(1000)[0] == SOLICIT:
                return "ok"
        return "silent"

    def advertise(self):
        with icmp6() as client:
            client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(self.device))
            client.sendto(struct.pack("!BBHBBHII", ADVERTISE, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0))

    def routed(self):
        for _ in range(int(PATIENCE * 20)):
            if b"default" in ip("-6", "route"):
                ip("-6", "route", "flush", "proto", "ra")
                return "ok"
            select.select([], [], [], 0.05)
        return "silent"


class Remote:
    """A Side in a process of its own: `ask` its method by name."""

    def __init__(self, name, apart):
        self.ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            self.ours.close()
            if apart:
                sc.unshare(sc.CLONE_NEWNET)
            side = Side(name)
            theirs.sendall(b"null\n")
            for line in theirs.makefile():
                method, *words = json.loads(line)
                theirs.sendall(json.dumps(getattr(side, method)(*words)).encode() + b"\n")
            os._exit(0)
        theirs.close()
        self.answers = self.ours.makefile()
        self.answers.readline()

    def ask(self, *words):
        self.ours.sendall(json.dumps(words).encode() + b"\n")
        answer = self.answers.readline()
        if not answer:
            raise SystemExit(f"{words}: its side died")
        return json.loads(answer)


def everything(inner, outer):
    """Try all that a rule could be about; return what each came to."""
    kinds = ("tcp", "udp")
    outward = [(kind, address, port) for kind in kinds for address in OUTER for port in SERVED["outer"]]
    inward = [(kind, address, port) for kind in kinds for address in INNER for port in SERVED["inner"]]
    own = [("tcp", address, 81) for address in ("127.0.0.1", "::1", *INNER)]
    found = {}
    for side, tries in ((inner, outward), (outer, inward), (inner, own)):
        inner.ask("forget")
        outer.ask("forget")
        found.update(
            {f"{key}{' own' if tries is own else ''}": value for key, value in side.ask("tries", tries).items()}
        )
    found["ping"] = inner.ask("ping", OUTER[0])
    found["fragments"] = inner.ask("fragments", OUTER[0], 444)
    outer.ask("listen")
    inner.ask("relink")
    found["solicits"] = outer.ask("heard")
    outer.ask("advertise")
    found["routed"] = inner.ask("routed")
    return found


def main():
    asked = json.load(sys.stdin)
    inner, outer = Remote("inner", apart=True), Remote("outer", apart=False)
    ip("link", "add", "o0", "type", "veth", "peer", "name", "i0", "netns", str(inner.pid))
    inner.ask("rise", INNER, asked["link"] == "bridge")
    outer.ask("rise", OUTER, False)
    count = inner.ask("policy", asked["words"], asked["ports"], None)
    answers = {"rules": count, "all": everything(inner, outer)}
    for without in range(-1, count) if asked["without"] else ():
        inner.ask("policy", asked["words"], asked["ports"], without)
        answers[str(without)] = everything(inner, outer)
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
