"""A machine of its own for one backend test: run inside new user, network, mount and pid namespaces.

`python machine.py QUESTION BACKEND DIRECTORY SERVER LINK [ADDRESS…]` makes an uplink, a name server on loopback and a
resolv.conf, starts the backend in a nested user namespace as the launcher would, asks, and prints the answers as JSON.
"""

import json
import os
import socket
import subprocess
import sys
import threading

from hull.model import Port
from hull.network.trial import Trial, isolate

STUB, ANSWER = "127.0.0.53", "192.0.2.77"


def set_up(server: str, link: str) -> None:
    run = subprocess.check_call
    run(["ip", "link", "set", "lo", "up"])
    run(["ip", "tuntap", "add", "dev", "up0", "mode", "tap"])
    for words in (
        "addr add 198.51.100.5/24 dev up0",
        "addr add 2001:db8::5/64 dev up0 nodad",
        "addr add fe80::5/64 dev up0 nodad",
        "link set up0 up",
        "route add default via 198.51.100.1",
        "-6 route add default via fe80::1 dev up0",
    ):
        run(["ip", *words.split()])
    os.makedirs(os.path.dirname(link), exist_ok=True)
    with open(link, "w") as file:
        file.write(f"nameserver {server}\n")
    run(["mount", "--bind", link, "/etc/resolv.conf"])
    serve_names(server)


def reply(query: bytes, answer: str = ANSWER) -> bytes:
    end = query.index(b"\0", 12) + 5
    header = query[:2] + b"\x81\x80" + query[4:6] + b"\0\1\0\0\0\0"
    return header + query[12:end] + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(answer)


def serve_names(address: str, answer: str = ANSWER) -> None:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((address, 53))
    tcp = socket.create_server((address, 53))

    def datagrams() -> None:
        while True:
            query, peer = udp.recvfrom(2048)
            udp.sendto(reply(query, answer), peer)

    def streams() -> None:
        while True:
            with tcp.accept()[0] as connection:
                query = connection.recv(2048)[2:]
                said = reply(query, answer)
                connection.sendall(len(said).to_bytes(2, "big") + said)

    for loop in (datagrams, streams):
        threading.Thread(target=loop, daemon=True).start()


def look_up(server: str, kind: socket.SocketKind) -> str:
    query = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\4host\4test\0\0\1\0\1"
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(3)
        try:
            client.connect((server, 53))
            client.sendall(query if kind == socket.SOCK_DGRAM else len(query).to_bytes(2, "big") + query)
            return socket.inet_ntoa(client.recv(2048)[-4:])
        except OSError as error:
            return str(error)


def inside(trial: Trial, ask) -> object:
    """Return what a function answers in the container's network."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        trial.enter()
        os.write(writer, json.dumps(ask()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        answer = json.loads(file.read())
    os.waitpid(child, 0)
    return answer


def reaches(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=2).close()
    except OSError:
        return False
    return True


def names(trial: Trial) -> object:
    server = trial.attachment.nameservers[0]
    return inside(trial, lambda: [look_up(server, socket.SOCK_DGRAM), look_up(server, socket.SOCK_STREAM)])


def barrier(trial: Trial) -> object:
    """Say which addresses reach a service that the machine offers on its loopback alone."""
    service = int(os.environ["SERVICE"])
    tried = ("10.0.2.2", "198.51.100.1", "127.0.0.1")
    return inside(trial, lambda: [address for address in tried if reaches(address, service)])


def ports(trial: Trial) -> object:
    """Say, for each published port, whether it answers and from where its client seems to come."""
    servers = os.fork()
    if servers == 0:
        trial.enter()
        for port in trial.attachment.ports:
            family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
            listener = socket.create_server(("", port.container), family=family)
            threading.Thread(target=answer_peer, args=(listener,)).start()
        os.write(READY[1], b"x")
        threading.Event().wait()
    os.read(READY[0], 1)
    found = {}
    for port in trial.attachment.ports:
        for address in EVERY.get(port.address, (port.address,)):
            found[address] = ask_peer(address, port)
    return found


READY = os.pipe()
EVERY = {"0.0.0.0": ("127.0.0.1", "127.0.0.9", "198.51.100.5"), "::": ("::1", "2001:db8::5")}


def answer_peer(listener: socket.socket) -> None:
    while True:
        connection, peer = listener.accept()
        with connection:
            connection.recv(1)
            connection.sendall(peer[0].encode())


def ask_peer(address: str, port: Port) -> str:
    try:
        with socket.create_connection((address, port.host), timeout=3) as client:
            client.sendall(b"?")  # the client speaks first: a pasta of 2023 stalls a server that does
            return client.recv(100).decode()
    except OSError as error:
        return str(error)


def main(question: str, backend: str, directory: str, server: str, link: str, *addresses: str) -> None:
    if os.environ.get("NESTED") is None:
        set_up(server, link)
        service = socket.create_server(("127.0.0.1", 0))
        nested = {**os.environ, "NESTED": "1", "SERVICE": str(service.getsockname()[1])}
        sys.exit(subprocess.call(["unshare", "-U", "-r", "--", sys.executable, *sys.argv], env=nested))
    isolate()
    published = tuple(Port(8000 + i, 0, "tcp", address.strip("*")) for i, address in enumerate(addresses))
    trial = Trial(backend, directory, published)
    print(json.dumps({"names": names, "barrier": barrier, "ports": ports}[question](trial)))


if __name__ == "__main__":
    main(*sys.argv[1:])
