"""Each effect works in a plain user namespace, and tells why where its condition is taken away."""

import contextlib
import os
import subprocess
import sys

import pytest
from hull.kernel import effects
from hull.kernel.features import FEATURES, environment

from tests.capabilities import missing

pytestmark = [pytest.mark.needs("userns", "program:unshare"), pytest.mark.real, pytest.mark.single_id]


def attempt(feature, directory, before="", fuse="/usr/bin/fuse-overlayfs"):
    words = [sys.executable, "-m", "hull.kernel.effects", feature, str(directory), fuse]
    done = subprocess.run(
        ["unshare", "-U", "-r", "-m", "sh", "-c", f'{before or ":"}; exec "$@"', "sh", *words],
        env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.strip()


def test_the_table_has_an_effect_for_every_feature():
    assert set(effects.EFFECTS) == set(FEATURES)


@pytest.mark.parametrize("feature", sorted(set(FEATURES) - {"subordinate-range"}))
def test_it_works_here(feature, tmp_path):
    for name in {"fuse-overlay": ("fuse", "program:fuse-overlayfs"), "tun": ("tun",)}.get(feature, ()):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    assert attempt(feature, tmp_path) == (0, "")
    assert os.listdir(tmp_path) == []
    assert serving(tmp_path) == []


def serving(directory):
    """Return the processes whose words name the directory: a server that outlived its probe."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if f"lowerdir={directory}".encode() in file.read():
                found.append(pid)
    return found


def test_one_id_is_no_range(tmp_path):
    code, reason = attempt("subordinate-range", tmp_path)
    assert code == 1
    assert "one id" in reason


@pytest.mark.parametrize(
    ("feature", "before", "expected"),
    [
        ("tun", "mount --bind /dev/null /dev/net/tun", "ioctl"),
        ("fuse-overlay", "mount -t tmpfs none /dev", "/dev/fuse"),
        (
            "proc-mount",
            'mount --bind /dev/null /proc/version; set -- unshare -U -r -m "$@"',
            "/proc: Operation not permitted",
        ),
        ("link-up", "echo 0 > /proc/sys/user/max_net_namespaces", "No space left"),
        ("user-namespace", "echo 0 > /proc/sys/user/max_mnt_namespaces", "No space left"),
    ],
)
def test_it_says_why_it_fails(feature, before, expected, tmp_path):
    code, reason = attempt(feature, tmp_path, before)
    assert code == 1
    assert expected in reason


def test_a_missing_program_is_named(tmp_path):
    assert attempt("fuse-overlay", tmp_path, fuse="") == (1, "fuse-overlayfs: not installed")
