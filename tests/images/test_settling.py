"""A published layer is marked until it is on the disk; a mark of another boot is proved before use, or removed."""

import os
import sqlite3
import subprocess
import time

import pytest
from hull.errors import HullError
from hull.images import blobs, settling, treedigest
from hull.state.processes import boot_id

from tests import imagebuild, registries
from tests.imagebuild import directory, hardlink, layer, member, symlink
from tests.imagestore import box  # noqa: F401 (a fixture)

pytestmark = pytest.mark.real
MADE = imagebuild.image(
    layer(directory("./"), directory("d"), member("d/f", b"1" * 9000, uid=5), symlink("l", "d"), hardlink("h", "d/f"))
)


@pytest.fixture(autouse=True)
def asked_to_settle(monkeypatch):
    """Note that somebody was asked to settle, and let nobody."""
    started = []
    monkeypatch.setattr(settling, "start", started.append)
    return started


def load(box, made=MADE):  # noqa: F811
    path = f"{box.base}/archive"
    with open(path, "wb") as file:
        file.write(imagebuild.docker_archive(made, "a:1"))
    box.images.load(path)


def only(box):  # noqa: F811
    (found,) = box.images.rows.layers()
    return found


def settle(box):  # noqa: F811
    settling.settle(box.engine.paths, box.images.rows, box.engine.confine)


def reboot(box, keep_tree=True):  # noqa: F811
    """Let the marks and digests be those of another boot."""
    tree = "tree" if keep_tree else "''"
    box.engine.db.write(f"UPDATE layers SET mark = 'another-boot:1', tree = {tree}")


def damage(box):  # noqa: F811
    path = f"{box.engine.paths.layers('range')}/{only(box).directory}/d/f"
    box.engine.confine(
        ["/bin/sh", "-c", f"s=$(stat -c %Y {path}); head -c 9000 /dev/zero > {path}; touch -d @$s {path}"]
    ).wait()


def test_a_layer_is_published_with_a_mark_of_this_boot_and_somebody_settles(box, asked_to_settle):  # noqa: F811
    load(box)
    assert only(box).mark.startswith(f"{boot_id()}:")
    assert asked_to_settle == [box.engine.paths]
    assert box.images.resolve("a:1", "never").layers
    load(box)
    assert len(asked_to_settle) == 2, "whoever should have settled may have been killed"
    settle(box)
    load(box)
    assert len(asked_to_settle) == 2, "what is on the disk needs nothing"


def test_settling_syncs_before_the_mark_goes(box, monkeypatch):  # noqa: F811
    load(box)
    order = []
    monkeypatch.setattr("hull.kernel.syscalls.syncfs", lambda _fd: order.append(only(box).mark))
    settle(box)
    assert len(order) == 1
    assert order[0].startswith(boot_id())
    assert only(box).mark == ""
    assert only(box).tree.startswith("sha256:")
    settle(box)
    assert len(order) == 1


def test_a_sync_that_fails_leaves_the_mark(box, monkeypatch):  # noqa: F811
    load(box)

    def fail(_fd):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("hull.kernel.syscalls.syncfs", fail)
    with pytest.raises(OSError, match="Input/output"):
        settle(box)
    assert only(box).mark


def test_a_mark_of_another_boot_is_proved_by_the_files_digest(box):  # noqa: F811
    load(box)
    settle(box)
    reboot(box)
    assert box.images.rows.directories([only(box).diff_id], "range") == {}
    assert box.images.resolve("a:1", "never").layers
    assert only(box).mark == ""


def test_a_mark_of_another_boot_is_proved_by_the_tar_where_hull_packed_it(box):  # noqa: F811
    path = f"{box.base}/own.tar"
    load(box)
    from hull.images import saving, saving_places

    shop = saving.Shop(box.images, print, "")
    chosen = [saving.Chosen(MADE.config, ("docker.io/library/a:1",))]
    saving_places.file(path, saving_places.tar(saving.docker_archive(shop, chosen)))
    box.images.remove("a:1")
    box.images.load(path)
    reboot(box, keep_tree=False)
    assert box.images.resolve("a:1", "never").layers
    assert (only(box).mark, only(box).tree[:7]) == ("", "sha256:")


@pytest.mark.parametrize("settled", [True, False])
def test_what_does_not_prove_comes_again(box, settled):  # noqa: F811
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
        name = f"{stub.address}/a:1"
        box.images.pull(name)
        if settled:
            settle(box)
        damage(box)
        reboot(box)
        with pytest.raises(HullError, match="never"):
            box.images.resolve(name, "never")
        assert ["comes again" in event.text for event in box.events if event.kind == "warning"] == [True]
        found = box.images.resolve(name)
    content = subprocess.run(["cat", f"{found.layers[0]}/d/f"], capture_output=True, check=False).stdout
    assert content in (b"1" * 9000, b"")
    assert only(box).mark.startswith(boot_id())


def test_a_pull_replaces_what_does_not_prove(box):  # noqa: F811
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
        box.images.pull(f"{stub.address}/a:1")
        settle(box)
        good = only(box).tree
        damage(box)
        reboot(box)
        box.images.pull(f"{stub.address}/a:1")
        assert only(box).mark.startswith(boot_id())
        settle(box)
        assert only(box).tree == good


def test_a_damaged_document_is_none(box):  # noqa: F811
    paths = box.engine.paths
    blobs.put(paths, imagebuild.digest(b"one"), b"one")
    assert blobs.get(paths, imagebuild.digest(b"one")) == b"one"
    with open(blobs.path(paths, imagebuild.digest(b"one")), "wb"):
        pass
    assert blobs.get(paths, imagebuild.digest(b"one")) is None
    blobs.put(paths, imagebuild.digest(b"one"), b"one")
    assert blobs.get(paths, imagebuild.digest(b"one")) == b"one"


def test_the_digest_of_a_tree_sees_every_change(tmp_path):
    changes = (
        "chmod 600 d/f", "touch -d @5 d/f", "touch -d @5 d", "echo -n 2 | dd conv=notrunc of=d/f; touch -d @9 d/f",
        "ln -sf x l; touch -h -d @9 l", "rm g", "mkdir e", "mv d/f d/f2; touch -d @9 d", "ln d/f k; touch -d @9 .",
        "setfattr -n user.a -v b d/f || python3 -c 'import os; os.setxattr(\"d/f\", \"user.a\", b\"b\")'",
    )  # fmt: skip
    make = "mkdir d; echo 1 > d/f; echo 1 > g; ln -s d l; touch -h -d @9 d/f g l d ."
    seen = {}
    for number, change in enumerate(("true", *changes)):
        base = tmp_path / str(number)
        base.mkdir()
        subprocess.run(["sh", "-c", f"{make}; {change}"], cwd=base, check=True, capture_output=True)
        assert treedigest.of(str(base)) == treedigest.of(str(base))
        seen[treedigest.of(str(base))] = change
    assert len(seen) == len(changes) + 1
    again = tmp_path / "again"
    again.mkdir()
    subprocess.run(["sh", "-c", make], cwd=again, check=True)
    assert seen[treedigest.of(str(again))] == "true"
    assert treedigest.of(str(tmp_path / "nothing")) == ""


def test_the_command_line_does_not_wait_and_the_marks_go(fresh_cli):
    path = f"{fresh_cli.root}/hull.db"
    deadline = time.monotonic() + 30
    while True:
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        rows = db.execute("SELECT mark, tree FROM layers").fetchall()
        db.close()
        if all(not mark and tree for mark, tree in rows):
            break
        assert time.monotonic() < deadline, rows
        time.sleep(0.05)
    assert len(rows) == 1
    assert fresh_cli("run", "--rm", "--network", "none", "busybox", "true").returncode == 0
    assert os.path.exists(path)
