"""Images: listed, looked at, named, removed."""

from aiohttp import web

from hull.api.app import failed
from hull.api.bodies import Incoming, pour
from hull.api.call import Call, answer, nothing
from hull.api.progress import Say, follow
from hull.docker import images, images_auth, images_far, images_listed, images_made, images_moved, images_removed

OLD_FILTER = "filter"  # of clients before 1.41: a reference


async def listed(call: Call) -> web.StreamResponse:
    """Answer with the images that are here."""
    filters = call.filters()
    if call.text(OLD_FILTER):
        filters.setdefault("reference", []).append(call.text(OLD_FILTER))
    asked = images_listed.Asked(filters, call.flag("shared-size"))
    return answer(await call.verb(images_listed.rows, call.engine, asked, call.version))


async def inspect(call: Call) -> web.StreamResponse:
    """Answer with an image's document."""
    words = call.word("name"), call.version, call.text("platform")
    return answer(await call.verb(images.document, call.engine, *words))


async def history(call: Call) -> web.StreamResponse:
    """Answer with the steps that made an image."""
    return answer(await call.verb(images.history, call.engine, call.word("name")))


async def tag(call: Call) -> web.StreamResponse:
    """Give an image one more name."""
    await call.verb(images.tag, call.engine, call.word("name"), call.text("repo"), call.text("tag"))
    return nothing(201)


async def remove(call: Call) -> web.StreamResponse:
    """Remove a name, and the image with its last one."""
    return answer(await call.verb(images_removed.remove, call.engine, call.word("name"), force=call.flag("force")))


async def prune(call: Call) -> web.StreamResponse:
    """Remove the images that nothing uses."""
    return answer(await call.verb(images_removed.prune, call.engine, call.filters()))


async def create(call: Call) -> web.StreamResponse:
    """Pull an image, or import one."""
    if not call.text("fromImage"):
        return await _import(call)
    wanted = images_moved.Wanted(call.text("fromImage"), call.text("tag"), call.text("platform"), _who(call))
    return await follow(call, lambda say: images_moved.pull(call.engine, wanted, say))


async def _import(call: Call) -> web.StreamResponse:
    name = images.named(call.text("repo"), call.text("tag"))
    asked = images_made.Import(name, _changes(call), call.text("message"), call.text("platform"))
    source = call.text("fromSrc")
    body = Incoming(call).file

    def act(say: Say) -> None:
        images_made.import_(call.engine, body if source == "-" else source, asked, say)

    return await follow(call, act)


def _who(call: Call) -> images_auth.Who:
    return images_auth.credentials(call.request.headers.get(images_auth.HEADER, ""))


async def push(call: Call) -> web.StreamResponse:
    """Push an image."""
    target = images_moved.Wanted(call.word("name"), call.text("tag"), call.text("platform"), _who(call))

    def act(say: Say) -> None:
        images_moved.push(call.engine, target, say)

    return await follow(call, act)


async def load(call: Call) -> web.StreamResponse:
    """Take images out of an archive; what is wrong with it is told in the stream, as Docker does."""
    body, platform, quiet = Incoming(call).file, call.text("platform"), call.flag("quiet", usual=True)

    def act(say: Say) -> None:
        images_made.load(call.engine, body, platform, say, quiet=quiet)

    return await follow(call, act, begun=True)


async def save(call: Call) -> web.StreamResponse:
    """Answer with an archive of one image."""
    return await _saved(call, (call.word("name"),))


async def save_several(call: Call) -> web.StreamResponse:
    """Answer with an archive of several images."""
    return await _saved(call, call.texts("names"))


async def _saved(call: Call, names: tuple[str, ...]) -> web.StreamResponse:
    platform = call.text("platform")
    return await pour(call, lambda: images_made.save(call.engine, names, platform), "application/x-tar")


async def commit(call: Call) -> web.StreamResponse:
    """Make an image of a container."""
    asked = images_made.Commit(
        call.text("container"), call.text("repo"), call.text("tag"), call.text("author"), call.text("comment"),
        _changes(call), await call.document(), call.flag("pause", usual=True),
    )  # fmt: skip
    return answer(await call.verb(images_made.commit, call.engine, asked), 201)


def _changes(call: Call) -> tuple[str, ...]:
    return tuple(line for text in call.texts("changes") for line in text.splitlines() if line.strip())


async def search(call: Call) -> web.StreamResponse:
    """Answer with what a registry finds."""
    words = call.text("term"), call.number("limit"), call.filters(), _who(call)
    return answer(await call.verb(images_far.search, call.engine, *words))


async def distribution(call: Call) -> web.StreamResponse:
    """Answer with what a reference names at its registry."""
    try:
        return answer(await call.verb(images_far.distribution, call.engine, call.word("name"), _who(call)))
    except images_auth.Refused as error:
        return failed(401, error.message)
