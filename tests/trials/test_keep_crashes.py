"""Keep, undo and recovery, killed at any step: after the next command there is the old tree or the new one."""

import os
import signal
import tempfile
import traceback

import pytest
from hull import log
from hull.engine import Engine
from hull.kernel import syscalls
from hull.trials import journal, journal_copying, journal_recovery, keeping, undoing
from hull.trials.keeping_choosing import Wanted

from tests.repeat import times
from tests.trials import keep_rig

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "ordinary")]
DONE = [
    ("append", 0, 7), ("rmtree", 1, 0), ("create", 0, 2000), ("mkdir", 0, 3), ("symlink", 0, 4), ("chmod", 2, 9),
    ("create", 3, 7), ("attribute", 0, 5),
]  # fmt: skip
STEPS = (
    (os, "rename"), (os, "link"), (os, "symlink"), (os, "unlink"), (os, "rmdir"), (os, "mkdir"), (os, "fsync"),
    (os, "chmod"), (os, "fchmod"), (os, "utime"), (os, "setxattr"), (os, "write"), (syscalls, "rename"),
    (syscalls, "syncfs"), (journal_copying, "content"),
)  # fmt: skip


def killed_at(step: int, act) -> bool:
    """Do it in a child that is killed before its step of that number; tell whether it was."""
    pid = os.fork()
    if pid:
        status = os.waitpid(pid, 0)[1]
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert status == 0
        return False
    code = 1
    try:
        left = [step]
        for module, name in STEPS:
            setattr(module, name, counted(getattr(module, name), left))
        act()
        code = 0
    except BaseException:  # noqa: BLE001 (the edge of the child)
        traceback.print_exc()
    finally:
        os._exit(code)


def counted(function, left):
    def call(*words, **named):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*words, **named)

    return call


@pytest.fixture(params=["beside", "elsewhere"])
def trying(request):
    """Give a try of a small tree, with a store on its file system, or on another one."""
    elsewhere = keep_rig.OTHER if request.param == "elsewhere" else None
    if request.param == "elsewhere" and not keep_rig.takes_uppers(keep_rig.OTHER):
        pytest.skip("needs a second file system that can hold a store: /dev/shm")
    with tempfile.TemporaryDirectory(prefix="hull-") as base, tempfile.TemporaryDirectory(dir=elsewhere) as store:
        made = keep_rig.engine(f"{store}/s")
        host = f"{base}/host"
        os.mkdir(host)
        for name in ("one", "two", "dir/inner", "dir/deep/er"):
            os.makedirs(os.path.dirname(f"{host}/{name}"), exist_ok=True)
            with open(f"{host}/{name}", "w") as file:
                file.write(name)
        yield keep_rig.Trying(made, host)
        made.close()
        keep_rig.remove(base)
        keep_rig.remove(store)


def settled(data: str) -> None:
    """Be the next command."""
    journal_recovery.recover(data, log.silent)
    assert not journal.unfinished(data)


def strays(top: str) -> list[str]:
    return [name for _, below, names in os.walk(top) for name in (*below, *names) if name.startswith(".hull-")]


def every_step(act, check) -> int:
    """Kill it at step after step until it is through; return how many there were."""
    step = 0
    while killed_at(step, act):
        check(step)
        step += 1
    return step


def test_killed_at_every_step_it_is_the_old_tree_or_the_new_one(trying) -> None:
    trying.operate(DONE)
    wanted, data = Wanted(force=("all",), trust=("all",)), trying.engine.paths.data
    examined = trying.examine(force=("all",))
    assert {one.change.kind for one in examined.mine} == {"added", "changed", "removed"}
    old = keep_rig.snapshot(trying.host)
    ident = keeping.keep(trying.engine, trying.row, examined, wanted).id
    new = keep_rig.snapshot(trying.host)
    undoing.undo(trying.engine, ident)
    assert keep_rig.snapshot(trying.host) == old
    seen = set[str]()

    def turn() -> None:
        kept = journal_kept(data, ident)
        (undoing.undo if kept else undoing.redo)(trying.engine, ident)

    def check(step: int) -> None:
        if step % 7 == 3:  # whoever takes it up is killed, too
            killed_at(step // 7, lambda: settled(data))
        settled(data)
        now = keep_rig.snapshot(trying.host)
        assert not keep_rig.different(now, new if journal_kept(data, ident) else old)
        assert not strays(trying.host)
        seen.add("new" if now == new else "old")

    for _ in range(times(1, 10)):
        assert every_step(turn, check) > 30
    assert seen == {"old", "new"}


def test_the_first_keep_is_killed_at_every_step(trying) -> None:
    trying.operate(DONE)
    wanted, data = Wanted(force=("all",), trust=("all",)), trying.engine.paths.data
    old = keep_rig.snapshot(trying.host)

    def keep() -> None:
        trying.engine = Engine(trying.engine.paths)  # a database connection of its own
        keeping.keep(trying.engine, trying.row, trying.examine(force=("all",)), wanted)

    def check(_step: int) -> None:
        settled(data)
        assert not strays(trying.host)
        rows = undoing.rows(trying.engine)
        if rows and rows[0].state == "kept":
            assert keep_rig.snapshot(trying.host) != old
            undoing.undo(trying.engine)
        assert not keep_rig.different(keep_rig.snapshot(trying.host), old)

    assert every_step(keep, check) > 30


def journal_kept(data: str, ident: str) -> bool:
    from hull.trials import journal_reading

    return journal_reading.read(data, ident).head.kept
