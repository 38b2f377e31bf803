"""Make an image of a root file system's tar: one layer, a config of our own, changes as Dockerfile instructions."""

from collections.abc import Iterator

from hull.errors import UserError
from hull.images import changes, platforms, reference, telling
from hull.light import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hull.images.changes import Expand
    from hull.images.store import ImageStore

CHUNK = 1 << 18
REMOTE = ("http://", "https://")


class Options(NamedTuple):
    """What the user says of the new image."""

    changes: tuple[str, ...] = ()
    message: str = ""
    platform: str = ""
    flavour: str = "range"
    expand: "Expand | None" = None


def run(store: "ImageStore", source: "str | IO[bytes]", name: str, options: Options) -> str:
    """Unpack, then adopt as an image with one layer that is here already; return its id."""
    from hull.images.source import Part, offer

    keys = (reference.parse(name).key,) if name else ()
    platform = platforms.parse(options.platform) if options.platform else platforms.host()
    run_config = changes.apply(options.changes, None, options.expand)
    try:
        with store.bringing():
            diff_id = store.layers.bring(_chunks(store, source), options.flavour)
            config = _config(diff_id, platform, run_config, options.message)
            found = offer(config, [Part(diff_id[7:19], 0, lambda: iter(()))], "", [], keys)
            ident = store.adopt(found, name or found.config.id, options.flavour).id
            telling.tagged(store, ident, keys)
            telling.tell(store, "import", ident)
            return ident
    finally:
        store.clean()


def _chunks(store: "ImageStore", source: "str | IO[bytes]") -> Iterator[bytes]:
    if isinstance(source, str) and source.startswith(REMOTE):
        yield from _fetched(store, source)
        return
    if not isinstance(source, str):
        while chunk := source.read(CHUNK):
            yield chunk
        return
    try:
        file = open(source, "rb", buffering=0)  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UserError(f"cannot read {source}: {error.strerror}", "give a file, or - for standard input") from None
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


def _fetched(store: "ImageStore", url: str) -> Iterator[bytes]:
    """Yield what a URL gives; plain HTTP as registries are asked: of this machine, or where settings allow it."""
    import urllib3

    from hull import config
    from hull.errors import RegistryError
    from hull.images import http, urls

    with http.Http(config.load(store.paths.config)).get(url, {}) as answer:
        if answer.response.status != http.OK:
            raise RegistryError(f"cannot fetch {urls.shown(url)}: it answers {answer.response.status}", "check the URL")
        try:
            while chunk := answer.response.read(CHUNK, decode_content=False):
                yield chunk
        except urllib3.exceptions.HTTPError as error:
            raise http.unreachable(urls.origin(url), error) from None


def _config(diff_id: str, platform: platforms.Platform, run: dict[str, Any], message: str) -> bytes:
    import json
    from datetime import UTC, datetime

    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    variant = {"variant": platform.variant} if platform.variant else {}
    config = {
        "architecture": platform.architecture,
        "os": platform.os,
        **variant,
        "config": run,
        "created": now,
        "comment": message or "Imported",
        "history": [{"created": now, "comment": message or "Imported"}],
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }
    return json.dumps(config, separators=(",", ":"), ensure_ascii=False).encode()
