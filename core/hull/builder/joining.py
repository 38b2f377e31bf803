"""What a build is lent to bring its steps to networks of the user's own: the verbs know how, and are above it."""

from hull.light import TYPE_CHECKING, Protocol
from hull.model import Attachment, Endpoint
from hull.state.containers import Container

if TYPE_CHECKING:
    from hull.runtime.launch import Launch
    from hull.runtime.session import Session

OTHER = "container:"  # begins the network that is another container's


class Met(Protocol):
    """A network that a start is to enter."""

    @property
    def attachment(self) -> Attachment:
        """The plan's part."""

    @property
    def outer(self) -> "Session | None":
        """Who owns it."""

    def close(self) -> None:
        """Let go: the start failed."""


class Joining(Protocol):
    """How steps come to networks of the user's own; whoever offers them in a build brings it."""

    def known(self, network: str) -> tuple[str, tuple[Endpoint, ...]]:
        """Return what --network means: a way out, or a network's name, and the networks."""

    def attach(self, row: Container) -> Met:
        """Make the container's place on its networks."""

    def prepared(self, steps: list[tuple[str, ...]], words: tuple[str, ...], ident: str) -> "Launch":
        """Return the launch of a plan, with what it inherits."""

    def left(self) -> None:
        """Tell the others that a container has gone."""
