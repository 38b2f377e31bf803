import io
import json
import os
import subprocess

import pytest
from hull.errors import HullError, RegistryError, UserError

from tests import imagebuild
from tests.imagebuild import hardlink, layer, member, symlink

ONE = imagebuild.image(layer(member("a", b"1")), layer(member("b", b"2")))
ARCH = imagebuild.host_architecture()


def write(box, data):
    path = f"{box.base}/archive"
    with open(path, "wb") as file:
        file.write(data)
    return path


ARCHIVES = {
    "docker": lambda: imagebuild.docker_archive(ONE, "test/image:1"),
    "oci": lambda: imagebuild.oci_archive(ONE, "test/image:1"),
}


@pytest.mark.parametrize("kind", ["docker", "oci"])
@pytest.mark.parametrize("how", ["plain", "gzip", "zstd"])
def test_load_from_a_file(box, kind, how):
    assert box.images.load(write(box, imagebuild.compress(ARCHIVES[kind](), how))) == ["test/image:1"]
    found = box.images.resolve("test/image:1", "never")
    assert found.id == ONE.config
    assert [os.listdir(path) for path in found.layers] == [["a"], ["b"]]


@pytest.mark.parametrize("kind", ["docker", "oci"])
@pytest.mark.parametrize("how", ["plain", "gzip"])
def test_load_from_a_pipe(box, kind, how):
    writer = subprocess.Popen(["cat", write(box, imagebuild.compress(ARCHIVES[kind](), how))], stdout=subprocess.PIPE)
    assert box.images.load(writer.stdout) == ["test/image:1"]
    assert writer.wait() == 0
    assert os.listdir(box.engine.paths.scratch) == []


def test_load_from_memory(box):
    assert box.images.load(io.BytesIO(ARCHIVES["oci"]())) == ["test/image:1"]


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd"])
def test_the_layers_of_an_archive_may_be_compressed(box, how):
    made = imagebuild.image(layer(member("a", b"1")), how=how)
    assert box.images.load(write(box, imagebuild.docker_archive(made, "a:1", "b:2"))) == ["a:1", "b:2"]
    assert box.images.resolve("a:1", "never") == box.images.resolve("b:2", "never")._replace(reference="a:1")


def test_an_image_without_a_name_is_known_by_its_id(box):
    assert box.images.load(write(box, imagebuild.docker_archive(ONE))) == [ONE.config]
    assert box.images.load(write(box, imagebuild.oci_archive(ONE, "latest"))) == [ONE.config]


def test_old_archives_share_layers_by_links(box):
    same = layer(member("a"))
    made = imagebuild.image(same, same, how="plain")
    config = made.blobs[made.config]
    manifest = json.dumps(
        [{"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["x/layer.tar", "y/layer.tar"]}]
    ).encode()
    for again in (symlink("y/layer.tar", "../x/layer.tar"), hardlink("y/layer.tar", "x/layer.tar")):
        archive = layer(member("x/layer.tar", same), again, member("c.json", config), member("manifest.json", manifest))
        assert box.images.load(write(box, archive)) == ["a:1"]


def test_several_images_and_the_platform_of_each(box):
    other = imagebuild.image(layer(member("other")), architecture="riscv64")
    name = {"org.opencontainers.image.ref.name": "a:1"}
    body, blobs = imagebuild.index(
        (other, {"platform": {"os": "linux", "architecture": "riscv64"}, "annotations": name}),
        (ONE, {"platform": {"os": "linux", "architecture": ARCH}, "annotations": name}),
        (other, {"annotations": {"io.containerd.image.name": "docker.io/library/b:2"}}),
    )
    path = write(box, imagebuild.oci_layout(body, blobs))
    assert box.images.load(path) == ["a:1", "b:2"]
    assert box.images.resolve("a:1", "never").id == ONE.config


def test_an_index_within_the_layout(box):
    inner, blobs = imagebuild.index((ONE, {"platform": {"os": "linux", "architecture": ARCH}}))
    key = imagebuild.digest(inner)
    entry = {"mediaType": imagebuild.OCI_INDEX, "digest": key, "size": len(inner)}
    top = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    assert box.images.load(write(box, imagebuild.oci_layout(top, {**blobs, key: inner}))) == [ONE.config]


@pytest.mark.parametrize("data", [
    layer(), layer(member("x")), b"no archive at all", b"",
    layer(member("manifest.json", b"{}")), layer(member("manifest.json", b"[{}]")),
    layer(member("manifest.json", b"{")),
    layer(member("manifest.json", json.dumps([{"Config": "c", "Layers": ["l"]}]).encode())),
    layer(member("index.json", b'{"schemaVersion":2,"manifests":[]}')),
    layer(symlink("manifest.json", "manifest.json")), layer(symlink("manifest.json", "/etc/passwd")),
    layer(symlink("manifest.json", "../../../../etc/passwd")),
])  # fmt: skip
def test_what_is_no_image_is_refused(box, data):
    before = box.store_files()
    with pytest.raises(HullError) as caught:
        box.images.load(write(box, data))
    assert caught.value.hint
    assert box.store_files() == before


def test_a_damaged_layer_is_refused(box):
    before = box.store_files()
    blobs = {**ONE.blobs, ONE.layers[0]: ONE.blobs[ONE.layers[0]][:-1] + b"!"}
    with pytest.raises(RegistryError, match=r"does not match|decompress"):
        box.images.load(write(box, imagebuild.oci_archive(ONE._replace(blobs=blobs))))
    assert box.store_files() == before


def test_a_missing_file_is_named(box):
    with pytest.raises(UserError, match="no-such-file"):
        box.images.load(f"{box.base}/no-such-file")


@pytest.mark.parametrize("word", ["docker-archive", "oci-archive"])
def test_what_skopeo_writes(box, word):
    from tests.capabilities import missing

    if missing("program:skopeo"):
        pytest.skip(f"needs program:skopeo: {missing('program:skopeo')}")
    source = write(box, imagebuild.docker_archive(ONE, "x:1"))
    target = f"{box.base}/out.tar"
    words = ["skopeo", "--insecure-policy", "copy", f"docker-archive:{source}", f"{word}:{target}:test/image:1"]
    done = subprocess.run(words, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert box.images.load(target) == ["test/image:1"]
