"""The walk of layers tells what a scan of whole trees tells, in namespaces, by marks that the kernel made."""

import os
import subprocess
import sys

import pytest

from tests.repeat import times

pytestmark = [
    pytest.mark.real,
    pytest.mark.needs("userns", "program:unshare"),
    pytest.mark.as_root,
]


def rig(place: os.PathLike[str], what: str, *words: str) -> None:
    """Run one of the rig's checks as root of namespaces of its own."""
    argv = [sys.executable, "-m", "tests.trials.walking_rig", os.fspath(place), what, *words]
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "--kill-child", *argv],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, check=False, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_any_two_states_differ_as_their_whole_trees_do(tmp_path):
    rig(tmp_path, "compare", str(times(40, 2000)))


def test_marks_that_only_newer_kernels_make_hide_what_they_say(tmp_path):
    rig(tmp_path, "marks")


def test_a_deep_tree_of_odd_names_is_told_whole(tmp_path):
    rig(tmp_path, "deep")


def test_what_hull_made_to_mount_over_is_no_change(tmp_path):
    rig(tmp_path, "placeholders")


def test_attributes_that_a_mirror_did_not_show_are_not_removed(tmp_path):
    rig(tmp_path, "unseen")


def test_no_fifo_is_opened_and_no_large_file_read(tmp_path):
    rig(tmp_path, "unread")
