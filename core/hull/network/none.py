"""No way out: loopback alone."""

from hull.model import Port
from hull.network.backend import Connection, Request


class Nothing:
    """A network namespace with nothing but loopback."""

    name = "none"

    def declines(self, request: Request) -> str:
        """Decline to publish: nothing would arrive."""
        return "it has no way in for a published port" if request.ports else ""

    def serves_v6(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Publish nothing."""
        return False

    def keeps_source(self, request: Request, port: Port) -> bool:  # noqa: ARG002 (the protocol's)
        """Change nothing on the way."""
        return True

    def connect(self, request: Request) -> Connection:  # noqa: ARG002 (the protocol's)
        """Return nothing to start."""
        return Connection(address="127.0.1.1")
