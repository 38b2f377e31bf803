"""The order of a push, and what is kept of a pull for it."""

import shutil

import pytest
from hull import config
from hull.images import manifest, pushing, reference
from hull.images.pushing_layers import Bench
from hull.state.sources import Source, Sources

from tests import imagebuild, registries
from tests.imagebuild import layer, member
from tests.registries import Memory

MADE = imagebuild.image(layer(member("a", b"1")), layer(member("b", b"2")), layer(member("a", b"1")))


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))


def bench(box):
    settings = config.Settings("config.toml", {})
    return Bench(box.engine.paths, box.images, Sources(box.engine.db), box.engine.confine, box.events.append, settings)


def test_blobs_come_before_what_names_them_and_twice_the_same_goes_once(box):
    memory = Memory()
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as source:
        image = box.images.pull(f"{source.address}/a:1")
        with registries.served(memory) as stub:
            done = pushing.push(bench(box), image.id, reference.parse(f"{stub.address}/b:1"))
    assert done.digest == MADE.manifest
    assert memory.blobs == MADE.blobs
    puts = [r.path.rpartition("/")[2] if "manifests" in r.path else r.query["digest"][0]
            for r in stub.requests if r.method == "PUT"]  # fmt: skip
    assert sorted(puts[:2]) == sorted(set(MADE.layers))
    assert puts[2:] == [MADE.config, "1"]


def test_a_pull_remembers_which_blobs_its_layers_are(box):
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
        box.images.pull(f"{stub.address}/a:1")
    diff_id = imagebuild.digest(layer(member("a", b"1")))
    (found,) = Sources(box.engine.db).of(diff_id)
    assert found == Source(
        MADE.layers[0], len(MADE.blobs[MADE.layers[0]]), imagebuild.OCI_LAYER + "+gzip", f"{stub.address}/a"
    )


def test_the_tag_is_not_written_where_a_layer_fails(box):
    memory = Memory()
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as source:
        image = box.images.pull(f"{source.address}/a:1")
        memory.fault = lambda r: registries.Reply(500) if r.method == "PUT" and "uploads" in r.path else None
        with registries.served(memory) as stub, pytest.raises(Exception, match="cannot push"):
            pushing.push(bench(box), image.id, reference.parse(f"{stub.address}/b:1"))
    assert memory.tags == {}


def test_a_blob_that_a_manifest_only_claims_to_be_a_layer_is_not_remembered(box):
    """A hostile image names a layer that is here already, and for its blob another: neither is believed later."""
    base, other = layer(member("a", b"1")), layer(member("evil", b"2"))
    honest = imagebuild.image(base)
    diff_ids = [imagebuild.digest(base), imagebuild.digest(other)]
    evil = imagebuild.image(other, other, edit_config={"rootfs": {"type": "layers", "diff_ids": diff_ids}})
    blobs, tags = {**honest.blobs, **evil.blobs}, {"1": honest.manifest, "2": evil.manifest}
    memory = Memory()
    with registries.served(registries.image_answer(blobs, tags)) as source:
        box.images.pull(f"{source.address}/good:1")
        image = box.images.pull(f"{source.address}/evil:2")
        assert [one.digest for one in Sources(box.engine.db).of(diff_ids[0])] == [honest.layers[0]]
        with registries.served(memory) as stub:
            done = pushing.push(bench(box), image.id, reference.parse(f"{stub.address}/b:1"))
    assert done.digest != evil.manifest
    layers = manifest.parse(memory.blobs[done.digest]).layers
    assert [one.digest for one in layers] == [honest.layers[0], evil.layers[1]]


def test_a_blob_that_is_another_layer_is_not_recompressed(box):
    wrong = imagebuild.image(layer(member("evil", b"2")))
    memory = Memory()
    with registries.served(registries.image_answer({**MADE.blobs, **wrong.blobs}, {"1": MADE.manifest})) as source:
        image = box.images.pull(f"{source.address}/a:1")
        sources = Sources(box.engine.db)
        shutil.rmtree(f"{box.engine.paths.blobs}/tar-split")  # the layer's own files are asked before any registry
        for one in MADE.layers:
            blob = wrong.blobs[wrong.layers[0]]
            kind = f"{imagebuild.OCI_LAYER}+gzip"
            for diff_id in {imagebuild.digest(layer(member(name, data))) for name, data in (("a", b"1"), ("b", b"2"))}:
                sources.add(diff_id, Source(wrong.layers[0], len(blob), kind, f"{source.address}/{one[7:12]}"))
        with registries.served(memory) as stub:
            done = pushing.push(bench(box), image.id, reference.parse(f"{stub.address}/b:1"), "zstd")
    assert manifest.parse(memory.blobs[done.digest]).config.digest == MADE.config
