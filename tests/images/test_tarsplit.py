"""A layer's tar is made again to the byte from its files and its tar-split; where it cannot be, hull says so."""

import base64
import gzip
import io
import json
import os
import subprocess
import tarfile

import pytest
from hull import config
from hull.commands.save import save
from hull.images import pushing, reference, tars, tarsplit
from hull.images.pushing_layers import Bench
from hull.state.sources import Sources

from tests import imagebuild, registries
from tests.imagebuild import directory, hardlink, layer, member, symlink
from tests.imagestore import box  # noqa: F401 (a fixture)
from tests.registries import Memory

pytestmark = pytest.mark.real
END = bytes(1024)
PLAIN = (directory("d", 0o750, uid=3, gid=4), member("d/f", b"1" * 70_000, mode=0o4755, uid=5), member("z", b""))
ODD = {
    "plain": layer(*PLAIN),
    "links": layer(*PLAIN, symlink("l", "/d"), member("l/in", b"2" * 600), hardlink("h", "d/f"), hardlink("z2", "z")),
    "whiteouts with content": layer(*PLAIN, member("d/.wh.gone", b"3" * 700), member(".wh..wh.plnk", b"4" * 9)),
    "an unknown type with content": layer(member("u", b"5" * 1300, kind="R"), *PLAIN, member("c", b"", kind="3")),
    "names": layer(member("./a//b/../c", b"6" * 513), member("p", pax={"path": b"n/" * 99 + b"m", "comment": b"x"})),
    "old magic": layer(member("a", b"8", magic=b"ustar  \0"), member("7", b"9" * 512, kind="7")),
    "a tail": layer(*PLAIN) + END + b"what follows the end" * 50,
    "no end": b"".join(PLAIN),
    "nothing": b"",
    "an unmapped owner": layer(member("o", b"1", uid=3_000_000_000)),
    "attributes": layer(member("x", b"2", pax={"SCHILY.xattr.user.a": b"v"})),
}  # fmt: skip


def load(box, *layers, name="a:1"):  # noqa: F811
    """Load an image of layers from an archive: no registry is known to have them."""
    made = imagebuild.image(*layers)
    with open(f"{box.base}/archive", "wb") as file:
        file.write(imagebuild.docker_archive(made, name))
    box.images.load(f"{box.base}/archive")
    os.unlink(f"{box.base}/archive")
    return made


def again(box, data):  # noqa: F811
    """Return the tars that a layer's directory gives, the very one first."""
    ways = tars.ways(box.engine.paths, box.images.rows, box.engine.confine, [imagebuild.digest(data)])
    return [b"".join(tar) for _, tar in ways]


def said(box, text):  # noqa: F811
    return any(text in event.text for event in box.events)


@pytest.mark.parametrize("name", ODD)
def test_the_very_tar(box, name):  # noqa: F811
    load(box, ODD[name])
    assert again(box, ODD[name])[0] == ODD[name]


@pytest.mark.parametrize("form", ["gnu", "posix 0.0", "posix 0.1", "posix 1.0"])
def test_the_very_tar_of_sparse_files(box, tmp_path, form):  # noqa: F811
    with open(tmp_path / "s", "wb") as file:
        for place in (0, 200_000, 900_000):
            file.seek(place)
            file.write(b"data" * 1500)
        file.truncate(1_500_000)
    (tmp_path / "after").write_bytes(b"x" * 1000)
    kind, _, version = form.partition(" ")
    words = [f"--format={kind}", *([f"--sparse-version={version}"] if version else [])]
    argv = ["tar", "-C", str(tmp_path), "-cS", *words, "s", "after"]
    data = subprocess.run(argv, capture_output=True, check=True).stdout
    assert len(data) < 100_000, "tar found the holes"
    load(box, data)
    assert again(box, data)[0] == data


def test_a_save_gives_the_layers_that_were_loaded(box):  # noqa: F811
    data = layer(*(member(f"d{n % 7}/f{n}", bytes([n % 256]) * (n % 3000), uid=n) for n in range(1000)))
    made = load(box, data, ODD["links"])
    path = f"{box.engine.paths.blobs}/tar-split/{imagebuild.digest(data)[7:]}"
    assert os.path.getsize(path) < 60_000
    with gzip.open(path) as file:
        assert len(file.read()) == len(data) - sum(-(-(n % 3000) // 512) * 512 for n in range(1000))
    assert again(box, data)[0] == data
    save(box.engine, ("a:1",), output=f"{box.base}/out")
    with tarfile.open(f"{box.base}/out") as archive:
        (item,) = json.load(archive.extractfile("manifest.json"))
        assert imagebuild.digest(archive.extractfile(item["Config"]).read()) == made.config
        assert [archive.extractfile(one).read() for one in item["Layers"]] == [data, ODD["links"]]


def test_a_push_keeps_the_images_id(box):  # noqa: F811
    made = load(box, ODD["plain"], ODD["links"])
    memory = Memory()
    bench = Bench(
        box.engine.paths, box.images, Sources(box.engine.db), box.engine.confine, box.events.append,
        config.Settings("config.toml", {}),
    )  # fmt: skip
    with registries.served(memory) as stub:
        pushing.push(bench, made.config, reference.parse(f"{stub.address}/b:1"))
    document = json.loads(memory.blobs[memory.tags["1"]])
    assert document["config"]["digest"] == made.config
    assert [gzip.decompress(memory.blobs[one["digest"]]) for one in document["layers"]] == [ODD["plain"], ODD["links"]]
    assert not said(box, "packed again")


def lost(box, data):  # noqa: F811
    os.unlink(f"{box.engine.paths.blobs}/tar-split/{imagebuild.digest(data)[7:]}")


def cut(box, data):  # noqa: F811
    path = f"{box.engine.paths.blobs}/tar-split/{imagebuild.digest(data)[7:]}"
    os.truncate(path, os.path.getsize(path) // 2)


def other(box, _data):  # noqa: F811
    (found,) = box.images.resolve("a:1", "never").layers
    box.engine.confine(["/bin/sh", "-c", f"echo other > {found}/d/f"]).wait()


def fewer(box, _data):  # noqa: F811
    (found,) = box.images.resolve("a:1", "never").layers
    box.engine.confine(["/bin/rm", f"{found}/z"]).wait()


@pytest.mark.parametrize("hurt", [lost, cut, other, fewer])
def test_what_cannot_be_made_again_is_packed_and_said(box, hurt):  # noqa: F811
    made = load(box, ODD["plain"])
    hurt(box, ODD["plain"])
    save(box.engine, ("a:1",), output=f"{box.base}/out")
    with tarfile.open(f"{box.base}/out") as archive:
        (item,) = json.load(archive.extractfile("manifest.json"))
        text = archive.extractfile(item["Config"]).read()
        (found,) = item["Layers"]
        tar = archive.extractfile(found).read()
    assert imagebuild.digest(text) != made.config
    assert json.loads(text)["rootfs"]["diff_ids"] == [imagebuild.digest(tar)]
    with tarfile.open(fileobj=io.BytesIO(tar)) as packed:
        assert "d/f" in packed.getnames()
    assert said(box, "packed again")


def test_a_name_that_comes_twice_is_found_out(box):  # noqa: F811
    data = layer(member("a", b"first"), member("a", b"second"))
    load(box, data)
    assert again(box, data)[0] != data
    save(box.engine, ("a:1",), output=f"{box.base}/out")
    assert said(box, "packed again")
    with tarfile.open(f"{box.base}/out") as archive:
        (item,) = json.load(archive.extractfile("manifest.json"))
        with tarfile.open(fileobj=archive.extractfile(item["Layers"][0])) as packed:
            assert packed.getnames() == ["a"], "not what could not be made again, half right"


def test_a_last_block_that_is_not_filled_with_zeros_is_found_out(box):  # noqa: F811
    data = bytearray(layer(member("a", b"1"), member("b", b"2")))
    data[512 + 100] = 1
    load(box, bytes(data))
    assert again(box, bytes(data))[0] != data
    save(box.engine, ("a:1",), output=f"{box.base}/out")
    assert said(box, "packed again")


def test_a_split_goes_with_its_layer(box):  # noqa: F811
    load(box, ODD["plain"], name="a:1")
    load(box, ODD["plain"], ODD["links"], name="b:1")
    place = f"{box.engine.paths.blobs}/tar-split"
    assert sorted(os.listdir(place)) == sorted(imagebuild.digest(ODD[name])[7:] for name in ("plain", "links"))
    box.images.remove("b:1")
    assert os.listdir(place) == [imagebuild.digest(ODD["plain"])[7:]]


def test_another_id_map_gets_it_as_it_came(box):  # noqa: F811
    data = ODD["plain"]
    load(box, data)
    box.images.resolve("a:1", "never", flavour="single")
    (row,) = [one for one in box.images.rows.layers() if one.flavour == "single"]
    directory = f"{box.engine.paths.layers('single')}/{row.directory}"
    ways = tars.of(box.engine.paths, box.engine.confine, "single", directory, row.diff_id)
    assert b"".join(next(ways)[1]) == data


def test_a_split_that_becomes_too_large_is_none(monkeypatch):
    monkeypatch.setattr(tarsplit, "MOST", 10_000)
    small, large = tarsplit.Tape(), tarsplit.Tape()
    for tape, size in ((small, 900), (large, 90_000)):
        for _ in range(10):
            tape.append(os.urandom(size))
            tape.flush()
    assert len(gzip.decompress(base64.b64decode(small.text()))) == 9000
    assert large.text() == ""
