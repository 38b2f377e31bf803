"""Take single changes out of a try that does not run: what lies below shows again. Nothing of this machine changes."""

import os
import stat
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from hull.engine import Engine
from hull.errors import HostError, UserError
from hull.images.tree import OPAQUE
from hull.light import Any
from hull.state.containers import Container
from hull.trials.changes import ADDED, TIME, Change

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def forget(engine: Engine, row: Container, changes: Sequence[Change], paths: Collection[str], upper: str) -> None:
    """Drop the changes of these paths, all or none. `upper` is the try's own layer, `changes` are all of them."""
    steps = plan(row.name, changes, paths, upper)
    with engine.containers.lock(row):  # a start would mount what is being changed
        if engine.containers.status(row).active:
            raise UserError(f"cannot drop changes of {row.name}: it runs", f"hull stop {row.name}, or wait for its end")
        _run(engine, row, steps, upper)


def _run(engine: Engine, row: Container, steps: Sequence[tuple[Any, ...]], upper: str) -> None:
    from subprocess import PIPE

    flavour = engine.identity(row.spec.userns).layer_flavour
    argv = [sys.executable, "-P", "-m", "hull.trials.forgetting", upper]
    child = engine.confine(argv, flavour, stdin=PIPE, stdout=-3, stderr=PIPE)
    _, told = child.communicate(_encoded(steps))
    if child.returncode:
        said = told.decode(errors="backslashreplace").strip().rpartition("\n")[2]
        raise HostError(f"cannot drop changes of {row.name}: {said}", f"hull drop {row.name} drops all of it")


def plan(name: str, changes: Sequence[Change], paths: Collection[str], upper: str) -> list[tuple[Any, ...]]:
    """Return the steps, deepest first: `remove PATH`, or `restore PATH MODE UID GID MTIME` of a directory."""
    wanted = frozenset(paths)
    chosen = [change for change in changes if change.path in wanted]
    frozen = next((change.path for change in chosen if change.layer not in ("", upper)), None)
    if frozen is not None:
        raise UserError(
            f"cannot drop {frozen} from {name}: it is in a checkpoint", f"hull undo {name} goes back before that"
        )
    left = [change for change in changes if change.path not in wanted]
    holding = {above for change in left for above in _ancestors(change.path)}
    steps: list[tuple[Any, ...]] = []
    for change in sorted(chosen, key=lambda change: change.path.count("/"), reverse=True):
        merged = change.new is not None and change.new.kind == "directory"
        if merged and change.kind != ADDED and change.old is not None and change.old.kind == "directory":
            steps.append(_restored(change))
        elif not (merged and change.path in holding):
            steps.append(("remove", change.path))
    steps += [_restored(one) for one in left if one.what == (TIME,) and _emptied(one, chosen, left)]
    return steps


def _ancestors(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _emptied(directory: Change, chosen: Sequence[Change], left: Sequence[Change]) -> bool:
    """Whether a directory has another time only because of what is dropped."""
    below = f"{directory.path}/"
    others = [one for one in left if one.path.startswith(below) and one.what != (TIME,)]
    is_directory = directory.old is not None and directory.old.kind == "directory"
    return is_directory and not others and any(one.path.startswith(below) for one in chosen)


def _restored(change: Change) -> tuple[Any, ...]:
    assert change.old is not None  # noqa: S101 (a changed one)
    return ("restore", change.path, change.old.mode, change.old.uid, change.old.gid, change.old.mtime)


def _encoded(steps: Sequence[tuple[Any, ...]]) -> bytes:
    import json

    return json.dumps(steps).encode()


def apply(upper: str, steps: Sequence[Sequence[Any]]) -> None:
    """Do the steps in a layer; what cannot be taken out alone is an error before anything is done."""
    for step in steps:
        _check(upper, step[1])
    for word, path, *rest in steps:
        with _parent(upper, path) as (parent, name):
            if word == "remove":
                _remove(parent, name)
            else:
                _restore(parent, name, *rest)


def _check(upper: str, path: str) -> None:
    """Fail where the layer has nothing at a path: what is not to be seen there is hidden by another one."""
    try:
        with _parent(upper, path, whole=True) as (parent, name):
            os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        raise OSError(f"{path} is in a checkpoint") from None


@contextmanager
def _parent(upper: str, path: str, *, whole: bool = False) -> Iterator[tuple[int, str]]:
    """Open the directory that holds a path, links never followed.

    With `whole`, OSError where one on the way hides what lies below it: its entries have nothing to show instead.
    """
    fd = os.open(upper, _DIRECTORY)
    try:
        *above, name = path.strip("/").split("/")
        for part in above:
            inner = os.open(part, _DIRECTORY, dir_fd=fd)
            os.close(fd)
            fd = inner
            if whole and OPAQUE in os.listxattr(fd) and os.getxattr(fd, OPAQUE) == b"y":
                raise OSError(f"{path} is in a directory that was made anew: drop that one")
        yield fd, name
    finally:
        os.close(fd)


def _remove(parent: int, name: str) -> None:
    import shutil

    try:
        found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        shutil.rmtree(name, dir_fd=parent)
    else:
        os.unlink(name, dir_fd=parent)


def _restore(parent: int, name: str, mode: int, *rest: int) -> None:
    uid, gid, mtime = rest
    fd = os.open(name, _DIRECTORY, dir_fd=parent)
    try:
        if (os.fstat(fd).st_uid, os.fstat(fd).st_gid) != (uid, gid):
            os.fchown(fd, uid, gid)
        os.fchmod(fd, mode)
        os.utime(fd, ns=(mtime, mtime))
    finally:
        os.close(fd)


def main(argv: list[str]) -> int:
    """Take steps from standard input; return the exit code."""
    import json

    try:
        apply(argv[1], json.load(sys.stdin))
    except OSError as error:
        sys.stderr.write(f"\n{error.strerror or error}: {error.filename or ''}".rstrip(": "))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
