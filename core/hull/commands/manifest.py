"""`hull manifest`: multi-platform images."""

from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import HullError, UserError
from hull.light import TYPE_CHECKING, Annotated, Any

if TYPE_CHECKING:
    from hull.config import Settings
    from hull.images.indexes import Entry

Many = tuple[str, ...]
ACTIONS = ("inspect", "create", "add", "annotate", "push", "rm")


def manifest(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=ACTIONS)],
    name: Annotated[str, Word("the multi-platform image; for inspect any image", "NAME[:TAG]", complete="image")],
    images: Annotated[Many, Word("images at registries; for push one destination; for rm more names", "IMAGE")] = (),
    *,
    amend: Annotated[bool, Flag("create: add to what is there", "a")] = False,
    arch: Annotated[str, Flag("annotate: the architecture", metavar="ARCH")] = "",
    os: Annotated[str, Flag("annotate: the operating system", metavar="OS")] = "",
    variant: Annotated[str, Flag("annotate: the architecture's variant", metavar="TEXT")] = "",
    os_version: Annotated[str, Flag("annotate: the operating system's version", metavar="TEXT")] = "",
    os_features: Annotated[Many, Flag("annotate: a feature the operating system must have", metavar="TEXT")] = (),
    annotation: Annotated[Many, Flag("annotate: a note", metavar="KEY=VALUE")] = (),
    purge: Annotated[bool, Flag("push: forget it here afterwards", "p")] = False,
    quiet: Annotated[bool, Flag("show no progress", "q")] = False,  # noqa: ARG001 (the front reads it)
) -> Any:
    """Put a multi-platform image together, look at one, push it.

    `create` and `add` take images that are at a registry; `push` copies those that the repository lacks, then writes
    the index and prints its digest. Until then it is kept here and `inspect` shows it.
    """
    from hull import config
    from hull.images import indexes, reference

    settings, target = config.load(engine.paths.config), reference.parse(name)
    if action == "inspect":
        _none(action, images)
        return _inspect(engine, name, settings)
    if action in ("create", "add"):
        return _create(engine, name, images, settings, amend=amend or action == "add", made=action == "add")
    if action == "annotate":
        words = {"architecture": arch, "os": os, "variant": variant, "os.version": os_version}
        platform: dict[str, Any] = {key: value for key, value in words.items() if value}
        platform |= {"os.features": list(os_features)} if os_features else {}
        return _annotate(engine, name, images, platform, annotation)
    if action == "push":
        _none(action, images[1:])
        draft = indexes.known(engine.paths, target)
        digest = indexes.push(draft, reference.parse(images[0]) if images else target, settings, engine.events)
        if purge:
            indexes.forget(engine.paths, target)
        return digest
    for one in (name, *images):
        indexes.forget(engine.paths, reference.parse(one))
    return [name, *images]


def _none(action: str, images: Many) -> None:
    if images:
        raise UserError(f"hull manifest {action} does not take {images[0]!r}", "hull manifest --help")


def _inspect(engine: Engine, name: str, settings: "Settings") -> Any:
    import json

    from hull.images import indexes, reference
    from hull.images.copying_places import RegistrySource

    target = reference.parse(name)
    draft = None if target.digest else indexes.load(engine.paths, target)
    found = draft.document() if draft else RegistrySource(target, settings).top()
    return json.loads(found.body)


def _create(engine: Engine, name: str, images: Many, settings: "Settings", *, amend: bool, made: bool) -> str:
    from hull.images import indexes, reference

    target = reference.parse(name)
    draft = indexes.known(engine.paths, target) if made else indexes.load(engine.paths, target)
    if draft is not None and not amend:
        raise UserError(f"cannot create {name}: it is here already", "hull manifest create --amend, or manifest rm")
    if made and not images:
        raise UserError("hull manifest add needs IMAGE", "hull manifest --help")
    draft = draft or indexes.Draft(target)
    for one in images:
        draft = draft.added(_entries(engine, one, settings))
    indexes.save(engine.paths, draft)
    return f"Created manifest list {target.canonical}"


def _entries(engine: Engine, image: str, settings: "Settings") -> "list[Entry]":
    from hull.images import indexes, reference

    try:
        return indexes.entries(reference.parse(image), settings)
    except HullError as error:
        if engine.images.identify(image):
            raise UserError(f"{error.message}; it is here only", f"hull push {image}") from None
        raise


def _annotate(engine: Engine, name: str, images: Many, platform: dict[str, Any], notes: Many) -> None:
    from hull.images import indexes, reference

    if len(images) != 1:
        raise UserError("hull manifest annotate needs one IMAGE", "hull manifest annotate NAME IMAGE --arch …")
    pairs = [note.partition("=") for note in notes]
    if any(not equals for _, equals, _ in pairs):
        raise UserError("cannot annotate: a note is KEY=VALUE", "--annotation KEY=VALUE")
    draft = indexes.known(engine.paths, reference.parse(name))
    image = images[0]
    found = indexes.annotate(draft, image, platform, {key: value for key, _, value in pairs})
    indexes.save(engine.paths, found)
