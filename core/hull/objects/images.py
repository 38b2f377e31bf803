"""An image as a value."""

from typing import Any

from hull.commands.images import ImageRow
from hull.commands.images import images as images_
from hull.commands.inspect import inspect as inspect_
from hull.commands.pull import pull as pull_
from hull.commands.rmi import rmi as rmi_
from hull.engine import Engine
from hull.objects import values

Rows = list[ImageRow]


class Image:
    """One image that is here, by its id; `str` is what it was asked by, as run takes it."""

    __slots__ = ("_engine", "id", "reference")

    def __init__(self, ident: str, reference: str, engine: Engine) -> None:
        self.id = ident
        self.reference = reference
        self._engine = engine

    def inspect(self) -> dict[str, Any]:
        """Return everything about it."""
        return inspect_(self._engine, (self.id,), type="image")[0]

    def rmi(self, *, force: bool = False) -> None:
        """Remove the reference it was asked by; the image goes with its last one."""
        rmi_(self._engine, (self.reference,), force=force)

    @staticmethod
    def list(repository: str = "", *, all: bool = False) -> Rows:
        """Return a row for each reference that is here."""
        return values.table(images_(values.engine(), repository, all=all), ImageRow)

    def _repr_html_(self) -> str:
        from hull.errors import UserError
        from hull.faces import cards

        try:
            return cards.image(self.inspect())
        except UserError:
            return cards.gone("image", self.id.removeprefix("sha256:"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __str__(self) -> str:
        return self.reference

    def __repr__(self) -> str:
        return f"<Image {self.reference} {self.id.removeprefix('sha256:')[:12]}>"


def image(name: str) -> Image:
    """Return the image of this reference or id, if it is here."""
    engine = values.engine()
    return Image(inspect_(engine, (name,), type="image")[0]["Id"], name, engine)


def pull(name: str, *, platform: str = "") -> Image:
    """Fetch an image."""
    engine = values.engine()
    pull_(engine, name, platform=platform)
    return Image(inspect_(engine, (name,), type="image")[0]["Id"], name, engine)
