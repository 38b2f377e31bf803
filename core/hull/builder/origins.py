"""Trees that COPY, ADD and mounts take files from: a context of this machine, or layers that the child sees."""

import os

from hull.builder.collecting import Collection, Selection
from hull.builder.workshop import Workshop
from hull.light import Any, NamedTuple


class Origin(NamedTuple):
    """A tree. `directory` is the caller's own, read by this process; without it, `layers` are stacked by the child.

    `ignore` is a .dockerignore's text; `label` names it in messages.
    """

    label: str
    directory: str = ""
    layers: tuple[str, ...] = ()
    ignore: str = ""

    def select(self, shop: Workshop, selection: Selection) -> "Picked":
        """Return what of it is selected; a pattern that finds nothing is an error."""
        selection = selection._replace(ignore=self.ignore)
        if not self.directory:
            return Picked(shop, self, selection, None)
        fd = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        shop.opened(fd)
        return Picked(shop, self, selection, Collection(fd, selection, shop.opened))


class Picked:
    """Files of a tree on their way to a step."""

    def __init__(self, shop: Workshop, origin: Origin, selection: Selection, found: Collection | None) -> None:
        self._shop, self._origin, self._selection = shop, origin, selection
        self.found = found

    def digest(self) -> str:
        """Return the digest of names, modes and content."""
        if self.found is not None:
            return self.found.digest()
        answer = self._shop.worker.ask("digest", empty=self._shop.empty, source=self._source())
        return str(answer["digest"])

    def place(self, step: str, layers: list[str], names: list[str], spot: dict[str, Any]) -> None:
        """Put them into the step's tree over `layers`; `names` are the layers whose users --chown means."""
        ask = self._shop.worker.ask
        where: dict[str, Any] = {"step": step, "layers": layers, "names": names}
        if self.found is None:
            ask("copy", spot=spot, source=self._source(), **where)
            return
        spot = {**spot, "single": self.found.single and spot["single"], "chown": spot["chown"] or "0:0"}
        ask("place", feed=self.found.write, spot=spot, **where)

    def _source(self) -> dict[str, Any]:
        return {"layers": list(self._origin.layers), "selection": self._selection._asdict()}
