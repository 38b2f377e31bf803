"""Networks of the user's own for the steps of a build (`hull.builder.joining`)."""

from hull.commands import _attaching, _network_words, _places, _start
from hull.commands._attached import Attached
from hull.engine import Engine
from hull.model import Endpoint, Spec
from hull.runtime.launch import Launch
from hull.runtime.ops import Op
from hull.state.containers import Container


class Joining:
    """As containers come to them: a step's container is one of theirs for as long as it runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, network: str) -> tuple[str, tuple[Endpoint, ...]]:
        """Return what --network means: a way out, or a network's name, and the networks."""
        way, networks = _network_words.read(network, _network_words.Scoped())
        spec = _attaching.known(self._engine, Spec("build", network=way, networks=networks))
        return spec.network, spec.networks

    def attach(self, row: Container) -> Attached:
        """Make the container's place on its networks."""
        return _attaching.attach(self._engine, row)

    def prepared(self, steps: list[Op], words: tuple[str, ...], ident: str) -> Launch:
        """Return the launch of a plan, with what it inherits."""
        return _start.prepared(steps, words, ident)

    def left(self) -> None:
        """Tell the others that a container has gone."""
        _places.refresh(self._engine)
