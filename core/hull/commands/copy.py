"""`hull copy`."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from hull.config import Settings

_FORMS = "docker://NAME[:TAG], oci:DIR[:TAG] or docker-archive:FILE[:NAME]"


def copy(
    engine: Engine,
    source: Annotated[str, Word(f"{_FORMS}; a bare name is a registry's", "SOURCE")],
    destination: Annotated[str, Word("the same", "DESTINATION")],
    *,
    all: Annotated[bool, Flag("every platform of a multi-platform image", short="a")] = False,
    platform: Annotated[str, Flag("which platform, if not this machine's", metavar="OS/ARCH")] = "",
    quiet: Annotated[bool, Flag("show no progress", short="q")] = False,  # noqa: ARG001 (the front reads it)
) -> str:
    """Copy an image between registries, OCI layouts and archives, by content.

    Nothing is unpacked and nothing comes into the store; digests stay what they are. Only blobs that the destination
    lacks travel. Prints the digest.
    """
    from hull import config
    from hull.images import copying

    settings = config.load(engine.paths.config)
    return copying.run(
        _source(engine, source, settings),
        _target(engine, destination, source, settings),
        engine.events,
        platform,
        all_platforms=all,
    )


def _source(engine: Engine, text: str, settings: "Settings") -> Any:
    from hull.images import copying_archives, copying_places, reference

    kind, place, name = _parse(text)
    if kind == "docker":
        return copying_places.RegistrySource(reference.parse(place), settings)
    if kind == "oci":
        return copying_places.LayoutSource(place, name)
    return copying_archives.ArchiveSource(place, name, engine.paths.scratch)


def _target(engine: Engine, text: str, source: str, settings: "Settings") -> Any:
    from hull.images import copying_archives, copying_places, reference

    kind, place, name = _parse(text)
    if kind == "docker":
        return copying_places.RegistryTarget(reference.parse(place), settings)
    if kind == "oci":
        return copying_places.LayoutTarget(place, name)
    if not name and (origin := _parse(source))[0] == "docker" and "@" not in origin[1]:
        name = origin[1]
    return copying_archives.ArchiveTarget(place, name, engine.paths.scratch)


def _parse(text: str) -> tuple[str, str, str]:
    """Return the transport, the place, and the name in it."""
    if text.startswith("docker://"):
        return "docker", text.removeprefix("docker://"), ""
    for kind in ("oci", "docker-archive"):
        if text.startswith(f"{kind}:"):
            place, _, name = text.removeprefix(f"{kind}:").partition(":")
            if not place:
                raise UserError(f"cannot copy {text!r}: no path", f"write it as {_FORMS}")
            return kind, place, name
    if text.startswith(("dir:", "oci-archive:", "containers-storage:", "docker-daemon:")):
        raise UserError(f"cannot copy {text!r}: not such a place", f"write it as {_FORMS}; hull save writes archives")
    return "docker", text, ""
