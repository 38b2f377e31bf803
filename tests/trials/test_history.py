"""States of containers: random ways through them, and kills at every step, with the kernel's own overlay."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import pytest

from tests.commandline import remove_tree
from tests.repeat import times

pytestmark = [pytest.mark.real, pytest.mark.needs("userns")]
KILLED = {"freeze", "copy", "undo", "redo", "go", "branch"}


@pytest.fixture
def place() -> Iterator[str]:
    """Give a directory that everyone may pass, as a store of root's must be in."""
    made = tempfile.mkdtemp(prefix="hull-")
    os.chmod(made, 0o711)
    yield made
    remove_tree(made)


def rig(name: str, place: str, *words: int) -> str:
    """Run a rig as root of a user namespace of its own; return what it printed."""
    argv = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", f"tests.trials.{name}"]
    done = subprocess.run([*argv, place, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_copy_of_what_changed_shows_what_is_there(place: str) -> None:
    rig("freezing_rig", place)


def test_every_state_stays_what_it_was_whatever_is_done(place: str) -> None:
    rig("history_rig", place, times(60, 3000))


def test_others_who_collect_and_remove_in_the_middle_take_nothing_that_is_needed(place: str) -> None:
    rig("history_race_rig", place)


def test_a_kill_leaves_what_was_or_what_was_to_be(place: str) -> None:
    each = 20 if "HULL_REPEAT" not in os.environ else 1
    counts = dict(re.findall(r"(\w+) (\d+)\n", rig("history_kill_rig", place, each)))
    assert counts.keys() == KILLED
    assert all(int(count) for count in counts.values())
