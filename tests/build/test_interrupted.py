"""A build that is killed at any point, or runs out of disk: fsck is clean, old images run, the same command succeeds.

HULL_TEST_KILLS is how many points there are: 20, or 200 for a longer look; HULL_TEST_SEED says which.
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

from tests import smalldisk
from tests.build import full_disk
from tests.cases.images.test_b33_store_killed import RUN

pytestmark = [pytest.mark.real, pytest.mark.needs("range")]

POINTS = int(os.environ.get("HULL_TEST_KILLS", "20"))
TEXT = """FROM busybox AS one
ARG N
COPY f /f
RUN --mount=type=cache,target=/c echo $N > /c/n; cat /f /f > /ff
FROM busybox
ARG N
WORKDIR /w
RUN --mount=type=secret,id=s --mount=target=/c cat /run/secrets/s /c/f > /s; rm -r /root; echo $N > /n
COPY --from=one --chown=5:6 /ff /ff
"""


class Killed:
    """The build that is killed, with another argument each time: nothing of it is in the cache."""

    def __init__(self, build) -> None:
        self.build, self.cli = build, build.cli
        build.write(Dockerfile=TEXT, f="x" * 100_000, secret="hush")
        self.engine = Engine(paths.find({"HULL_ROOT": self.cli.root, "HOME": os.path.dirname(self.cli.root)}))
        self.env = self.cli.env(PYTHONPATH=":".join(path for path in sys.path if path))

    def words(self, number: int) -> list[str]:
        flags = ["--secret", "id=s,src=secret", "--build-arg", f"N={number}", "-t", "killed"]
        return ["build", "--network", "none", *flags, "."]

    def at(self, point: int, number: int) -> subprocess.CompletedProcess[bytes]:
        """Run the build and let it kill itself at an event of its own."""
        argv = [sys.executable, "-c", RUN, str(point), *self.words(number)]
        return subprocess.run(argv, cwd=self.build.context, capture_output=True, env=self.env, timeout=60, check=False)

    def after(self, seconds: float, number: int) -> None:
        """Run the build and kill it some time later."""
        with self.cli.popen(*self.words(number), cwd=self.build.context, stdout=-3, stderr=-3) as child:
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)

    def sound(self, number: int, when: str) -> None:
        """Check what holds after a kill."""
        lines = fsck(self.engine)
        assert lines.exit_code == 0, (when, lines)
        assert self.build.inside("busybox", "echo", "here") == "here\n", when
        again = self.cli(*self.words(number), cwd=self.build.context)
        assert again.returncode == 0, (when, again.stderr)
        image = again.stdout.decode().split()[-1]
        assert (
            self.build.inside(image, "sh", "-c", "cat /n; wc -c < /ff; wc -c < /s") == f"{number}\n200000\n100004\n"
        ), when
        assert self.build.scratch == [], when
        rows = {row.directory for row in self.engine.images.rows.layers() if row.flavour == "range"}
        assert rows == set(os.listdir(self.engine.paths.layers("range"))), when


@pytest.fixture
def killed(fresh_build):
    made = Killed(fresh_build)
    yield made
    made.engine.close()


@pytest.mark.slow
@pytest.mark.timeout(120 + 40 * POINTS)
def test_killed_at_a_random_point(killed):
    seed = int(os.environ.get("HULL_TEST_SEED", str(time.time_ns() & 0xFFFFFF)))
    chance = random.Random(seed)
    begun = 0.0
    for number in (-2, -1):  # the first one writes bytecode, which is events too
        begun = time.monotonic()
        counted = killed.at(0, number)
        assert counted.returncode == 0, counted.stderr
    span, total = time.monotonic() - begun, int(counted.stdout.split()[-1])
    for number in range(POINTS):
        if number % 2:
            moment = chance.uniform(0, span)
            when = f"{moment:.3f} s, HULL_TEST_SEED={seed}"
            killed.after(moment, number)
        else:
            point = chance.randint(1, total * 19 // 20)  # threads do not make the same number of events every time
            when = f"event {point} of {total}, HULL_TEST_SEED={seed}"
            assert killed.at(point, number).returncode in (-signal.SIGKILL, 0), when
        killed.sound(number, when)


@pytest.mark.as_root
@pytest.mark.slow
@pytest.mark.needs("program:mke2fs")
def test_a_full_disk_of_64_mib(tmp_path):
    assert smalldisk.told_by("tests.build.full_disk", tmp_path) == [*full_disk.FILES, "well"]
