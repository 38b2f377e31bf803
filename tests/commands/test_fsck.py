"""fsck finds what is damaged, by digest, and fetches it again."""

import os
import sqlite3

import pytest
from hull.commands.fsck import fsck
from hull.images import settling
from hull.images.store import ImageStore

from tests import imagebuild, registries
from tests.imagebuild import directory, hardlink, layer, member
from tests.imagestore import box  # noqa: F401 (a fixture)

pytestmark = pytest.mark.real
LOWER = layer(directory("d"), member("d/f", b"1" * 5000))
UPPER = layer(hardlink("d/g", "d/f"), member("n", b"5"))
MADE = imagebuild.image(LOWER, UPPER)
REMOVE = "the whole directory"
CHANGE = "s=$(stat -c %Y {0}/d/f); printf 2 | dd of={0}/d/f conv=notrunc; touch -d @$s {0}/d/f"
LOSE = "rm {}/d/f"


@pytest.fixture
def pulled(box, monkeypatch):  # noqa: F811
    """Give a store with one pulled image, everything settled, and its registry."""
    monkeypatch.setattr(settling, "start", lambda _paths: None)
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
        box.images.pull(f"{stub.address}/a:1")
        settling.settle(box.engine.paths, box.images.rows, box.engine.confine)
        box.stub = stub
        yield box


def hurt(box, how, place=0):  # noqa: F811
    diff_id = imagebuild.digest((LOWER, UPPER)[place])
    (name,) = [row.directory for row in box.images.rows.layers() if row.diff_id == diff_id]
    path = f"{box.engine.paths.layers('range')}/{name}"
    if how == REMOVE:
        box.images.layers.discard([path], "range")
        return
    box.engine.confine(["/bin/sh", "-c", how.format(path)]).wait()


def test_a_whole_store_is_well(pulled):
    lines = fsck(pulled.engine)
    assert (lines, lines.exit_code) == (["1 images, 2 layers, 0 containers: all is well"], 0)


@pytest.mark.parametrize(
    ("how", "text"), [(REMOVE, "missing"), (CHANGE, "not what was unpacked"), (LOSE, "not what was unpacked")]
)
@pytest.mark.parametrize("place", [0, 1])
def test_damage_is_found_and_mended(pulled, how, text, place):
    if place and how != REMOVE:
        how = how.replace("d/f", "n") if how != CHANGE else CHANGE.replace("/d/f", "/n")
    good = pulled.engine.images.resolve(MADE.config, "never")
    hurt(pulled, how, place)
    lines = fsck(pulled.engine)
    assert lines.exit_code == 1
    assert text in lines[0]
    assert f"(of {pulled.stub.address}/a:1)" in lines[0]
    lines = fsck(pulled.engine, repair=True)
    assert lines[0].endswith("fetched again")
    assert lines.exit_code == 0
    assert fsck(pulled.engine).exit_code == 0
    found = pulled.images.resolve(MADE.config, "never")
    assert found.layers == good.layers
    assert sorted(os.listdir(found.layers[1])) == ["d", "n"]


def test_a_registry_that_is_gone_mends_nothing_and_removes_nothing(pulled):
    hurt(pulled, LOSE)
    pulled.engine.db.write("DELETE FROM sources")
    before = pulled.store_files()
    lines = fsck(pulled.engine, repair=True)
    assert lines.exit_code == 1
    assert "no registry is known" in lines[0]
    assert pulled.store_files() == before


def test_a_layer_without_a_row_is_fetched(pulled):
    pulled.engine.db.write("DELETE FROM layers WHERE diff_id = ?", imagebuild.digest(LOWER))
    assert "it is not here" in fsck(pulled.engine)[0]
    assert fsck(pulled.engine, repair=True).exit_code == 0
    assert len(pulled.images.resolve(MADE.config, "never").layers) == 2


def test_a_damaged_manifest_is_fetched(pulled):
    path = f"{pulled.engine.paths.blobs}/sha256/{MADE.manifest[7:]}"
    with open(path, "ab") as file:
        file.write(b" ")
    assert "manifest" in fsck(pulled.engine)[0]
    assert fsck(pulled.engine, repair=True).exit_code == 0
    with open(path, "rb") as file:
        assert file.read() == MADE.blobs[MADE.manifest]


def test_what_the_killed_left_is_removed_and_no_damage(pulled):
    before = pulled.store_files()
    paths = pulled.engine.paths
    for path in (f"{paths.layers('range')}/tmp-{'a' * 24}", f"{paths.layers('range')}/{'b' * 24}"):
        os.mkdir(path)
    for path in (f"{paths.scratch}/blob-1-x", f"{paths.blobs}/sha256/{'c' * 64}"):
        with open(path, "wb"):
            pass
    os.makedirs(f"{paths.containers}/{'d' * 64}/upper")
    lines = fsck(pulled.engine)
    assert lines.exit_code == 0
    assert pulled.store_files() == before


def test_a_layer_that_a_running_container_stands_on_is_left(fresh_cli):
    cli = fresh_cli
    cli("run", "-d", "--name", "c", "--network", "none", "busybox", "sleep", "60", check=True)
    db = sqlite3.connect(f"{cli.root}/hull.db", timeout=10)
    with db:
        db.execute("UPDATE layers SET tree = 'sha256:other', mark = ''")
    db.close()
    done = cli("fsck", "--repair")
    assert done.returncode == 1
    assert b"c runs on it" in done.stdout
    assert cli("exec", "c", "true").returncode == 0
    cli("rm", "-f", "c", check=True)


def test_the_store_offers_it_all(box):  # noqa: F811
    assert isinstance(box.images, ImageStore)
    lines = fsck(box.engine)
    assert lines == ["0 images, 0 layers, 0 containers: all is well"]
