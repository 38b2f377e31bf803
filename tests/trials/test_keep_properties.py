"""Any tree, any operations: keep gives what running them on a copy gives, undo gives the tree that was."""

import os
import pathlib
import tempfile

import pytest
from hull.errors import UserError
from hull.trials import undoing
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.repeat import times
from tests.trials import keep_rig, operations

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "ordinary")]

NAMES = (
    "write", "append", "truncate", "chmod", "utime", "create", "mkdir", "symlink", "fifo", "link", "unlink", "rmtree",
    "rename", "over", "movedir", "attribute", "dirtofile", "filetodir",
)  # fmt: skip
OPERATIONS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 40), st.integers(0, 4000)), min_size=1, max_size=14
)
FILES = st.lists(
    st.tuples(st.sampled_from(("file", "file", "file", "dir", "dir", "link", "fifo", "hard", "sparse")),
              st.integers(0, 30), st.integers(0, 4000)), max_size=14,
)  # fmt: skip


def build(top: str, files: list[tuple[str, int, int]]) -> None:  # noqa: C901 (a table of kinds)
    """Make a tree whose times are long past."""
    os.mkdir(top)
    directories, plain = [top], []
    for number, (kind, first, second) in enumerate(files):
        path = f"{directories[first % len(directories)]}/{'ab-é.'[number % 5]}{number}"
        if kind == "dir":
            os.mkdir(path)
            directories.append(path)
        elif kind == "link":
            os.symlink(f"target{second}", path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "hard" and plain:
            os.link(plain[second % len(plain)], path)
        else:
            with open(path, "wb") as file:
                if kind == "sparse":
                    file.seek(second * 100)
                file.write(b"%d" % second * (second % 50))
            plain.append(path)
            os.chmod(path, operations.MODES[second % len(operations.MODES)] if second % 4 == 0 else 0o644)
            if second % 5 == 0:
                os.chmod(path, 0o644)
                os.setxattr(path, "user.old", b"o%d" % second)
    for number, path in enumerate(directories[1:]):
        os.chmod(path, (0o755, 0o700, 0o2775, 0o1777)[number % 4])
    for directory, below, names in os.walk(top, topdown=False):
        for name in (*below, *names):
            when = keep_rig.OLD + len(name)
            os.utime(f"{directory}/{name}", ns=(when, when), follow_symlinks=False)
    os.utime(top, ns=(keep_rig.OLD, keep_rig.OLD))


def tick() -> int:
    """Return a time that files made from now on have, after the clock that the kernel stamps them with went on."""
    with tempfile.TemporaryFile() as file:
        first = os.fstat(file.fileno()).st_mtime_ns
        while True:
            os.utime(file.fileno())
            now = os.fstat(file.fileno()).st_mtime_ns
            if now > first:
                return now


@pytest.fixture(scope="module")
def engine():
    with tempfile.TemporaryDirectory(prefix="hull-") as base:
        made = keep_rig.engine(f"{base}/s")
        yield made
        made.close()
        keep_rig.remove(base)


@settings(
    max_examples=times(25, 3000), deadline=None, derandomize=not os.environ.get("HULL_REPEAT"),
    suppress_health_check=list(HealthCheck), database=None, phases=(Phase.explicit, Phase.generate),
)  # fmt: skip
@given(files=FILES, done=OPERATIONS)
def test_keep_is_running_it_and_undo_is_never_having_run_it(engine, files, done) -> None:
    place = tempfile.mkdtemp(prefix="keep-")
    try:
        _check(engine, pathlib.Path(place), files, done)
    finally:
        keep_rig.remove(place)


def _check(engine, place: pathlib.Path, files, done) -> None:
    host, plain = f"{place}/host", f"{place}/copy"
    build(host, files)
    keep_rig.copy(host, plain)
    before = keep_rig.snapshot(host)
    tick()
    trying = keep_rig.Trying(engine, host)
    since = tick()
    trying.operate(done)
    operations.run(plain, done)
    assert not keep_rig.different(keep_rig.snapshot(host), before)
    ident = trying.keep(trust=("all",))
    assert not keep_rig.different(keep_rig.snapshot(host, since), keep_rig.snapshot(plain, since))
    assert not ident or not trying.examine().mine
    if ident:
        _back_and_forth(engine, host, ident, before)


def _back_and_forth(engine, host: str, ident: str, before) -> None:
    after = keep_rig.snapshot(host)
    try:
        undoing.undo(engine, ident, keep_rig.closed(after, host))
    except UserError as error:
        if "its mode closes it to you" not in error.message:
            raise
        assert not keep_rig.different(keep_rig.snapshot(host), after)  # the try closed what it had changed something in
        return
    assert not keep_rig.different(keep_rig.snapshot(host), before)
    undoing.redo(engine, ident, keep_rig.closed(before, host))
    assert not keep_rig.different(keep_rig.snapshot(host), after)
