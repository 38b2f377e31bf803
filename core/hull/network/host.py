"""The host's own network: no namespace, no barrier."""

from hull.model import Port
from hull.network.backend import Connection, Request


class Shared:
    """The host's network namespace itself."""

    name = "host"

    def declines(self, request: Request) -> str:  # noqa: ARG002 (the protocol's)
        """Decline nothing."""
        return ""

    def serves_v6(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Publish nothing."""
        return False

    def keeps_source(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Change nothing on the way."""
        return True

    def connect(self, request: Request) -> Connection:
        """Return the host's own name servers; published ports mean nothing here and are told so, as Docker does."""
        warnings = ("published ports are ignored: the container uses the host's network",) if request.ports else ()
        loopback = "127.0.0.1"
        return Connection(
            gateway=lambda: loopback,
            nameservers=request.resolver.nameservers,
            warnings=warnings,
            loopback=loopback if request.host_loopback else "",
        )
