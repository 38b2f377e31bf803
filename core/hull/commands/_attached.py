"""What a start knows of its network. A module of its own: a start on no named network imports nothing else of them."""

from hull.light import TYPE_CHECKING, NamedTuple
from hull.model import Attachment

if TYPE_CHECKING:
    from hull.commands._meeting import Met
    from hull.runtime.session import Session


class Attached(NamedTuple):
    """What a start needs to know of its network; `met` holds what its launcher inherits, None for nothing."""

    attachment: Attachment
    outer: "Session | None"
    met: "Met | None" = None

    def close(self) -> None:
        """Let go: the start failed."""
        if self.met is not None:
            self.met.close()
