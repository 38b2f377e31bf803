"""hull commit: an image of what a container changed."""

from collections.abc import Iterator
from contextlib import contextmanager

from hull.commands import _changing, _details_config
from hull.commands._files import Files
from hull.commands._verb import Flag, Word
from hull.engine import Engine
from hull.errors import UserError
from hull.images import committing, imageconfig
from hull.light import Annotated, Any, NamedTuple
from hull.model import Health
from hull.runtime import plan
from hull.state import lifecycle
from hull.state.containers import Container

Many = tuple[str, ...]


def commit(
    engine: Engine,
    container: Annotated[str, Word("name or id", complete="container")],
    reference: Annotated[str, Word("what to call the image", "[REPOSITORY[:TAG]]")] = "",
    *,
    author: Annotated[str, Flag("who made it", "a", "TEXT")] = "",
    change: Annotated[Many, Flag("apply a Dockerfile instruction (CMD, ENV, USER, …)", "c", "TEXT")] = (),
    message: Annotated[str, Flag("a comment to keep with the image", "m", "TEXT")] = "",
    pause: Annotated[bool, Flag("hold the container still meanwhile (the default); --no-pause does not", "p")] = True,
) -> str:
    """Make an image of a container: its image, and a layer of what it changed. Prints the image's id."""
    return made(engine, container, reference, Words(author, change, message, pause=pause))


class Words(NamedTuple):
    """What is said of the new image; `run` is what its config says in place of the container's."""

    author: str = ""
    change: Many = ()
    message: str = ""
    run: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)
    pause: bool = True


def made(engine: Engine, container: str, reference: str, words: Words) -> str:
    """Make an image of a container; return its id."""
    row = engine.containers.find(container)
    status = engine.containers.status(row)
    lifecycle.require(row, status.state, "commit")
    if not row.image:
        raise UserError(f"cannot commit {row.name}: its root is this machine, there is no image below", _instead(row))
    files = Files(engine, row)
    asked = committing.Commit(
        row.image,
        committing.merged(words.run, run_config(row)),
        " ".join(plan.command(row.spec, row.config)),
        words.change,
        words.message,
        words.author,
        files.flavour,
        row.id,
        _changing.expand,
    )
    with _still(engine, row, wanted=words.pause and status.state == "running"):
        ident = committing.run(engine.images, files.upper().stream("layer"), reference, asked)
    attributes = {"name": row.name, "image": row.spec.image, "imageID": ident, "comment": words.message}
    engine.history.add("container", "commit", row.id, attributes)
    return ident


def _instead(row: Container) -> str:
    if row.spec.trial is None:
        return f"hull diff {row.name} shows what it changed"
    return f"hull keep {row.name} brings it to this machine; one that began with hull try --from IMAGE can be committed"


@contextmanager
def _still(engine: Engine, row: Container, *, wanted: bool) -> Iterator[None]:
    """Hold the container's processes while its layer is read, unless somebody holds them already."""
    if not wanted:
        yield
        return
    from hull.runtime import freeze, membership

    status = engine.containers.status(row)
    group = membership.own_group(status.init.pid, row.id)
    held = freeze.hold(status.init.pid, group)
    try:
        yield
    finally:
        freeze.release(status.init.pid, group, held.already)


def run_config(row: Container) -> dict[str, Any]:
    """Return what the container was told at its start, as an image's config says it; the rest stays the image's."""
    spec, image = row.spec, row.config
    told = _details_config.document(row)
    found: dict[str, Any] = {
        **{key: told[key] for key in ("Env", "Labels", "Entrypoint", "Cmd", "ExposedPorts")},
        "WorkingDir": spec.workdir or image.workdir,
        "User": (None if spec.userns.startswith("keep-id") else spec.user) or image.user,
    }
    if spec.stop_signal and spec.stop_signal not in ("TERM", "SIGTERM"):
        found["StopSignal"] = spec.stop_signal
    if spec.health is not None:
        merged = Health._make(
            mine or theirs for mine, theirs in zip(spec.health, image.health or Health(), strict=True)
        )
        found["Healthcheck"] = {key: value for key, value in imageconfig.healthcheck(merged).items() if value}
    said = ("Entrypoint", "Cmd") if spec.entrypoint is not None else ()  # one that is none takes the image's away
    return {key: value for key, value in found.items() if value or key in said}
