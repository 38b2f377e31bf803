"""What a build fetches: git repositories and files by URL, into its own directory."""

import os

from hull.builder import repositories
from hull.builder.workshop import Workshop
from hull.dockerfile.contexts import Context
from hull.errors import RegistryError, UserError
from hull.images import http, urls


def git(shop: Workshop, context: Context, *, keep: bool = False, asked: bool = False) -> tuple[str, str]:
    """Fetch a repository; return the directory that is meant, and the commit (`repositories.fetch`)."""
    path = _place(shop, "git")
    if shop.owner:
        os.chown(path, *shop.owner)
    return repositories.fetch(shop, context, path, keep=keep, asked=asked)


def download(shop: Workshop, url: str, checksum: str = "") -> tuple[str, str, float]:
    """Fetch a file; return its path, its digest and its time. One that `checksum` (sha256:…) denies is an error."""
    import hashlib
    from email.utils import parsedate_to_datetime

    from hull import config

    path, digest, mtime = f"{_place(shop, 'url')}/file", hashlib.sha256(), 0.0
    client = http.Http(config.load(shop.engine.paths.config))
    with client.get(url, {}) as answer, open(path, "wb") as file:
        if answer.response.status != http.OK:
            raise RegistryError(f"cannot fetch {urls.shown(url)}: it answers {answer.response.status}", "check the URL")
        while chunk := answer.read(1 << 18):
            digest.update(chunk)
            file.write(chunk)
        stamp = answer.response.headers.get("Last-Modified")
        if stamp:
            mtime = parsedate_to_datetime(stamp).timestamp()
    found = f"sha256:{digest.hexdigest()}"
    if checksum and checksum != found:
        raise UserError(
            f"cannot use {urls.shown(url)}: its content is {found}, not {checksum}", "the file was changed; look at it"
        )
    return path, found, mtime


def _place(shop: Workshop, kind: str) -> str:
    """Make an empty directory of the caller's own; the build's removes it."""
    path = f"{shop.directory}/{kind}-{os.urandom(6).hex()}"
    os.mkdir(path, 0o700)
    return path
