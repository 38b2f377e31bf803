"""Images: listed, looked at, named, removed."""

from aiohttp import web

from hull.api.call import Call, answer, nothing
from hull.docker import images, images_listed

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
    return answer(await call.verb(images.remove, call.engine, call.word("name"), force=call.flag("force")))


async def prune(call: Call) -> web.StreamResponse:
    """Remove the images that nothing uses."""
    return answer(await call.verb(images.prune, call.engine, call.filters()))
