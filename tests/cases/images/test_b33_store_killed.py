"""pull, commit, load and rmi, killed at random points (B33), and on a full disk (B35).

After each fsck is clean, old images run, the same command again succeeds.

HULL_TEST_KILLS is how many points there are in all: 20, or 200 for a longer look.
"""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from hull import paths
from hull.commands.fsck import fsck
from hull.engine import Engine

from tests import imagebuild, registries, smalldisk
from tests.imagebuild import directory, hardlink, layer, member, symlink

POINTS = int(os.environ.get("HULL_TEST_KILLS", "20"))
NEW = imagebuild.image(
    layer(directory("d/"), *(member(f"d/{n}", os.urandom(20_000), uid=n) for n in range(50))),
    layer(member("b", b"2"), symlink("l", "b")),
    layer(hardlink("c", "d/1"), member("d/.wh.2")),
)
VERBS = ("pull", "commit", "load", "rmi")
PATIENCE = 60

# Runs the verb and kills itself at the Nth of the events by which Python tells of files, processes, rows and sockets.
RUN = """
import os, signal, sys
point, seen = int(sys.argv[1]), 0
def hook(event, _):
    global seen
    if event.startswith(("os.", "open", "subprocess.", "socket.", "sqlite3.", "fcntl.", "shutil.", "tempfile.")):
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
from hull.cli import run
sys.addaudithook(hook)
status = run(sys.argv[2:])
print(seen)
sys.exit(status)
"""


class Store:
    """A store with an old image and a container that changed something, and what brings a new image."""

    def __init__(self, cli, stub):
        self.cli, self.base = cli, os.path.dirname(cli.root)
        self.engine = Engine(paths.find({"HULL_ROOT": cli.root, "HOME": self.base}))
        fill = "for i in 1 2 3 4 5 6 7 8; do head -c 9000 /dev/urandom > /n/$i; done"
        write = f"mkdir /n; {fill}; chown 5 /n/3; rm /bin/cat"
        cli("run", "--name", "c", "--network", "none", "busybox", "sh", "-c", write, check=True)
        with open(f"{self.base}/archive", "wb") as file:
            file.write(imagebuild.docker_archive(NEW, "new:1"))
        self.name = f"{stub.address}/new:1"
        self.words = {
            "pull": ("pull", "-q", self.name),
            "commit": ("commit", "c", "new:1"),
            "load": ("load", "-q", "-i", f"{self.base}/archive"),
            "rmi": ("rmi", "new:1"),
        }

    def run(self, verb, point=0):
        env = self.cli.env(PYTHONPATH=":".join(path for path in sys.path if path))
        argv = [sys.executable, "-c", RUN, str(point), *self.words[verb]]
        return subprocess.run(argv, capture_output=True, env=env, timeout=PATIENCE, check=False)

    def prepare(self, verb):
        """Let the verb have something to do."""
        if verb == "rmi":
            self.cli(*self.words["load"], check=True)
        else:
            for name in (self.name, "new:1"):
                self.cli("rmi", "-f", name)

    def sound(self, when):
        """Check what holds after a kill at any point."""
        lines = fsck(self.engine)
        assert lines.exit_code == 0, (when, lines)
        done = self.cli("run", "--rm", "--network", "none", "busybox", "true")
        assert done.returncode == 0, (when, done.stderr)

    def whole(self, verb, when):
        """Check what the verb should have done."""
        ident = self.engine.images.identify(self.name if verb == "pull" else "new:1")
        assert bool(ident) is (verb != "rmi"), when
        if ident:
            assert all(map(os.path.isdir, self.engine.images.resolve(ident, "never").layers)), when
        assert fsck(self.engine).exit_code == 0, when
        layers = os.listdir(self.engine.paths.layers("range"))
        rows = [row.directory for row in self.engine.images.rows.layers() if row.flavour == "range"]
        assert sorted(layers) == sorted(rows), when


@pytest.fixture
def store(fresh_cli):
    with registries.served(registries.image_answer(NEW.blobs, {"1": NEW.manifest})) as stub:
        made = Store(fresh_cli, stub)
        yield made
        made.engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_a_random_point(store, verb):
    seed = int(os.environ.get("HULL_TEST_SEED", str(time.time_ns() & 0xFFFFFF)))
    chance = random.Random(seed)
    for _ in range(2):  # the first one writes bytecode, which is events too
        store.prepare(verb)
        counted = store.run(verb)
        assert counted.returncode == 0, counted.stderr
    total = int(counted.stdout.split()[-1])
    for _ in range(max(POINTS // len(VERBS), 1)):
        store.prepare(verb)
        point = chance.randint(1, total * 19 // 20)  # two threads do not make the same number of events every time
        when = f"{verb} at {point} of {total}, HULL_TEST_SEED={seed}"
        assert store.run(verb, point).returncode == -signal.SIGKILL, when
        store.sound(when)
        again = store.run(verb)
        gone = verb == "rmi" and b"no such image" in again.stderr  # killed after it was done
        assert again.returncode == 0 or gone, (when, again.stderr)
        store.whole(verb, when)


@pytest.mark.as_root
@pytest.mark.needs("program:mke2fs")
def test_a_full_disk_of_64_mib(tmp_path):
    """ENOSPC in all that brings or packs images: old ones run, fsck is clean, with room the same command succeeds."""
    assert smalldisk.told_by("tests.cases.images.full_disk", tmp_path) == [
        *("pull", "load", "commit", "import", "build", "push", "save", "save"),
        "well",
    ]
