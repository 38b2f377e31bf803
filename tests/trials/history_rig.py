"""Take a container through random states and look at each again: `python -m tests.trials.history_rig PLACE MOST`.

The kernel's overlay makes every change and shows every state; rows, freezing, copying and composing are hull's own.
Runs as root of a user namespace with a mount namespace of its own; a difference is hypothesis' shrunk counterexample
and exit code 1.
"""

import ctypes
import os
import pathlib
import stat
import sys
import tempfile

from hull.engine import Engine
from hull.errors import UserError
from hull.kernel import stacking, syscalls
from hull.model import Identity, IdMap, Image, Spec
from hull.paths import Paths
from hull.storage import overlay, snapshots
from hull.trials import history, history_moves, history_states
from hull.trials.history_states import Came, States
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.trials.walking_rig import SCRIPTS, WORDS, do

MOST = int(sys.argv[2]) if __name__ == "__main__" else 1
NUMBERS = st.integers(1, 3)
STEPS = st.one_of(
    st.tuples(st.just("run"), st.lists(st.tuples(SCRIPTS, st.booleans()), min_size=1, max_size=4)),
    st.tuples(st.just("checkpoint")),
    st.tuples(st.just("undo"), NUMBERS),
    st.tuples(st.just("redo"), NUMBERS),
    st.tuples(st.just("go"), st.integers(0, 9)),
    st.tuples(st.just("branch"), st.integers(-1, 9)),
    st.tuples(st.just("remove")),
)


def scan(root):
    """Return every entry of a tree with all that a program sees of it, times of what is no file's left out."""
    found = {}
    for directory, below, files in os.walk(root):
        for name in (".", *below, *files) if directory == root else (*below, *files):
            path = f"{directory}/{name}"
            now = os.lstat(path)
            data = pathlib.Path(path).read_bytes() if stat.S_ISREG(now.st_mode) else b""
            link = os.readlink(path) if stat.S_ISLNK(now.st_mode) else ""
            names = [key for key in os.listxattr(path, follow_symlinks=False) if not key.startswith("user.overlay.")]
            more = tuple((key, os.getxattr(path, key, follow_symlinks=False)) for key in sorted(names))
            times = now.st_mtime_ns if stat.S_ISREG(now.st_mode) else 0
            found[path[len(root) :]] = (now.st_mode, now.st_uid, now.st_gid, times, data, link, more)
    return found


class Machine:
    """A store with a container, and what every state of it was like."""

    def __init__(self, place, first):
        self.place, self.base = place, f"{place}/base"
        os.chmod(place, 0o711)
        os.mkdir(self.base, 0o755)
        for words in first:
            do(self.base, *words)
        self.engine = Engine(Paths(f"{place}/store", f"{place}/run", f"{place}/config"))
        identity = Identity("single", (IdMap(0, 0, 1),), (IdMap(0, 0, 1),))
        self.engine._identities.update({"auto": identity, "single": identity})
        self.rows, self.known = [], {}
        self.begin({0: self.look((self.base,))})

    def begin(self, known):
        """Make a container that has these states."""
        ident = os.urandom(32).hex()
        spec = Spec("test", name=f"c{len(self.known)}", command=("sh",))
        row = self.engine.containers.add(ident, spec, Image("", "test", (self.base,)))
        overlay.prepare(self.engine.paths.container(ident), self.engine.identity(), self.base)
        row = self.engine.containers.desire(row, "stopped")
        self.rows.append(row)
        self.known[row.id] = dict(known)
        return row

    def look(self, layers):
        """Return what a stack shows."""
        if len(layers) == 1:
            return scan(layers[0])
        with Mounted(self.place, list(layers)) as point:
            return scan(point)

    def stack(self, row):
        """Return the layers of a container's present, the upper last."""
        return (self.base, *history.own(self.engine, row).all)

    def run(self, row, parts):
        """Let a container run: changes, and checkpoints while its upper is mounted."""
        frozen, upper = self.stack(row)[:-1], self.stack(row)[-1]
        work = f"{self.engine.paths.container(row.id)}/work"
        with Mounted(self.place, list(frozen), upper, work) as point:
            for script, checks in parts:
                for words in script:
                    do(point, *words)
                if checks:
                    with self.engine.containers.lock(row):
                        number = States(self.engine, row).checkpoint(Came("live"), running=True)
                    self.note(row, number, scan(point))

    def note(self, row, number, shown):
        """Remember a new state; where there was nothing new, what is must be the state that the container stands on."""
        rows = history.all_of(self.engine, row)
        if number:
            assert number not in self.known[row.id]
            assert rows[1] == number
            self.known[row.id][number] = shown
        else:
            assert self.known[row.id][rows[1]] == shown, "changed, and no checkpoint"

    def step(self, word, *rest):
        """Take one step with the newest container."""
        row = self.rows[-1]
        if word == "run":
            self.run(row, *rest)
        elif word == "checkpoint":
            self.note(row, history.checkpoint(self.engine, row), self.look(self.stack(row)))
        elif word == "branch":
            number = None if rest[0] < 0 else rest[0]
            if number is None or number in self.known[row.id]:
                self.branch(row, number)
        elif word == "remove" and len(self.rows) > 1:
            gone = self.rows.pop(0)
            self.engine.containers.forget(gone.id)
            history_states.collect(self.engine)
        elif word in ("undo", "redo", "go"):
            self.move(row, getattr(history_moves, word), rest[0])

    def branch(self, row, number):
        present = self.look(self.stack(row))
        new = self.begin({})
        history.share(self.engine, row, number, new)
        rows, stands = history.all_of(self.engine, row)
        self.known[row.id].setdefault(stands, present)
        self.known[new.id] = {one: self.known[row.id][one] for one in (0, *(one.number for one in rows))}
        mine = {0, *(one.number for one in history.all_of(self.engine, new)[0])}
        self.known[new.id] = {one: shown for one, shown in self.known[new.id].items() if one in mine}
        expected = present if number is None else self.known[row.id][number]
        assert self.look(self.stack(new)) == expected

    def move(self, row, act, number):
        present = self.look(self.stack(row))
        try:
            moved = act(self.engine, row, number)
        except UserError:
            assert self.look(self.stack(row)) == present
            return
        if moved.kept:
            self.known[row.id][moved.kept] = present
        assert self.look(self.stack(row)) == self.known[row.id][moved.number], moved
        if act is history_moves.undo:  # there and back again
            steps = len(States(self.engine, row).stack().forward)
            back = history_moves.redo(self.engine, row, number)
            assert steps >= number
            assert self.look(self.stack(row)) == present, back
            history_moves.undo(self.engine, row, number)

    def check(self):
        """Compare every state of every container with what it was."""
        for row in self.rows:
            for number, shown in self.known[row.id].items():
                _, layers = history.layers(self.engine, f"{row.name}@{number}")
                assert len(layers) <= history_states.DEEPEST + 2
                assert self.look((self.base, *layers)) == shown, (row.name, number)
        names = {name for row in self.rows for name in history.kept(self.engine, row)[:-1]}
        there = {snapshots.place(self.engine.paths, name) for name in snapshots.orphans(self.engine.paths, set())}
        history_states.collect(self.engine)
        assert there >= names
        assert not os.listdir(self.engine.paths.scratch)


class Mounted:
    """An overlay on a directory of its own, in a `with`."""

    def __init__(self, place, layers, upper="", work=""):
        self.point = f"{place}/point{os.urandom(4).hex()}"
        self.words = (layers, upper, work)

    def __enter__(self):
        os.mkdir(self.point)
        root = stacking.overlay(*self.words)
        syscalls.move_mount(root, -100, os.fsencode(self.point))
        os.close(root)
        return self.point

    def __exit__(self, *_):
        assert not ctypes.CDLL(None).umount2(os.fsencode(self.point), 0)
        os.rmdir(self.point)


@settings(
    max_examples=int(sys.argv[2]) if __name__ == "__main__" else 1,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.lists(WORDS, max_size=10), st.lists(STEPS, min_size=1, max_size=8))
def live(first, steps):
    """Take a container through its steps."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1], ignore_cleanup_errors=True) as place:
        machine = Machine(place, first)
        for step in steps:
            machine.step(*step)
        machine.check()
        machine.engine.close()


if __name__ == "__main__":
    history_states.DEEPEST = 4  # a few layers are a deep stack here
    live()
