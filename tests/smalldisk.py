"""A file system of 64 MiB to fill: root alone can mount one."""

import os
import subprocess
import sys

import pytest

FULL = """
set -e
mount -t ext4 -o loop "$1" "$2"
chmod 711 "$2"
shift 2
exec "$@"
"""


def told_by(module: str, tmp_path: os.PathLike[str]) -> list[str]:
    """Run `python -m MODULE PLACE` with the file system mounted at PLACE; it must succeed. Return the words it said."""
    if os.geteuid():
        pytest.skip("needs root: mounting a small file system")
    disk, place = f"{os.fspath(tmp_path)}/disk", f"{os.fspath(tmp_path)}/m"
    os.mkdir(place)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", disk, "64M"], check=True)
    argv = ["unshare", "--mount", "sh", "-c", FULL, "sh", disk, place, sys.executable, "-m", module, place]
    env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run(argv, capture_output=True, env=env, timeout=300, check=False)
    if b"failed to setup loop" in done.stderr or b"mount failed" in done.stderr:
        pytest.skip(f"needs a loop device: {done.stderr.decode()[-200:]}")
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return done.stdout.decode().split()
