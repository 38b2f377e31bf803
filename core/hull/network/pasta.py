"""pasta: the host's own sockets behind a tap device. Moves more bytes than slirp4netns, is ready ten times later.

The container gets the host's address and IPv6 where the host has it. Which options a pasta has is read from its --help,
once a boot. Two generations differ in how they open a network namespace: the older one drops the capability that
/proc/PID/ns asks for, but keeps descriptors it was started with; the newer one keeps the capability and closes them.
They differ, too, in what reaches the host's loopback: the gateway's address, or one that is named.
"""

import os

from hull.model import Port
from hull.network import forwarding
from hull.network.backend import Connection, Request
from hull.network.linklocal import METADATA
from hull.network.routes import gateway, outside

FORWARDER = "169.254.1.1"
LOOPBACK = "169.254.1.2"
NEWER = "--map-host-loopback"
OPEN_FIRST = 'netns=$1; shift; exec 9<"$netns"; exec "$@" --netns /proc/self/fd/9'
EVERY = ("", "0.0.0.0", "::")  # noqa: S104 (compared)


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
        return ""

    def serves_v6(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Serve it by itself where the host has IPv6, else by the forwarder."""
        return True

    def keeps_source(self, request: Request, port: Port) -> bool:
        """Keep the client's address, what the forwarder serves excepted."""
        return forwarding.keeps_source(port, by_backend=_is_own(request, port))

    def connect(self, request: Request) -> Connection:
        """Return the helper's ops.

        Name servers on the host's loopback, and one that is a cloud's metadata service, too, are reached through a
        forwarder: by udp, a newer pasta by tcp too. Only then: with it, an older pasta makes the answers of the real
        server seem to come from the forwarder.
        """
        from hull.network.resolver import upstream

        program = request.host.program("pasta")
        newer = NEWER in request.host.help(program)
        servers = tuple(server for server in upstream(request.resolver) if server != METADATA)
        own = tuple(port for port in request.ports if _is_own(request, port))
        others = tuple(port for port in request.ports if port not in own)
        loopback = (LOOPBACK if newer else gateway()) if request.host_loopback else ""
        words = [program, "--config-net", "--quiet", *_loopback(request, loopback, newer=newer)]
        words += [] if servers else ["--dns-forward", FORWARDER]
        words += _published("-t", "tcp", own, request) + _published("-u", "udp", own, request)
        words += [*_unless_said(("-T", "--tcp-ns"), request), *_unless_said(("-U", "--udp-ns"), request)]
        words += [*_asked(request), *(["--ns-ifname", request.interface] if request.interface else [])]
        words += ["--ns-mac-addr", request.mac] if request.mac else []
        words = [*words, "--netns", "@NETNS"] if newer else ["/bin/sh", "-c", OPEN_FIRST, "pasta", "@NETNS", *words]
        return Connection(
            ops=(
                ("helper", self.name, "exit"),
                *(("helper-arg", word) for word in words),
                *forwarding.ops(others, request.scratch, _target()),
            ),
            address=outside(),
            gateway=lambda: loopback,
            loopback=loopback,
            nameservers=servers or (FORWARDER,),
            needs=(gateway(),),
        )


def _target() -> forwarding.Target:
    """Return where the forwarder connects: the container has the host's address."""
    address = outside()
    return forwarding.Target((address, "::1") if address else ("::1",), (gateway(),) if gateway() else ())


def _asked(request: Request) -> tuple[str, ...]:
    from hull.network import options

    return options.pasta(request.options) if request.options else ()


def _is_own(request: Request, port: Port) -> bool:
    return port.protocol != "sctp" and (":" not in port.address or request.uplink.v6)


def _loopback(request: Request, address: str, *, newer: bool) -> list[str]:
    if newer:
        return [NEWER, address or "none"]
    return [] if address or "--map-gw" in request.options else ["--no-map-gw"]


def _unless_said(names: tuple[str, str], request: Request) -> list[str]:
    said = any(word == name or word.startswith(f"{name}=") for word in request.options for name in names)
    return [] if said else [names[0], "none"]


def _published(option: str, protocol: str, ports: tuple[Port, ...], request: Request) -> list[str]:
    """Return one option an address: all of both families are one without an address, which pasta binds at once."""
    mine = [port for port in ports if port.protocol == protocol]
    by_address: dict[str, list[str]] = {}
    for port in mine:
        twins = {other.address for other in mine if (other.host, other.container) == (port.host, port.container)}
        address = "" if {*EVERY[1:]} <= twins and port.address in EVERY else port.address
        spec = f"{port.host}:{port.container}"
        if spec not in by_address.setdefault(address, []):
            by_address[address].append(spec)
    words = []
    for address, specs in by_address.items():
        words += [option, f"{address}/{','.join(specs)}" if address else ",".join(specs)]
    return words or _unless_said((option, "--tcp-ports" if option == "-t" else "--udp-ports"), request)
