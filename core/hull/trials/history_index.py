"""What the last copy of an upper in use saw, beside that upper: what has changed since is told by it."""

import os

from hull.engine import Engine
from hull.state.snapshots import Layers, Stack
from hull.storage import snapshots
from hull.trials import freezing

PLACE = "index"


class Index:
    """The index of one container's upper; `flavour` is the id map that its files were made under."""

    def __init__(self, engine: Engine, ident: str, flavour: str) -> None:
        self._engine, self._flavour = engine, flavour
        self._directory = engine.paths.container(ident)

    @property
    def entries(self) -> str:
        """The file that holds what was seen."""
        return f"{self._directory}/{PLACE}.entries"

    def layers(self, stack: Stack) -> Layers | None:
        """Return the layers that the index tells the difference to; None where there is no index of this stack's."""
        found = freezing.read(f"{self._directory}/{PLACE}")
        if found is None or tuple(found["stack"]) != stack.layers:
            return None
        layers = tuple(map(str, found["layers"]))
        return layers if all(os.path.isdir(snapshots.place(self._engine.paths, name)) for name in layers) else None

    def agrees(self) -> bool:
        """Whether the upper is as it was seen."""
        words = (f"{self._directory}/upper", self.entries)
        return bool(freezing.run(self._engine, self._flavour, "same", *words)["same"])

    def put(self, entries: str, stack: Stack, layers: Layers) -> None:
        """Take over a file of what was seen when the `layers` were all."""
        self.forget()
        os.rename(entries, self.entries)
        freezing.write(f"{self._directory}/{PLACE}", {"stack": stack.layers, "layers": layers})

    def forget(self) -> None:
        """Drop it."""
        for path in (f"{self._directory}/{PLACE}", self.entries):
            if os.path.exists(path):
                os.unlink(path)
