"""slirp4netns: a TCP/IP stack of its own behind a tap device. Ready soonest (FACTS P4); IPv4.

Its name server forwards to whatever the host's resolv.conf says at that moment, stubs on loopback included, by udp and
tcp. Its sandbox shows itself /etc and /run alone, so a resolv.conf that links elsewhere (NixOS) costs the sandbox; the
seccomp filter stays.
"""

import os

from hull.errors import HostError
from hull.model import Port
from hull.network.backend import Connection, Request
from hull.network.routes import outside

ADDRESS, NAMESERVER = "10.0.2.100", "10.0.2.3"
LONGEST_SOCKET = 107


class Slirp4netns:
    """One process of slirp4netns a container."""

    name = "slirp4netns"

    def declines(self, request: Request) -> str:
        """Decline without the program or the tap device, or where an IPv6 address is published."""
        if not request.host.program("slirp4netns"):
            return "slirp4netns is not installed"
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "/dev/net/tun cannot be opened"
        v6 = [port.address for port in request.ports if ":" in port.address]
        return f"slirp4netns cannot publish on the IPv6 address {v6[0]}" if v6 else ""

    def connect(self, request: Request) -> Connection:
        """Return the helper's ops; the host's loopback stays out of reach."""
        words = [
            request.host.program("slirp4netns"),
            "--configure",
            "--mtu=65520",
            "--disable-host-loopback",
            "--enable-seccomp",
            *(["--enable-sandbox"] if _seen(request.resolver.path) else []),
            "--ready-fd=@READY",
            "--exit-fd=@EXIT",
            "--netns-type=path",
        ]
        socket = f"{request.scratch}/slirp"
        if request.ports:
            if len(os.fsencode(socket)) > LONGEST_SOCKET:
                raise HostError(
                    f"cannot publish ports: {socket} is too long for a socket",
                    "set XDG_RUNTIME_DIR or HULL_ROOT to a shorter path",
                )
            words.append(f"--api-socket={socket}")
        words += ["@NETNS", "tap0"]
        return Connection(
            ops=(
                ("helper", self.name, "fd"),
                *(("helper-arg", word) for word in words),
                *(("helper-request", socket, _forward(port)) for port in request.ports),
            ),
            address=ADDRESS,
            gateway=outside,
            nameservers=(NAMESERVER,),
            warnings=()
            if any(request.uplink)
            else ("this machine has no default route: nothing outside can be reached",),
        )


def _seen(path: str) -> bool:
    return path.startswith(("/etc/", "/run/"))


def _forward(port: Port) -> str:
    import json

    where = {"proto": port.protocol, "host_addr": port.address or "0.0.0.0", "host_port": port.host}  # noqa: S104 (asked)
    return json.dumps({"execute": "add_hostfwd", "arguments": {**where, "guest_port": port.container}})
