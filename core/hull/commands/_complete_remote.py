"""Tags that a registry has, for completion: asked for by `hull tags` or by a key, kept in the runtime directory.

Tab itself only reads what was kept.
"""

import os
import time
from collections.abc import Callable

from hull.light import TYPE_CHECKING, Any
from hull.paths import Paths

if TYPE_CHECKING:
    from hull.commands._complete_values import Pairs

MOST = 2_000  # tags of one repository
KEY = ("c-x", "c-t")  # asks the registry for the tags of the word before the cursor


def repository_of(word: str) -> str:
    """Return the repository whose tag a word begins, or is; "" where there is none."""
    name = word.partition("=")[2] if word.startswith("--") else word
    above, slash, last = name.partition("@")[0].rpartition("/")
    return f"{above}{slash}{last.partition(':')[0]}"


def fetch(paths: Paths, word: str) -> list[str]:
    """Ask the registry for the tags that a word may go on with, keep and return them."""
    from itertools import islice

    from hull import config
    from hull.images import catalogs

    repository = repository_of(word)
    found = list(islice(catalogs.tags(repository, config.load(paths.config)), MOST)) if repository else []
    keep(paths, repository, found)
    return found


def keep(paths: Paths, repository: str, tags: list[str]) -> None:
    """Keep what a registry said, for the keys to come; where that fails it is asked again."""
    file = _file(paths, repository)
    try:
        os.makedirs(os.path.dirname(file), 0o700, exist_ok=True)
        with open(f"{file}.{os.urandom(4).hex()}", "x", encoding="utf-8") as made:
            made.write("\n".join(tag for tag in tags if tag.isprintable()))
        os.rename(made.name, file)
    except (OSError, UnicodeEncodeError):
        return


def known(paths: Paths, prefix: str) -> "Pairs":
    """Yield the kept tags of the repository that a prefix names, once it has its colon."""
    from hull.units import span

    repository = repository_of(prefix)
    if not prefix.startswith(f"{repository}:"):
        return
    try:
        with open(_file(paths, repository), encoding="utf-8") as kept:
            tags = kept.read().split("\n")
            age = time.time() - os.fstat(kept.fileno()).st_mtime
    except (OSError, UnicodeDecodeError):
        return
    about = f"at its registry, seen {span(max(age, 0.0)).lower()} ago"
    yield from ((f"{repository}:{tag}", about) for tag in tags if tag)


def _file(paths: Paths, repository: str) -> str:
    import hashlib

    return f"{paths.runtime}/completion/tags-{hashlib.sha256(repository.encode(errors='replace')).hexdigest()[:32]}"


def bind(bindings: Any, paths: Callable[[], Paths]) -> Callable[..., None]:
    """Let prompt_toolkit's key ask for tags beside the prompt, then complete; return the handler, to take it away."""

    def ask(event: Any) -> None:
        buffer = event.current_buffer
        word = (buffer.document.text_before_cursor.split() or [""])[-1]

        async def asked() -> None:
            import asyncio

            from hull.errors import HullError

            try:
                await asyncio.to_thread(fetch, paths(), word)
            except (HullError, OSError):
                return  # hull pull says why
            buffer.start_completion(select_first=False)

        event.app.create_background_task(asked())

    bindings.add(*KEY)(ask)
    return ask
