"""Kill what changes a container's states at every step: `python -m tests.trials.history_kill_rig PLACE EACH`.

A step is a call that changes a file or a row; a child is killed right before the n-th. Whoever comes next finds the
container as it was before or as it was to be, every known state as it was, and nothing that no row needs. Of an act's
calls every EACH-th is met, from a random one on. Runs as root of a user namespace with a mount namespace of its own;
prints how often each act was killed.
"""

import os
import random
import signal
import sys
import tempfile
import traceback

from hull.engine import Engine
from hull.state import db
from hull.storage import snapshots
from hull.trials import history, history_moves, history_states
from hull.trials.history_states import Came, States

from tests.trials.history_rig import Machine

SCRIPTS = (
    [("mkdir", "a/b"), ("write", "a/b/c", b"x"), ("write", "a/c", b"y")],
    [("remove", "a/b"), ("write", "b", b"one"), ("xattr", "a", b"y")],
    [("again", "a"), ("link", "b", "c"), ("remove", "b")],
    [("chmod", "c", 0o700), ("mkdir", "a/b/c"), ("symlink", "a/a", "c")],
    [("append", "c", b"two"), ("remove", "a/b")],
)
CALLS = ("rename", "mkdir", "rmdir", "chmod", "chown", "utime", "unlink", "link", "mknod", "symlink", "open")


def copied(machine, row):
    with machine.engine.containers.lock(row):
        States(machine.engine, row).checkpoint(Came("copied"), running=True)


def branched(machine, row):
    history.share(machine.engine, row, None, machine.new)


ACTS = {
    "freeze": lambda machine, row: history.checkpoint(machine.engine, row),
    "copy": copied,
    "undo": lambda machine, row: history_moves.undo(machine.engine, row, 2),
    "redo": lambda machine, row: history_moves.redo(machine.engine, row, 1),
    "go": lambda machine, row: history_moves.go(machine.engine, row, 1),
    "branch": branched,
}


def doomed(count):
    """Let this process be killed before the call `count` that changes something."""
    left = [count]

    def fatal(call):
        def instead(*words, **named):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*words, **named)

        return instead

    for name in CALLS:
        setattr(os, name, fatal(getattr(os, name)))
    db.Database.write = fatal(db.Database.write)
    db.Transaction.__exit__ = fatal(db.Transaction.__exit__)


def prepare(place, act):
    """Make a container with several states, its upper changed since the last."""
    machine = Machine(place, [("mkdir", "a"), ("write", "a/a", b"base")])
    row = machine.rows[0]
    for script in SCRIPTS:
        machine.run(row, [(script, act == "copy" and script is not SCRIPTS[-1])])
        if act == "copy" or script is SCRIPTS[-1]:
            continue
        machine.step("checkpoint")
    if act == "redo":
        present = machine.look(machine.stack(row))
        machine.known[row.id][history_moves.undo(machine.engine, row, 2).kept] = present
    machine.new = machine.begin({}) if act == "branch" else None
    return machine, row


def survives(place, act, count):
    """Kill an act before its call `count`; return whether it came so far."""
    machine, row = prepare(place, act)
    before = machine.look(machine.stack(row))
    machine.engine.close()
    machine.engine.__dict__.pop("containers", None)
    child = os.fork()
    if not child:
        try:
            doomed(count)
            ACTS[act](machine, row)
            os._exit(0)
        except BaseException:  # noqa: BLE001 (told by the exit code)
            traceback.print_exc()
            os._exit(1)
    ended = os.waitpid(child, 0)[1]
    killed = os.WIFSIGNALED(ended)
    assert killed or not ended, act
    judge(machine, row, before, act=act, killed=killed)
    machine.engine.close()
    return killed


def judge(machine, row, before, *, act, killed):
    identities = machine.engine._identities
    machine.engine = Engine(machine.engine.paths)
    machine.engine._identities.update(identities)
    history_states.collect(machine.engine)  # another's fsck, before anybody ends what was cut off
    known = machine.known[row.id]
    rows, stands = history.all_of(machine.engine, row)
    after = machine.look(machine.stack(row))
    fresh = [one.number for one in rows if one.number not in known]
    assert len(fresh) <= 1, fresh
    known.update(dict.fromkeys(fresh, before))
    wanted = [before] if act in ("freeze", "copy", "branch") else [before, known[stands]]
    assert after in wanted, (act, killed)
    assert killed or fresh or act == "redo", "nothing was done"
    if act == "branch":
        new = machine.look(machine.stack(machine.new))
        assert new in ((before, known[0]) if killed else (before,)), "a branch between"
        machine.known[machine.new.id] = {}
    clean(machine)
    machine.check()


def clean(machine):
    """Do what fsck does, and what the store does with unfinished things."""
    for name in os.listdir(machine.engine.paths.scratch):
        os.system(f"rm -rf {machine.engine.paths.scratch}/{name}")
    history_states.collect(machine.engine)
    needed = {name for row in machine.rows for name in history.kept(machine.engine, row)[:-1]}
    names = snapshots.orphans(machine.engine.paths, set())
    assert {snapshots.place(machine.engine.paths, name) for name in names} == needed


def main():
    history_states.DEEPEST = 4
    for act in ACTS:
        count, killed = random.randrange(int(sys.argv[2])), 0
        while True:
            with tempfile.TemporaryDirectory(dir=sys.argv[1], ignore_cleanup_errors=True) as place:
                survived = not survives(place, act, count)
            if not survived:
                count, killed = count + int(sys.argv[2]), killed + 1
            elif killed or not count:
                break
            else:  # it has not that many calls
                count = random.randrange(count)
        sys.stdout.write(f"{act} {killed}\n")


if __name__ == "__main__":
    main()
