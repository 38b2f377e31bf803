"""The confined child that reads and writes a container's files: `python -m hull.images.files ACTION VIEW WORD…`.

    read VIEW PATH NAME FOLLOW         a file or directory as a tar named NAME, on standard output
    write VIEW PATH SOURCE NAME KEEP   a tar on standard input to PATH; SOURCE is file, directory, contents, archive or
                                       volume: an archive that also says whose PATH itself is
    extract VIEW PATH USER RIGID       a tar on standard input to PATH by the rules of Docker's engine; everything
                                       becomes USER[:GROUP]'s, if that is said
    export VIEW                        the whole tree as a tar on standard output
    layer VIEW                         the upper directory as a layer's tar
    changes VIEW                       `KIND PATH` NUL-terminated on standard output
    size VIEW DIRECTORY…               bytes of files below each
    status VIEW PATH                   what is there: its size, mode, time, and where it leads if it is a link

VIEW is JSON, a `View`. Standard output is data; the answer is one JSON object, the last line of standard error:
`error`, `hint`, `kind`, or what the action tells. Runs as root of the container's user namespace, or of one with the
same map.
"""

import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress

from hull.errors import UserError
from hull.images import answers
from hull.images.resolving import Root, missing
from hull.light import NamedTuple
from hull.model import from_json


class View(NamedTuple):
    """Where the files are: a running container's `root`, or directories to stack in a namespace of this child's own.

    `upper` above `lowers`, the lowest first; with `work` the stack can be written; `binds` are directories mounted into
    it, (source, target, read-only). `skipped` are placeholders for mounts, `fuse` says who wrote the upper, `label`
    names the container in messages. `frozen` are layers between the two, lowest first, as much the container's own as
    `upper`; `scratch` is an empty directory on their file system.
    """

    label: str
    root: str = ""
    lowers: tuple[str, ...] = ()
    upper: str = ""
    work: str = ""
    binds: tuple[tuple[str, str, bool], ...] = ()
    skipped: tuple[str, ...] = ()
    fuse: bool = False
    frozen: tuple[str, ...] = ()
    scratch: str = ""

    def open(self) -> int:
        """Return a descriptor of the root directory."""
        from hull.kernel import stacking

        if self.root:
            return os.open(self.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        own_mounts()
        if self.work:
            fd = stacking.overlay([*self.lowers, *self.frozen], self.upper, self.work)
        else:
            fd = stacking.overlay([*self.lowers, *self.frozen, self.upper])
        if self.binds:
            binds = [(source, target, readonly) for source, target, readonly in self.binds]
            stacking.attach(fd, self.lowers[-1], binds, make=bool(self.work))
        return fd

    def own(self) -> int:
        """Return a descriptor of what is the container's own: its upper, where it has frozen layers all as one."""
        from hull.images import squashing

        if not self.frozen:
            return os.open(self.upper, os.O_RDONLY | os.O_DIRECTORY)
        squashing.squash(self.scratch, [*self.frozen, self.upper], link=True)
        return os.open(self.scratch, os.O_RDONLY | os.O_DIRECTORY)


def own_mounts() -> None:
    """Give this child a mount namespace: what it mounts is its own and goes with it."""
    from hull.kernel import syscalls

    syscalls.unshare(syscalls.CLONE_NEWNS)


def write(view: View, path: str, source: str, name: str, keep: str) -> dict[str, object]:
    """Place the tar on standard input at `path`."""
    from hull.images import compression
    from hull.images.placing import Owners, Placer
    from hull.images.tarstream import TarStream

    fd, top = destination(Root(view.open(), view.label), view.label, path, source, name)
    stream = TarStream(compression.stream(lambda size: os.read(0, size)))
    notes = Placer(fd, Owners(bool(keep), host=False), whole=source == "volume").place(stream, top)
    return {"notes": notes}


def destination(root: Root, label: str, path: str, source: str, name: str) -> tuple[int, bytes | None]:
    """Return the directory to place in and what the tar's first component becomes there, by Docker's rules.

    `source` is file, directory, contents (of a directory) or archive; `name` its last name. Source: docker cp's
    reference.
    """
    found = root.find(path)
    slash = path.endswith(("/", "/."))
    if source in ("archive", "volume"):
        if found.status is None:
            raise missing(label, path, found)
        if not found.is_directory:
            raise UserError(f"cannot unpack to {label}{path}: it is not a directory", "name one that is there")
        return found.directory, None
    if found.is_directory:
        return found.directory, b"" if source == "contents" else os.fsencode(name)
    if found.status is not None and (slash or source != "file"):
        reason = "it is not a directory" if slash else "a directory cannot replace a file"
        raise UserError(f"cannot copy to {label}{path}: {reason}", "name a directory, or something that is not there")
    if found.status is None and slash and source == "file":
        raise UserError(f"cannot copy to {label}{path}: no such directory", "make it, or leave the slash out")
    return found.directory, os.fsencode(found.name)


def extract(view: View, path: str, user: str, rigid: str) -> dict[str, object]:
    """Place the tar on standard input in the directory `path`."""
    from hull.images import accounts, compression
    from hull.images.extracting import Extractor
    from hull.images.tarstream import TarStream

    root = view.open()
    fd, _ = destination(Root(root, view.label), view.label, path, "archive", "")
    owner = accounts.owner(user, [f"/proc/self/fd/{root}"], login=True)
    stream = TarStream(compression.stream(lambda size: os.read(0, size)))
    return {"notes": Extractor(fd, path, owner, rigid=bool(rigid)).place(stream)}


def export(view: View) -> dict[str, object]:
    """Write the merged tree, what is mounted in it left out."""
    from hull.images.packing import Packer, Policy

    root = Root(view.open()).find("/")
    packer = Packer(sys.stdout.buffer, Policy(marks=False))
    packer.directory(root.directory)
    packer.close()
    sys.stdout.flush()
    return {"size": packer.size}


def layer(view: View) -> dict[str, object]:
    """Write the upper directory with its whiteouts, placeholders of mounts left out."""
    from hull.images.packing import Packer, Policy

    packer = Packer(sys.stdout.buffer, Policy(skipped=frozenset(view.skipped), fuse=view.fuse))
    packer.layer(view.own())
    packer.close()
    sys.stdout.flush()
    return {"size": packer.size}


def changes(view: View) -> dict[str, object]:
    """List what differs from the layers."""
    from hull.images.comparing import Comparison
    from hull.kernel import stacking

    upper = view.own()
    own_mounts()
    lower = Root(stacking.overlay(list(view.lowers))).find("/").directory
    for kind, path in Comparison(frozenset(view.skipped), view.fuse).changes(upper, lower):
        sys.stdout.buffer.write(os.fsencode(f"{kind} {path}\0"))
    sys.stdout.flush()
    return {}


def size(_view: View, *directories: str) -> dict[str, object]:
    """Count the bytes of files below each directory."""
    return {"sizes": [_bytes(directory) for directory in directories]}


def _bytes(directory: str) -> int:
    """Return the bytes of the files below, one with several names counted once; 0 where nothing is there."""
    total, seen = 0, set[int]()
    with suppress(FileNotFoundError):  # of the directory itself: those below are passed over
        for _, _, files, fd in os.fwalk(directory):
            for name in files:
                with suppress(FileNotFoundError):
                    found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                    if stat.S_ISREG(found.st_mode) and not (found.st_nlink > 1 and found.st_ino in seen):
                        total += found.st_size
                        seen.update((found.st_ino,) if found.st_nlink > 1 else ())
    return total


def _looked(action: str) -> Callable[..., dict[str, object]]:
    def look(view: View, *words: str) -> dict[str, object]:
        from hull.images import looking

        answer: dict[str, object] = getattr(looking, action)(view, *words)
        return answer

    return look


_ACTIONS: dict[str, Callable[..., dict[str, object]]] = {
    "read": _looked("read"), "write": write, "extract": extract, "export": export, "layer": layer, "changes": changes,
    "size": size, "status": _looked("status"),
}  # fmt: skip


def main(argv: list[str]) -> int:
    """Do one of them; return the exit code."""
    import json

    os.umask(0)
    make_room()
    view = View(**from_json(json.loads(argv[2])))
    return answers.tell(lambda: _ACTIONS[argv[1]](view, *argv[3:]))


def make_room() -> None:
    """Let deep trees be walked: a descriptor and a frame a level."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.setrecursionlimit(50_000)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
