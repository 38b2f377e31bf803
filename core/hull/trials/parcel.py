"""What needs root on this machine, as one tar to look into: the files, a list, and a script that applies and undoes.

    apply.sh      POSIX sh, run as root: `sh apply.sh [ROOT]`; `sh apply.sh --undo [ROOT]` takes it back
    list          a line a change, for people
    files/N       the new content of change N

The script looks at everything before it touches anything, and refuses where the machine is not as the keep saw it.
"""

import hashlib
import io
import os
import re
import stat
import tarfile
import time
from contextlib import suppress

from hull.engine import Engine
from hull.errors import HostError
from hull.light import NamedTuple
from hull.state.containers import Container
from hull.trials import parcel_script
from hull.trials.changes import Change
from hull.trials.keeping import Examined
from hull.trials.keeping_choosing import Chosen, is_below
from hull.trials.keeping_source import Source

ACCOUNTS = ("/etc/shadow", "/etc/gshadow")  # unreadable, they are shown with a locked line for every name
SHOWN = rb"[^:]+:\*:(:::::|:[^:]*)"


class Item(NamedTuple):
    """One change as the script makes it.

    `base` is what the host must have there: `-` for nothing, `sha256:…` of a file, `link:…` for where a link leads, a
    kind. It is "" below a new directory. `first` is the path that is another name of the same file. `by_lines`: what
    differs is told by lines of accounts.
    """

    number: int
    chosen: Chosen
    base: str
    first: str = ""
    by_lines: bool = False

    @property
    def change(self) -> Change:
        """What changes."""
        return self.chosen.change


def write(engine: Engine, row: Container, examined: Examined, path: str) -> list[str]:
    """Write the parcel to `path`, a .tar.gz that is not there yet; return what to say."""
    scratch = f"{path}.{os.urandom(4).hex()}.part"
    items = _items(examined.root)
    source = _source(engine, row, items)
    try:
        with (
            open(scratch, "xb", opener=_private) as file,
            tarfile.open(fileobj=file, mode="w:gz", format=tarfile.PAX_FORMAT) as tar,
        ):
            for item in items:
                if _has_content(item):
                    _content(tar, item, source)
            _text(tar, "list", os.fsencode("".join(f"{line}\n" for line in _listed(items))), 0o644)
            script = parcel_script.write(row.name, os.urandom(8).hex(), items)
            _text(tar, "apply.sh", os.fsencode(script), 0o755)
        os.link(scratch, path)
    except FileExistsError:
        raise HostError(f"cannot write {path}: it is there", "name another file") from None
    except OSError as error:
        raise HostError(f"cannot write {path}: {error.strerror}", "name a file in a directory of yours") from error
    finally:
        source.close()
        with suppress(FileNotFoundError):
            os.unlink(scratch)
    return [
        f"{len(items)} changes that need root are in {path}: look at them, then let root run",
        f"  mkdir DIR && tar -xzf {path} -C DIR && less DIR/apply.sh && sudo sh DIR/apply.sh",
    ]


def _private(path: str, flags: int) -> int:
    """Open a file that the caller alone may read: what root would have may be a key."""
    return os.open(path, flags, 0o600)


def _items(chosen: list[Chosen]) -> list[Item]:
    items: list[Item] = []
    seen: dict[tuple[str, tuple[int, int]], str] = {}
    top = ""  # they come in the order of paths: what is below a tree follows it
    for number, one in enumerate(chosen, 1):
        new, path = one.change.new, one.change.path
        first = path
        if new is not None and new.links > 1 and new.kind == "file" and not one.change.blind:
            first = seen.setdefault((one.change.layer, new.file), path)
        expected = "" if top and is_below(path, (top,)) else base(one, path)
        if one.is_directory and one.replaces:
            top = path
        items.append(Item(number, one, expected, "" if first == path else first, path in ACCOUNTS))
    return items


def base(one: Chosen, path: str) -> str:
    """Return what the host must have at `path`."""
    here = one.here
    if here is None:
        return "-" if one.change.old is None else one.change.old.kind
    if stat.S_ISREG(here.st_mode) and not one.change.blind:
        with suppress(OSError), open(path, "rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if stat.S_ISLNK(here.st_mode):
        with suppress(OSError):
            return f"link:{os.readlink(path)}"
    kinds = {stat.S_IFDIR: "directory", stat.S_IFLNK: "link", stat.S_IFREG: "file"}
    return kinds.get(stat.S_IFMT(here.st_mode), "other")


def _has_content(item: Item) -> bool:
    new = item.change.new
    return new is not None and new.kind == "file" and not item.first and item.chosen.replaces


def _source(engine: Engine, row: Container, items: list[Item]) -> Source:
    files = [(item.change.layer, item.change.path) for item in items if _has_content(item)]
    return Source.of_try(engine, row, f"{engine.paths.scratch}/parcel-{os.getpid()}", files)


def _content(tar: tarfile.TarFile, item: Item, source: Source) -> None:
    fd = source.next(item.change.path)
    with open(fd, "rb") as file:
        if item.by_lines and item.change.blind:
            lines = [line for line in file.read().splitlines(keepends=True) if not re.fullmatch(SHOWN, line.rstrip())]
            _text(tar, f"files/{item.number}", b"".join(lines), 0o600)
            return
        entry = tarfile.TarInfo(f"files/{item.number}")
        entry.size, entry.mode, entry.mtime = os.fstat(fd).st_size, 0o600, int(time.time())
        tar.addfile(entry, file)


def _text(tar: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), mode, int(time.time())
    tar.addfile(entry, io.BytesIO(data))


def _listed(items: list[Item]) -> list[str]:
    return [
        f"{item.change.kind:8} {item.change.path!r} {','.join(item.change.what)} ({item.chosen.root})" for item in items
    ]
