"""slirp4netns: a TCP/IP stack of its own behind a tap device. Ready soonest (FACTS P4); IPv4, IPv6 where asked.

Its name server forwards to whatever the host's resolv.conf says at that moment, stubs on loopback included, by udp and
tcp. Its sandbox shows itself /etc and /run alone, so a resolv.conf that links elsewhere (NixOS) costs the sandbox; the
seccomp filter stays.

Published ports: it forwards IPv4 alone and lets one connection wait, so tcp is the forwarder's; udp on IPv4 is its own,
which keeps the client's address.
"""

import os

from hull.model import Port
from hull.network import forwarding, options
from hull.network.backend import Connection, Request
from hull.network.routes import outside

GATEWAY, NAMESERVER, ADDRESS = "10.0.2.2", "10.0.2.3", "10.0.2.100"
PLAIN = options.SlirpOptions()


class Slirp4netns:
    """One process of slirp4netns a container."""

    name = "slirp4netns"

    def declines(self, request: Request) -> str:
        """Decline without the program or the tap device, or where its own forwarding is asked for what it cannot."""
        if not request.host.program("slirp4netns"):
            return "slirp4netns is not installed"
        if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "/dev/net/tun cannot be opened"
        if _asked(request).port_handler != "slirp4netns":
            return ""
        v6 = [port.address for port in request.ports if ":" in port.address]
        if v6:
            return f"port_handler=slirp4netns cannot publish on the IPv6 address {v6[0]}"
        return "port_handler=slirp4netns cannot publish sctp" if _has_sctp(request.ports) else ""

    def serves_v6(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Serve IPv6 wherever the forwarder may."""
        return _asked(request).port_handler != "slirp4netns"

    def keeps_source(self, request: Request, port: Port) -> bool:
        """Keep the client's address: its own forwarding does, the forwarder of tcp alone."""
        return forwarding.keeps_source(port, by_backend=_is_own(_asked(request), port))

    def connect(self, request: Request) -> Connection:
        """Return the helper's ops; the host's loopback stays out of reach unless it is asked for."""
        asked = _asked(request)
        gateway, nameserver, address = _places(asked)
        loopback = request.host_loopback or asked.allow_host_loopback
        own = tuple(port for port in request.ports if _is_own(asked, port))
        socket = forwarding.socket_path(request.scratch, "slirp") if own else ""
        words = [request.host.program("slirp4netns"), *_words(asked, request, loopback=loopback)]
        words += [f"--api-socket={socket}"] if own else []
        words += ["@NETNS", "tap0"]
        others = tuple(port for port in request.ports if port not in own)
        return Connection(
            ops=(
                ("helper", self.name, "fd"),
                *(("helper-arg", word) for word in words),
                *(("helper-request", socket, _forward(port)) for port in own),
                *forwarding.ops(others, request.scratch, forwarding.Target((address, "::1"), (gateway,))),
            ),
            address=address,
            gateway=(lambda: gateway) if loopback else outside,
            loopback=gateway if loopback else "",
            nameservers=(nameserver,),
            needs=(asked.cidr,),
            warnings=()
            if any(request.uplink)
            else ("this machine has no default route: nothing outside can be reached",),
        )


def _asked(request: Request) -> options.SlirpOptions:
    return options.slirp(request.options) if request.options else PLAIN


def _places(asked: options.SlirpOptions) -> tuple[str, str, str]:
    return (GATEWAY, NAMESERVER, ADDRESS) if asked.cidr == PLAIN.cidr else options.network_of(asked.cidr)


def _has_sctp(ports: tuple[Port, ...]) -> bool:
    return any(port.protocol == "sctp" for port in ports)


def _is_own(asked: options.SlirpOptions, port: Port) -> bool:
    if asked.port_handler:
        return asked.port_handler == "slirp4netns"
    return port.protocol == "udp" and ":" not in port.address


def _words(asked: options.SlirpOptions, request: Request, *, loopback: bool) -> list[str]:
    said = [
        *([] if asked.cidr == PLAIN.cidr else [f"--cidr={asked.cidr}"]),
        *(["--enable-ipv6"] if asked.enable_ipv6 else []),
        *([f"--outbound-addr={asked.outbound_addr}"] if asked.outbound_addr else []),
        *([f"--outbound-addr6={asked.outbound_addr6}"] if asked.outbound_addr6 else []),
    ]
    return [
        "--configure",
        f"--mtu={asked.mtu}",
        *([f"--macaddress={request.mac}"] if request.mac else []),
        *([] if loopback else ["--disable-host-loopback"]),
        "--enable-seccomp",
        *(["--enable-sandbox"] if _seen(request.resolver.path) else []),
        *said,
        "--ready-fd=@READY",
        "--exit-fd=@EXIT",
        "--netns-type=path",
    ]


def _seen(path: str) -> bool:
    return path.startswith(("/etc/", "/run/"))


def _forward(port: Port) -> str:
    import json

    where = {"proto": port.protocol, "host_addr": port.address or "0.0.0.0", "host_port": port.host}  # noqa: S104 (asked)
    return json.dumps({"execute": "add_hostfwd", "arguments": {**where, "guest_port": port.container}})
