"""A push that is killed at any point: the registry names whole images only, the store is as it was, again succeeds."""

import json
import os
import signal
import subprocess
import sys

import pytest
from hull import config
from hull.images import pushing, reference
from hull.images.pushing_layers import Bench
from hull.state.sources import Sources

from tests import imagebuild, registries
from tests.imagebuild import directory, layer, member
from tests.registries import Memory

MADE = imagebuild.image(layer(directory("d/"), member("d/a", b"x" * 50_000, uid=7)), layer(member("b", b"2")))
POINTS = int(os.environ.get("HULL_TEST_KILLS", "20"))

# Kills itself at the Nth of the events by which Python tells of files, processes and sockets; prints how many passed.
PUSH = """
import os, signal, sys
point, seen = int(sys.argv[1]), 0
def hook(event, _):
    global seen
    if event.startswith(("os.", "open", "subprocess.", "socket.", "sqlite3.", "fcntl.", "tempfile.")):
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
from hull import cli
from hull.images import uploads
uploads.CHUNK = 10_000
os.environ["HULL_ROOT"] = sys.argv[2]
sys.addaudithook(hook)
code = cli.run(["push", "-q", sys.argv[3], sys.argv[4]])
print(seen)
sys.exit(code)
"""


def push(box, name, target, point=0):
    env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
    words = [sys.executable, "-c", PUSH, str(point), f"{box.base}/store", name, target]
    return subprocess.run(words, capture_output=True, env=env, timeout=60, check=False)


def whole(memory):
    """Check that every manifest names blobs that are there."""
    for body in memory.blobs.values():
        if body.startswith(b'{"schemaVersion"'):
            document = json.loads(body)
            assert all(one["digest"] in memory.blobs for one in (document["config"], *document["layers"]))


@pytest.mark.slow
def test_killed_at_any_point(box, tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(imagebuild.docker_archive(MADE, "a:1"))  # no blobs are known: the layers are packed
    box.images.load(str(path))
    before = box.store_files()
    memory = Memory()
    with registries.served(memory) as stub:
        push(box, "a:1", f"{stub.address}/warm:1")  # the first one writes bytecode, which is events too
        box.engine.db.write("DELETE FROM sources")
        memory.blobs.clear()
        counted = push(box, "a:1", f"{stub.address}/count:1")
        assert counted.returncode == 0, counted.stderr
        total = int(counted.stdout.split()[-1]) * 19 // 20  # threads do not make the same number every time
        for point in sorted({1 + place * (total - 1) // (POINTS - 1) for place in range(POINTS)}):
            memory.blobs.clear()
            box.engine.db.write("DELETE FROM sources")
            target = f"{stub.address}/p{point}:1"
            assert push(box, "a:1", target, point).returncode == -signal.SIGKILL
            whole(memory)
            assert {name for name in box.store_files() if not name.startswith("blobs/")} == {
                name for name in before if not name.startswith("blobs/")
            }
            settings = config.Settings("config.toml", {})
            bench = Bench(
                box.engine.paths, box.images, Sources(box.engine.db), box.engine.confine, lambda _: None, settings
            )
            pushing.push(bench, box.images.known("a:1"), reference.parse(target))
            whole(memory)
            assert memory.tags["1"] in memory.blobs
