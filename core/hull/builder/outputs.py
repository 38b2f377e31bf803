"""`--output`: the finished tree as a directory or a tar, the image as an archive."""

import os

from hull.builder.asked import Output
from hull.builder.console import Console
from hull.builder.state import State
from hull.builder.workshop import Workshop
from hull.errors import UserError
from hull.output import Piece

PLACE = ("dest", "destination")
WORDS = {
    "local": PLACE, "tar": PLACE, "oci": (*PLACE, "name", "tar"), "docker": (*PLACE, "name", "tar"),
    "image": ("name", "push"), "registry": ("name",),
}  # fmt: skip
YES = ("true", "1", "t")
CHUNK = 1 << 18


def parse(word: str) -> Output:
    """Read --output: type=KIND[,dest=PATH][,name=NAME][,push=true]; a bare word is a directory, or - for a tar."""
    if "=" not in word:
        return Output("tar", "-") if word == "-" else Output("local", word)
    fields = dict(part.partition("=")[::2] for part in word.split(","))
    kind = fields.get("type", "")
    place = fields.get("dest") or fields.get("destination") or ("" if kind in {"local", "image", "registry"} else "-")
    if not fields.keys() <= {"type", *WORDS.get(kind, ())} or kind not in WORDS or (kind == "local" and not place):
        raise UserError(f"cannot read the output {word!r}", f"write type={'|'.join(WORDS)},dest=PATH")
    names = tuple(filter(None, (fields.get("name", ""),)))
    push = kind == "registry" or fields.get("push", "false").lower() in YES
    archive = fields.get("tar", "true").lower() in YES
    if not archive and (place == "-" or kind != "oci"):
        raise UserError(f"cannot read the output {word!r}: tar=false makes a directory", "type=oci,tar=false,dest=DIR")
    return Output("image" if kind == "registry" else kind, place, names, push, archive)


def all_(words: tuple[str, ...], *, push: bool, load: bool) -> tuple[Output, ...]:
    """Return what --output, --push and --load ask for together; nothing is the image here."""
    found = tuple(map(parse, words))
    if push:
        return (*found, Output("image", push=True))
    return (*found, Output("image")) if load and found else found


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
    from hull.images import reference, saving, saving_places

    engine = shop.engine
    for output in (one for one in outputs if one.kind in {"oci", "docker"}):
        plain = output.kind == "docker"
        own = tuple(reference.parse(name).canonical if plain else name for name in output.names)
        bench = saving.Shop(engine.images, engine.events, "" if plain else "gzip")
        members = (saving.docker_archive if plain else saving.oci_layout)(bench, [saving.Chosen(ident, (*names, *own))])
        if not output.archive:
            saving_places.directory(output.place, members)
            continue
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
