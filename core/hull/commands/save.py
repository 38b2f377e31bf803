"""`hull save`."""

import sys
from collections.abc import Iterator

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated
from hull.output import Piece

if TYPE_CHECKING:
    from hull.images.saving import Chosen, Member, Shop

Many = tuple[str, ...]


def save(
    engine: Engine,
    image: Annotated[Many, Word("references or ids; a bare name is every tag it has here", "IMAGE", complete="image")],
    *,
    output: Annotated[str, Flag("write here, not to standard output", "o", "FILE", complete="path")] = "-",
    format: Annotated[
        str, Flag("what to make", metavar="FORMAT", choices=("docker-archive", "oci-archive", "oci-dir"))
    ] = "docker-archive",
    compression: Annotated[
        str, Flag("how layers of the OCI formats are compressed", metavar="KIND", choices=("gzip", "zstd"))
    ] = "",
    quiet: Annotated[bool, Flag("show no progress", "q")] = False,  # noqa: ARG001 (the front reads it)
) -> Iterator[Piece] | None:
    """Save images as an archive that docker, podman, skopeo and umoci load.

    Layers come out as they came in, so ids stay; hull says where that could not be. hull copy moves what a registry
    has, unchanged. oci-dir makes the directory that --output names.
    """
    from hull.images import saving_places

    found = members(engine, image, format, compression)
    if format == "oci-dir":
        if output == "-":
            raise UserError("cannot save a directory to standard output", "hull save --format oci-dir -o DIR IMAGE")
        saving_places.directory(output, found)
    elif output != "-":
        saving_places.file(output, saving_places.tar(found))
    elif sys.stdout.isatty():
        raise UserError("cannot save to a terminal", "hull save -o FILE, or hull save IMAGE > FILE")
    else:
        return _poured(found)
    return None


def members(engine: Engine, image: Many, format: str = "docker-archive", compression: str = "") -> "Iterator[Member]":
    """Yield the files of an archive of images; one that is not here is an error at once."""
    from hull.images import saving

    make = saving.docker_archive if format == "docker-archive" else saving.oci_layout
    return make(_shop(engine, format, compression), _chosen(engine, image))


def _poured(found: "Iterator[Member]") -> Iterator[Piece]:
    from hull.images import saving_places

    for chunk in saving_places.tar(found):
        yield Piece(1, chunk)


def _shop(engine: Engine, form: str, compression: str) -> "Shop":
    from hull.images import saving

    plain = form == "docker-archive"
    if compression and plain:
        raise UserError("cannot compress a docker-archive: its layers are plain", "hull save --format oci-archive")
    kind = "" if plain else compression or "gzip"
    return saving.Shop(engine.images, engine.events, kind)


def _chosen(engine: Engine, asked: Many) -> "list[Chosen]":
    """Return every image once, with the names that were asked for; Docker takes a bare name for all its tags."""
    from hull.images import reference, saving

    names: dict[str, list[str]] = {}
    for word in asked:
        tags, keys = named(engine, word)
        for key in keys:
            names.setdefault(tags[key], []).append(reference.parse(key).canonical)
        if not keys:
            names.setdefault(engine.images.holder(word)[1], [])
    return [saving.Chosen(ident, tuple(dict.fromkeys(found))) for ident, found in names.items()]


def named(engine: Engine, word: str) -> tuple[dict[str, str], list[str]]:
    """Return the names in the first store that has such, and those that the word means; none where it is an id."""
    for rows in (engine.images.rows, *(store.rows for store in engine.images.shared)):
        tags = dict(rows.tags())
        if keys := _all_tags(word, list(tags)) or _one_tag(word, tags):
            return tags, keys
    return {}, []


def _all_tags(word: str, keys: list[str]) -> list[str]:
    from hull.images import reference

    try:
        parsed = reference.parse(word)
    except UserError:
        return []
    if parsed.digest or ":" in word.rpartition("/")[2]:
        return []
    return [key for key in keys if "@" not in key and reference.parse(key).name == parsed.name]


def _one_tag(word: str, tags: dict[str, str]) -> list[str]:
    from hull.images import reference

    try:
        key = reference.parse(word).key
    except UserError:
        return []
    return [key] if key in tags and "@" not in key else []
