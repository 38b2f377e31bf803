"""What `/system/df` tells, of images too that Docker's tools made and hull would not."""

import contextlib
import json
import os

from hull.commands import _listing
from hull.docker import images_listed, usage
from hull.docker.versions import Version
from hull.engine import Engine
from hull.images import files, removing
from hull.model import Image, Spec
from hull.state.images import ImageRecord


def test_an_image_whose_layers_are_null_counts_for_nothing(engine):
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": None}})
    engine.images.rows.add(ImageRecord("sha256:" + "a" * 64, "", config, 0, 1.0), [], [], "range")
    found = usage.usage(engine, (), Version(1, 50))
    assert [one["Size"] for one in found["Images"]] == [0]
    assert (found["BuildCache"], found["LayersSize"]) == ([], 0)


def test_a_container_counts_for_an_image_in_anothers_store(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("HULL_ROOT", str(tmp_path / "others"))
    monkeypatch.setattr(removing, "_FRESH", -60)  # a row counts only with its directory
    ident = "sha256:" + "b" * 64
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
    with contextlib.closing(Engine()) as other:
        other.images.rows.add(ImageRecord(ident, "", config, 0, 1.0), [], ["docker.io/library/b:latest"], "range")
        engine.images._shared = [other.images]
        engine.containers.add("c" * 64, Spec("b"), Image(ident, "b", ()))
        os.makedirs(engine.paths.container("c" * 64))
        found = images_listed.rows(engine, images_listed.Asked({}, counted=True), Version(1, 50))
    assert [one["Containers"] for one in found] == [1]


def test_what_is_removed_meanwhile_has_no_bytes(tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_bytes(b"four")
    assert files._bytes(str(tmp_path)) == sum(_listing._files(str(tmp_path))) == 4
    assert files._bytes(str(tmp_path / "gone")) == sum(_listing._files(str(tmp_path / "gone"))) == 0
    whole = os.scandir

    def late(place):
        found = list(whole(place))
        if str(place).endswith("/d"):
            os.unlink(tmp_path / "d" / "f")
        return found

    monkeypatch.setattr(os, "scandir", late)
    assert _listing._files(str(tmp_path)) == []
