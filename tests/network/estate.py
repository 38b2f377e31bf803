"""A machine with services that no container should reach, and hull on it: `python estate.py STORE ARCHIVE`.

To be run inside new user, network and mount namespaces. Each line of standard input is the words of a command as JSON,
`hull` or a program of the machine, each of standard output its exit code, standard output and standard error. A service
greets with the address that it listens on; one more is an abstract socket. Two name servers on loopback give every name
one address each. /etc, /run and /mnt are the machine's own.
"""

import json
import os
import socket
import subprocess
import sys
import threading

from tests.commandline import CommandLine
from tests.network.machine import serve_names

PORT, ABSTRACT = 4444, "\0hull-estate"
LINES = (
    "link set lo up",
    "tuntap add dev up0 mode tap",
    "addr add 198.51.100.5/24 dev up0",
    "addr add 2001:db8::5/64 dev up0 nodad",
    "addr add 169.254.169.254/32 dev lo",
    "addr add fd00:ec2::254/128 dev lo nodad",
    "link set up0 up",
    "route add default via 198.51.100.1",
    "-6 route add default via 2001:db8::1 dev up0",
)
MOUNTS = (
    "-t tmpfs none /mnt",
    "-t tmpfs none /run",
    "-t overlay none -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc",
)
NAMES = {"127.0.0.53": "192.0.2.77", "127.0.0.54": "192.0.2.78"}
SERVED = ("127.0.0.1", "::1", "169.254.169.254", "fd00:ec2::254", "198.51.100.5")


def serve(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, PORT), family=family)

    def greet() -> None:
        while True:
            with listener.accept()[0] as connection:
                connection.recv(1)  # the client speaks first
                connection.sendall(f"{address}\n".encode())

    threading.Thread(target=greet, daemon=True).start()


def main(store: str, archive: str) -> None:
    for line in LINES:
        subprocess.check_call(["ip", *line.split()])
    for line in MOUNTS:
        subprocess.check_call(["mount", *line.split()])
        os.makedirs("/mnt/upper", exist_ok=True)
        os.makedirs("/mnt/work", exist_ok=True)
    for address in SERVED:
        serve(address)
    for address, answer in NAMES.items():
        serve_names(address, answer)
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(ABSTRACT)
    abstract.listen()
    hull = CommandLine(store)
    hull("import", archive, "busybox", check=True)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        program, *words = json.loads(line)
        done = (
            hull(*words) if program == "hull" else subprocess.run([program, *words], capture_output=True, check=False)
        )
        print(json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode()]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
