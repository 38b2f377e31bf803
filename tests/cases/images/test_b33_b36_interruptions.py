"""Pulls that are killed, cut short of space, or doubled: B33, B34, B35. (B36 is in tests/images/test_store.py.)"""

import json
import os
import signal
import subprocess
import sys

import pytest
from hull.errors import UserError

from tests import imagebuild, registries
from tests.imagebuild import directory, layer, member

OLD = imagebuild.image(layer(member("old", b"old")))
NEW = imagebuild.image(
    layer(directory("d/"), member("d/a", b"x" * 5000, uid=7)), layer(member("b", b"2")), layer(member("c", b"3"))
)
POINTS = 50

# Kills itself at the Nth of the events by which Python tells of files, processes and sockets; prints how many passed.
PULL = """
import os, signal, sys
point, seen = int(sys.argv[1]), 0
def hook(event, _):
    global seen
    if event.startswith(("os.", "open", "subprocess.", "socket.", "sqlite3.", "fcntl.", "shutil.")):
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
from hull import paths
from hull.engine import Engine
sys.addaudithook(hook)
engine = Engine(paths.find({"HULL_ROOT": sys.argv[2], "HOME": "/"}))
engine.images.pull(sys.argv[3])
print(seen)
"""


def pull(box, name, point=0):
    env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
    words = [sys.executable, "-c", PULL, str(point), f"{box.base}/store", name]
    return subprocess.run(words, capture_output=True, env=env, timeout=60, check=False)


@pytest.mark.slow
def test_b33_killed_at_any_point(box):
    with registries.served(
        registries.image_answer({**OLD.blobs, **NEW.blobs}, {"1": OLD.manifest, "2": NEW.manifest})
    ) as stub:
        old, new = f"{stub.address}/a:1", f"{stub.address}/a:2"
        box.images.pull(old)
        before = box.store_files()
        pull(box, new)  # the first one writes bytecode, which is events too
        box.images.remove(new)
        counted = pull(box, new)
        assert counted.returncode == 0, counted.stderr
        total = int(counted.stdout) * 19 // 20  # two threads do not make the same number of events every time
        whole = box.store_files()
        box.images.remove(new)
        for point in sorted({1 + place * (total - 1) // (POINTS - 1) for place in range(POINTS)}):
            assert pull(box, new, point).returncode == -signal.SIGKILL
            assert os.listdir(box.images.resolve(old, "never").layers[0]) == ["old"]
            for record in box.images.rows.all():
                assert all(map(os.path.isdir, box.images.resolve(record.id, "never").layers))
            assert box.images.pull(new).id == NEW.config
            assert box.store_files() == whole
            box.images.remove(new)
            assert box.store_files() == before


@pytest.mark.as_root
def test_b34_nobody_waits_for_the_disk_and_the_mark_goes_after_the_sync(box):
    from tests.capabilities import missing

    if os.geteuid():
        pytest.skip("needs root: a set-uid helper that is traced maps no ids")
    if missing("program:strace"):
        pytest.skip(f"needs program:strace: {missing('program:strace')}")
    trace = f"{box.base}/trace"
    with registries.served(registries.image_answer(OLD.blobs, {"1": OLD.manifest})) as stub:
        env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
        words = [sys.executable, "-c", PULL, "0", f"{box.base}/store", f"{stub.address}/a:1"]
        calls = "trace=syncfs,fsync,rename,renameat,renameat2,pwrite64"
        done = subprocess.run(
            ["strace", "-f", "-y", "-o", trace, "-e", calls, *words],
            capture_output=True,
            env=env,
            timeout=60,
            check=False,
        )
        if done.returncode and b"ptrace" in done.stderr:
            pytest.skip("needs ptrace: refused here")
        assert done.returncode == 0, done.stderr
    with open(trace, errors="replace") as file:
        lines = [line for line in file if "resumed" not in line]

    def first(*words):
        return next(place for place, line in enumerate(lines) if all(word in line for word in words))

    published, synced = first("rename", "/tmp-"), first("syncfs")
    logged = [place for place, line in enumerate(lines) if "pwrite64" in line and "hull.db-wal" in line]
    assert max(published, first("rename", "/blob-")) < logged[-1]
    assert any(published < place < synced for place in logged), "the row comes before the sync, with its mark"
    assert synced < logged[-1], "the mark goes after it"
    assert lines[synced].split()[0] != lines[published].split()[0], "by a process that nobody waits for"


@pytest.mark.as_root
def test_b35_a_full_disk(box):
    if os.geteuid():
        pytest.skip("needs root: mounting a small file system")
    noise = [os.urandom(1 << 20) for _ in range(8)]
    made = imagebuild.image(layer(*(member(f"f{place}", noise[place % 8]) for place in range(100))), how="plain")
    small = f"{box.base}/small"
    os.mkdir(small)
    with registries.served(registries.image_answer(made.blobs, {"1": made.manifest})) as stub:
        code = (
            "mount -t tmpfs -o size=64m,mode=711 tmpfs $1 && shift && before=$(df --output=used $0 | tail -1) && "
            '"$@"; echo $? $before $(df --output=used $0 | tail -1)'
        )
        env = {**os.environ, "PYTHONPATH": ":".join(path for path in sys.path if path)}
        pulling = [sys.executable, "-c", PULL, "0", f"{small}/store", f"{stub.address}/a:1"]
        words = ["unshare", "--mount", "sh", "-c", code, small, small, *pulling]
        done = subprocess.run(words, capture_output=True, env=env, timeout=60, check=False)
    status, before, after = map(int, done.stdout.split())
    assert status == 1
    assert b"No space left on device" in done.stderr
    assert b"hull rmi" in done.stderr or b"HostError" in done.stderr
    assert after - before < 1024


def test_an_unfinished_pull_is_no_image(box):
    blobs = {key: data for key, data in NEW.blobs.items() if key != NEW.layers[2]}
    with registries.served(registries.image_answer(blobs, {"2": NEW.manifest})) as stub:
        name = f"{stub.address}/a:2"
        assert pull(box, name).returncode == 1
        with pytest.raises(UserError):
            box.images.resolve(name, "never")
        assert box.images.rows.all() == []
        assert json.dumps(sorted(os.listdir(box.engine.paths.layers("range")))) == "[]"
