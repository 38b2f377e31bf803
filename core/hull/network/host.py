"""The host's own network: no namespace, no barrier."""

from hull.network.backend import Connection, Request


class Shared:
    """The host's network namespace itself."""

    name = "host"

    def declines(self, request: Request) -> str:  # noqa: ARG002 (the protocol's)
        """Decline nothing."""
        return ""

    def connect(self, request: Request) -> Connection:
        """Return the host's own name servers; published ports mean nothing here and are told so, as Docker does."""
        warnings = ("published ports are ignored: the container uses the host's network",) if request.ports else ()
        return Connection(gateway=lambda: "127.0.0.1", nameservers=request.resolver.nameservers, warnings=warnings)
