"""No way out: loopback alone."""

from hull.network.backend import Connection, Request


class Nothing:
    """A network namespace with nothing but loopback."""

    name = "none"

    def declines(self, request: Request) -> str:
        """Decline to publish: nothing would arrive."""
        return "it has no way in for a published port" if request.ports else ""

    def connect(self, request: Request) -> Connection:  # noqa: ARG002 (the protocol's)
        """Return nothing to start."""
        return Connection(address="127.0.1.1")
