"""Images between here and a registry, told as Docker tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hull import config
from hull.commands import push as push_
from hull.docker import images, images_progress
from hull.docker import platform as asking
from hull.docker.images_progress import Say, Told
from hull.engine import Engine
from hull.errors import Missing, RegistryError, UserError
from hull.images import catalogs, pushing, refusals
from hull.images.credentials import Credentials
from hull.images.pulling import Asked
from hull.images.pushing_layers import Bench
from hull.images.reference import Reference

DENIED = "denied: requested access to the resource is denied"


class Wanted(NamedTuple):
    """What a client asks to be pulled or pushed: a name, and a tag (of a pull: or a digest) beside it.

    Every tag of the repository where none is said; `platform` as os/arch.
    """

    name: str
    tag: str = ""
    platform: str = ""
    credentials: Credentials | None = None


def pull(engine: Engine, wanted: Wanted, say: Say) -> None:
    """Fetch an image and tell it; every tag of the repository where none is named."""
    parsed = meant(wanted)
    if parsed.digest or parsed.tag:
        one = _pull(engine, parsed, wanted, say)
        say({"status": f"Status: {_outcome(fresh=one)} {parsed}"})
        return
    with docker_words(parsed):
        tags = list(catalogs.tags(parsed.name, config.load(engine.paths.config), wanted.credentials))
    fresh = [_pull(engine, parsed._replace(tag=tag), wanted, say) for tag in tags]
    say({"status": f"Status: {_outcome(fresh=any(fresh))} {parsed.familiar_name}"})


def meant(wanted: Wanted) -> Reference:
    """Return what is meant: a tag beside the name wins over one in it, and no tag at all stays none."""
    last = wanted.name.rpartition("/")[2]
    parsed = images.parsed(wanted.name)
    if wanted.tag:
        joint = "@" if ":" in wanted.tag else ":"
        return images.parsed(f"{parsed.name}{joint}{wanted.tag}")
    return parsed if ":" in last or "@" in last else parsed._replace(tag="")


def _outcome(*, fresh: bool) -> str:
    return "Downloaded newer image for" if fresh else "Image is up to date for"


def _pull(engine: Engine, parsed: Reference, wanted: Wanted, say: Say) -> bool:
    """Fetch one image; whether the name meant another one before, or none."""
    whole = parsed.canonical if parsed.digest else parsed.tag
    head = {"status": f"Pulling from {parsed.repository}", "id": whole}
    told = Told(say, images_progress.PULLING, head)
    before = engine.images.identify(str(parsed))
    asked = Asked(str(parsed), asking.asked(wanted.platform), engine.identity().layer_flavour, wanted.credentials)
    with docker_words(parsed):
        found = engine.hearing(told).images.fetch(asked)
    fresh = found.image.id != before
    told.end(fresh=fresh)
    say({"status": f"Digest: {found.digest}"})
    return fresh


@contextmanager
def docker_words(parsed: Reference) -> Iterator[None]:
    """Say what a registry refuses as Docker says it."""
    try:
        yield
    except refusals.DeniedError:
        raise Missing(
            f"pull access denied for {parsed.familiar_name}, repository does not exist or may require "
            f"'docker login': {DENIED}"
        ) from None
    except refusals.AbsentError:
        what = f"manifest for {parsed}" if parsed.wanted else f"repository {parsed.familiar_name}"
        raise Missing(f"{what} not found: manifest unknown: manifest unknown") from None


def push(engine: Engine, wanted: Wanted, say: Say) -> None:
    """Bring an image to its registry and tell it."""
    parsed = images.parsed(wanted.name)
    if parsed.digest:
        raise UserError("cannot push a digest reference")
    last = wanted.name.rpartition("/")[2]
    tag = wanted.tag or (parsed.tag if ":" in last else "")
    say({"status": f"The push refers to repository [{parsed.name}]"})
    view = engine.hearing(Told(say, images_progress.PUSHING))
    bench = push_.bench(view)._replace(credentials=wanted.credentials)
    for one in _pushed(bench, parsed, tag):
        _push(view, bench, one, wanted, say)


def _pushed(bench: Bench, parsed: Reference, tag: str) -> list[Reference]:
    if tag:
        return [images.parsed(f"{parsed.name}:{tag}")]
    try:
        return pushing.targets(bench, parsed.name)
    except Missing:
        raise Missing(f"An image does not exist locally with the tag: {parsed.familiar_name}") from None


def _push(engine: Engine, bench: Bench, one: Reference, wanted: Wanted, say: Say) -> None:
    ident = engine.images.identify(str(one))
    if not ident:
        raise Missing(f"An image does not exist locally with the tag: {one.familiar_name}")
    platform = str(asking.read(wanted.platform)) if wanted.platform else ""
    try:
        done = pushing.push(bench, ident, one, "", platform)
    except refusals.DeniedError:
        raise RegistryError(DENIED) from None
    say({"status": f"{one.tag}: digest: {done.digest} size: {done.size}"})
    say({"progressDetail": {}, "aux": {"Tag": one.tag, "Digest": done.digest, "Size": done.size}})
