"""`hull image`: what is said of images only; the other words of Docker's `image` are verbs of their own."""

from hull.commands import _unused
from hull.commands._asking import confirm
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Annotated

Many = tuple[str, ...]
ACTIONS = ("prune", "diff")


def image(
    engine: Engine,
    action: Annotated[str, Word("what to do", "ACTION", choices=ACTIONS)],
    images: Annotated[Many, Word("diff: two images", "IMAGE", complete="image")] = (),
    *,
    all: Annotated[
        bool, Flag("prune: every image that no container uses, not those without a name alone", "a")
    ] = False,
    filter: Annotated[Many, Flag("prune: until=TIME or AGE, label=KEY[=VALUE], label!=…", metavar="FILTER")] = (),
    force: Annotated[bool, Flag("prune: do not ask", "f")] = False,
) -> list[str]:
    """Prune images, or compare two of them.

    `prune` removes the images that nothing names and no container uses. `diff A B` lists what is added (A), changed (C)
    and deleted (D) in the files of B against those of A. Also: hull image ls, rm, inspect, history, tag, save, load,
    import, pull, push, build.
    """
    if action == "diff":
        return _diff(engine, images)
    if images:
        raise UserError(f"hull image prune does not take {images[0]!r}", "hull image prune --filter, or hull rmi")
    if not force:
        which = "images without at least one container" if all else "dangling images"
        confirm("remove", f"This will remove all {which}.", "hull image prune --force")
    return _unused.told({"Images": pruned(engine, filter, everything=all)})


def pruned(engine: Engine, words: Many, *, everything: bool) -> tuple[list[str], int]:
    """Remove what the filters let through; return what went and the bytes that it freed."""
    from hull.commands._image_filters import PRUNING, ImageFilters, subjects
    from hull.images import pruning

    filters = ImageFilters(engine, words, PRUNING)
    chosen = [
        subject.image.id
        for subject in subjects(engine.images.rows)
        if (everything or subject.dangling or "dangling" in filters.said) and filters.match(subject)
    ]
    gone, freed = pruning.prune(engine.images, engine.paths, chosen)
    _unused.tell(engine, "image", freed)
    return gone, freed


def _diff(engine: Engine, images: Many) -> list[str]:
    from hull.images import child

    if len(images) != 2:  # noqa: PLR2004 (one against another)
        raise UserError("hull image diff needs two images", "hull image diff A B")
    flavour = engine.identity().layer_flavour
    stacks = [":".join(_layers(engine, one, flavour)) for one in images]
    answer = child.run(engine.confine, flavour, ["compare", *stacks])
    return [str(line) for line in answer["changes"]]


def _layers(engine: Engine, name: str, flavour: str) -> Many:
    found = engine.images.resolve(name, "never", flavour=flavour)
    if not found.layers:
        raise UserError(f"cannot compare {name}: it holds no files", "choose an image with layers")
    return found.layers
