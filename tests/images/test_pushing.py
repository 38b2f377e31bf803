"""The order of a push, and what is kept of a pull for it."""

import pytest
from hull import config
from hull.images import pushing, reference
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
