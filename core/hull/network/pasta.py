"""pasta: the host's own sockets behind a tap device. Moves more bytes than slirp4netns, is ready ten times later.

The container gets the host's address and IPv6 where the host has it. Which options a pasta has is read from its --help,
once a boot. Two generations differ in how they open a network namespace: the older one drops the capability that
/proc/PID/ns asks for, but keeps descriptors it was started with; the newer one keeps the capability and closes them.
"""

import os

from hull.model import Port
from hull.network.backend import Connection, Request
from hull.network.routes import outside

FORWARDER = "169.254.1.1"
NEWER = "--map-host-loopback"
OPEN_FIRST = 'netns=$1; shift; exec 9<"$netns"; exec "$@" --netns /proc/self/fd/9'


class Pasta:
    """One process of pasta a container."""

    name = "pasta"

    def declines(self, request: Request) -> str:
        """Decline without the program or the tap device, or where the host has no way out to copy."""
        if not request.host.program("pasta"):
            return "pasta is not installed"
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "/dev/net/tun cannot be opened"
        if not any(request.uplink):
            return "this machine has no default route, which pasta needs"
        v6 = [port.address for port in request.ports if ":" in port.address]
        if v6 and not request.uplink.v6:
            return f"pasta cannot publish on {v6[0]}: this machine has no IPv6 default route"
        return ""

    def connect(self, request: Request) -> Connection:
        """Return the helper's ops.

        Name servers on the host's loopback are reached through a forwarder: by udp, a newer pasta by tcp too. Only
        then: with it, an older pasta makes the answers of the real server seem to come from the forwarder.
        """
        from hull.network.resolver import upstream

        program = request.host.program("pasta")
        servers = upstream(request.resolver)
        words = [program, "--config-net", "--quiet", "--no-map-gw", *([] if servers else ["--dns-forward", FORWARDER])]
        words += _published("-t", "tcp", request.ports) + _published("-u", "udp", request.ports)
        words += ["-T", "none", "-U", "none"]
        if NEWER in request.host.help(program):
            words += ["--netns", "@NETNS"]
        else:
            words = ["/bin/sh", "-c", OPEN_FIRST, "pasta", "@NETNS", *words]
        return Connection(
            ops=(("helper", self.name, "exit"), *(("helper-arg", word) for word in words)),
            address=outside(),
            nameservers=servers or (FORWARDER,),
        )


def _published(option: str, protocol: str, ports: tuple[Port, ...]) -> list[str]:
    words = []
    for port in ports:
        if port.protocol == protocol:
            where = f"{port.address}/" if port.address else ""
            words += [option, f"{where}{port.host}:{port.container}"]
    return words or [option, "none"]
