"""What every way out of a network namespace is: a name, a reason to decline, a connection.

A backend is data for the plan: it starts nothing. Its helper runs as root of the user namespace that owns the network
namespace, in the host's mount and network namespaces, and is killed with the container. In a helper's arguments these
words stand for what only the launcher knows, whole or after an equals sign:

    @PID     the container's first process, as the host numbers it
    @NETNS   the path of its network namespace
    @READY   the descriptor to which the helper writes a byte once the network is up (ready "fd")
    @EXIT    a descriptor whose hangup means the container has ended

Ready "exit": the helper's first process exits with 0 once the network is up; what it leaves behind serves on.
"""

from collections.abc import Callable

from hull.kernel.features import Host
from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Port
from hull.network.resolver import Resolver
from hull.network.routes import Routes

if TYPE_CHECKING:
    from hull.light import Protocol
else:
    Protocol = object  # to build a protocol is 0.2 ms of every cold start


class Request(NamedTuple):
    """What a backend may decide from. `scratch` is a directory that its helper may write in, its path short.

    `options` are the words behind the backend's name; `host_loopback` whether the host's loopback may be reached;
    `interface` what the way out must be called, `mac` its hardware address, "" where they are the backend's own choice.
    """

    host: Host
    ports: tuple[Port, ...]
    resolver: Resolver
    uplink: Routes
    scratch: str
    options: tuple[str, ...] = ()
    host_loopback: bool = False
    interface: str = ""
    mac: str = ""


class Beside(NamedTuple):
    """What a container's named networks mean for its way out.

    `address` is what its own name means inside, "" for the way out's; `peers` are lines of names on its networks, which
    a policy may mean; `interface` keeps the way out's name from being one of theirs. `resolves` is whether a name
    server of the container's own answers for them.
    """

    address: str = ""
    peers: tuple[str, ...] = ()
    interface: str = ""
    resolves: bool = False


class Connection(NamedTuple):
    """What a backend decided. `address` is the container's own; `gateway` finds one that reaches the host, or "".

    `loopback` is the address that reaches the host's loopback, "" where none does; `needs` are addresses and networks
    that it uses itself, link-local ones among them.
    """

    ops: tuple[tuple[str, ...], ...] = ()
    address: str = ""
    gateway: Callable[[], str] = str
    nameservers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    loopback: str = ""
    needs: tuple[str, ...] = ()


class Around(NamedTuple):
    """What an egress policy depends on besides its words: lines of /etc/hosts that were asked, servers, ports."""

    hosts: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()


class Policy(NamedTuple):
    """What the words of --egress became: the plan's ops, lines of /etc/hosts, warnings."""

    ops: tuple[tuple[str, ...], ...] = ()
    hosts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Backend(Protocol):
    """One way out. `name` is what --network takes."""

    name: str

    def declines(self, request: Request) -> str:
        """Return why it cannot serve this request here, "" where it can. Starts and probes nothing."""

    def serves_v6(self, request: Request, port: Port) -> bool:
        """Whether it can publish this port on an IPv6 address."""

    def keeps_source(self, request: Request, port: Port) -> bool:
        """Whether a program inside sees the address of who called the port."""

    def connect(self, request: Request) -> Connection:
        """Return the helper's ops and what the container's /etc must say."""
