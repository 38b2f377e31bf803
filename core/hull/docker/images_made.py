"""Images that a client brings or makes: from an archive, a root file system, a container."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hull import log
from hull.commands import _changing
from hull.commands import commit as commit_
from hull.commands import save as save_
from hull.docker import create_life, images, images_progress
from hull.docker import platform as asking
from hull.docker.fields import Fields
from hull.docker.images_progress import Say, Told
from hull.engine import Engine
from hull.errors import UserError
from hull.images import importing, saving_places, urls
from hull.light import IO


class Import(NamedTuple):
    """What is said of an image that is imported."""

    name: str = ""
    changes: tuple[str, ...] = ()
    message: str = ""
    platform: str = ""


def import_(engine: Engine, source: "str | IO[bytes]", asked: Import, say: Say) -> None:
    """Make an image of a root file system's tar, a file or a URL; its id is the last that is told."""
    shown = urls.shown(source) if isinstance(source, str) else "-"
    if isinstance(source, str):
        if not source.startswith(importing.REMOTE):
            raise UserError(f"cannot import from {source!r}: fromSrc is - or an http or https URL")
        say({"status": f"Downloading from {source}"})
    flavour = engine.identity().layer_flavour
    message, platform = asked.message or f"Imported from {shown}", asking.asked(asked.platform)
    ident = engine.images.import_(
        source, asked.name, asked.changes, message=message, platform=platform, flavour=flavour,
        expand=_changing.expand,
    )  # fmt: skip
    say({"status": ident})


def load(engine: Engine, source: IO[bytes], platform: str, say: Say, *, quiet: bool) -> None:
    """Take the images out of an archive and tell their names, the id of one without."""
    view = engine.hearing(log.silent if quiet else Told(say, images_progress.LOADING))
    wanted = str(asking.read(platform)) if platform else ""
    for name in view.images.load(source, engine.identity().layer_flavour, wanted):
        what = "Loaded image ID" if name.startswith("sha256:") else "Loaded image"
        say({"stream": f"{what}: {name}\n"})


def save(engine: Engine, names: tuple[str, ...], platform: str = "") -> Iterator[bytes]:
    """Yield the archive of images."""
    if not names:
        raise UserError("cannot save: no image is named")
    for name in names:
        if platform:
            images.check_platform(engine, name, platform)
        if not save_.named(engine, name)[1]:
            images.holder(engine, name)
    yield from saving_places.tar(save_.members(engine.hearing(log.silent), names))


class Commit(NamedTuple):
    """What is said of an image that is made of a container; `run` is the body, a container's Config."""

    container: str
    repository: str = ""
    label: str = ""
    author: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    run: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)
    pause: bool = True


WORDS, LISTS = ("User", "WorkingDir", "StopSignal"), ("Env", "Entrypoint", "Cmd", "Shell", "OnBuild")
MAPS = ("ExposedPorts", "Volumes", "Labels", "Healthcheck")


def commit(engine: Engine, asked: Commit) -> dict[str, str]:
    """Make an image of a container; what only a container has in a config is none of the image's."""
    if not asked.container:
        raise UserError('invalid name or ID supplied: ""')
    name = images.named(asked.repository, asked.label)
    words = commit_.Words(asked.author, asked.changes, asked.message, run_config(Fields(asked.run)), asked.pause)
    return {"Id": commit_.made(engine, asked.container, name, words)}


def run_config(body: Fields) -> dict[str, Any]:
    """Return what a body says of an image's run config, each field of its kind."""
    found: dict[str, Any] = {key: body.text(key) for key in WORDS}
    found |= {key: list(body.texts(key)) for key in LISTS}
    found |= {key: body.inner(key).data for key in MAPS}
    if found["Healthcheck"]:
        create_life.health(body.inner("Healthcheck"))
    body.pairs("Labels")
    return {key: value for key, value in found.items() if value}
