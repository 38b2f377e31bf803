"""`--output`: the finished tree as a directory or a tar, the image as an archive."""

import os

from hull.builder.console import Console
from hull.builder.state import State
from hull.builder.workshop import Workshop
from hull.errors import UserError
from hull.light import NamedTuple
from hull.output import Piece

KINDS = ("local", "tar", "oci", "docker")
CHUNK = 1 << 18


class Output(NamedTuple):
    """Where a result goes; `place` is a path, or - for standard output."""

    kind: str
    place: str


def parse(word: str) -> Output:
    """Read --output: type=local|tar|oci|docker,dest=PATH; a bare word is a directory, or - for a tar."""
    if "=" not in word:
        return Output("tar", "-") if word == "-" else Output("local", word)
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    kind = fields.get("type", "")
    place = fields.get("dest") or fields.get("destination") or ("" if kind == "local" else "-")
    if kind not in KINDS or not place or not fields.keys() <= {"type", "dest", "destination"}:
        raise UserError(f"cannot read the output {word!r}", f"write type={'|'.join(KINDS)},dest=PATH")
    return Output(kind, place)


def trees(outputs: tuple[Output, ...], shop: Workshop, state: State, console: Console) -> None:
    """Write the tree to each directory and tar that was asked for."""
    for output in outputs:
        if output.kind == "local":
            os.makedirs(output.place, exist_ok=True)
            _export(shop, state, lambda fd, place=output.place: _unpack(fd, place))
        elif output.kind == "tar":
            _export(shop, state, lambda fd, place=output.place: _write(fd, place, console))


def archives(outputs: tuple[Output, ...], shop: Workshop, ident: str, names: tuple[str, ...], console: Console) -> None:
    """Write the image, called `names`, to each archive that was asked for."""
    from hull.images import saving, saving_places

    engine = shop.engine
    for output in (one for one in outputs if one.kind in {"oci", "docker"}):
        plain = output.kind == "docker"
        bench = saving.Shop(engine.images, engine.events, "" if plain else "gzip")
        members = (saving.docker_archive if plain else saving.oci_layout)(bench, [saving.Chosen(ident, names)])
        if output.place != "-":
            saving_places.file(output.place, saving_places.tar(members))
            continue
        for chunk in saving_places.tar(members):
            console.piece(Piece(1, chunk))


def _export(shop: Workshop, state: State, take: "object") -> None:
    shop.worker.stream("export", take, layers=state.directories, empty=shop.empty)  # type: ignore[arg-type]


def _unpack(fd: int, place: str) -> None:
    """Put the tree below a directory as files of the caller's."""
    from hull.images.placing import Owners, Placer
    from hull.images.tarstream import TarStream

    target = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        Placer(target, Owners(keep=False, host=True)).place(TarStream(iter(lambda: os.read(fd, CHUNK), b"")))
    finally:
        os.close(target)


def _write(fd: int, place: str, console: Console) -> None:
    if place == "-":
        while chunk := os.read(fd, CHUNK):
            console.piece(Piece(1, chunk))
        return
    with open(place, "wb") as file:
        while chunk := os.read(fd, CHUNK):
            file.write(chunk)
