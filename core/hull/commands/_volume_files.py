"""What a volume holds, as a tar: read and written inside the user namespace, where its owners are somebody."""

import os
import shutil
from collections.abc import Iterator

from hull.commands._files import Child
from hull.engine import Engine
from hull.errors import UserError
from hull.images.files import View
from hull.light import IO
from hull.storage.volumes import Volume


def read(engine: Engine, one: Volume) -> Iterator[bytes]:
    """Yield a volume as a tar."""
    return _child(engine, one).stream("export")


def write(engine: Engine, one: Volume, source: str) -> None:
    """Put what a tar holds into a volume, beside what is there; `-` is standard input."""
    import sys

    def feed(sink: IO[bytes]) -> None:
        if source == "-":
            shutil.copyfileobj(sys.stdin.buffer, sink)
            return
        with open(source, "rb") as file:
            shutil.copyfileobj(file, sink)

    if source != "-" and not os.access(source, os.R_OK):
        raise UserError(f"cannot read {source}: it is not there, or not yours to read", "check the path")
    _child(engine, one).run("write", "/", "volume", "", "keep", feed=feed)


def _child(engine: Engine, one: Volume) -> Child:
    from hull.storage import drivers

    bound = drivers.bound(one.options)
    flavour = engine.identity().layer_flavour
    return Child(engine, View(f"{one.name}:", root=bound.device if bound else one.path), flavour, None)
