"""A layer that takes something from those below is another one over others; all others are one, whatever is below."""

import os
import sqlite3

import pytest
from hull.images import checking
from hull.state import chains
from hull.state.db import Database
from hull.state.images import Images, LayerRecord, matching
from hull.state.schema import MIGRATIONS

from tests import imagebuild, registries
from tests.imagebuild import digest, directory, hardlink, layer, member
from tests.imagestore import Tree, box  # noqa: F401 (a fixture)

LOWERS = [layer(directory("d", 0o700 + n, uid=n), member("d/f", b"%d" % n, uid=n)) for n in (1, 2)]
OTHER = layer(member("o"))
ASKS = layer(member("d/new", b"x"), hardlink("h", "d/f"))
GETS_NOTHING = layer(member("deep/er/f", b"y"))
PLAIN = layer(directory("d"), member("d/x"))


def load(box, name, *layers):  # noqa: F811
    made = imagebuild.image(*layers)
    with open(f"{box.base}/archive", "wb") as file:
        file.write(imagebuild.docker_archive(made, name))
    box.images.load(f"{box.base}/archive")
    return made


def rows(box, data):  # noqa: F811
    return [one for one in box.images.rows.layers() if one.diff_id == digest(data)]


def top(box, name):  # noqa: F811
    return Tree(box.engine, "range", [box.images.resolve(name, "never").layers[-1]])


def test_chain_ids_are_those_of_the_specification():
    one, two, three = (digest(name) for name in (b"1", b"2", b"3"))
    pair = digest(f"{one} {two}".encode())
    assert chains.of([one, two, three]) == {one: one, two: pair, three: digest(f"{pair} {three}".encode())}
    assert chains.effective([one, two, one]) == [two, one]
    assert chains.of([one, two, one]) == chains.of([two, one])


def test_a_layer_of_its_chain_is_found_before_one_of_any():
    one, two = digest(b"1"), digest(b"2")
    mine = LayerRecord(two, "range", "a", 1, "{}", chain=chains.of([one, two])[two])
    others = LayerRecord(two, "range", "b", 1, "{}", chain="sha256:other")
    plain = LayerRecord(two, "range", "c", 1, "{}")
    assert matching([mine, others, plain], [one, two]) == {two: mine}
    assert matching([others, plain], [one, two]) == {two: plain}
    assert matching([others], [one, two]) == {}


def test_a_database_of_before_keeps_its_layers(tmp_path):
    path = str(tmp_path / "hull.db")
    before = next(n for n, text in enumerate(MIGRATIONS) if "CREATE TABLE chained" in text)
    connection = sqlite3.connect(path)
    for text in MIGRATIONS[:before]:
        connection.executescript(text)
    connection.execute("INSERT INTO layers VALUES ('sha256:1', 'range', 'dir', 5, '{}', 'm', 't')")
    connection.execute(f"PRAGMA user_version = {before}")
    connection.commit()
    connection.close()
    db = Database(path)
    assert db.rows("SELECT * FROM layers") == [("sha256:1", "range", "dir", 5, "{}", "m", "t", "")]
    db.close()


@pytest.mark.real
def test_what_is_taken_from_below_is_that_of_ones_own_image(box):  # noqa: F811
    for n, lower in enumerate(LOWERS, 1):
        load(box, f"a:{n}", lower, ASKS)
    load(box, "a:3", OTHER, LOWERS[0], ASKS)
    for n, lower in ((1, 1), (2, 2), (3, 1)):
        tree = top(box, f"a:{n}")
        assert tree.stat("d") == ("directory", 0o700 + lower, lower, 0)
        assert tree.read("h") == str(lower)
        assert tree.stat("h")[2] == lower
    assert len(rows(box, ASKS)) == len({row.directory for row in rows(box, ASKS)}) == 3
    load(box, "b:1", LOWERS[0], ASKS, PLAIN)
    assert len(rows(box, ASKS)) == 3, "the same chain is the same layer"
    flavours = box.images.resolve("a:2", "never", flavour="single")
    assert Tree(box.engine, "single", [flavours.layers[-1]]).read("h") == "2"


@pytest.mark.real
def test_what_asks_nothing_or_gets_nothing_is_one_directory(box):  # noqa: F811
    for n, lower in enumerate(LOWERS, 1):
        load(box, f"a:{n}", lower, GETS_NOTHING, PLAIN)
    assert len({row.directory for row in rows(box, GETS_NOTHING)}) == 1
    assert len(rows(box, GETS_NOTHING)) == 2
    assert [row.chain for row in rows(box, PLAIN)] == [""]
    box.images.remove("a:1")
    assert len(rows(box, GETS_NOTHING)) == 1
    assert Tree(box.engine, "range", [box.images.resolve("a:2", "never").layers[1]]).read("deep/er/f") == "y"
    load(box, "a:3", layer(directory("deep", 0o711, uid=5)), GETS_NOTHING)
    assert Tree(box.engine, "range", [box.images.resolve("a:3", "never").layers[1]]).stat("deep")[1:3] == (0o711, 5)
    assert Tree(box.engine, "range", [box.images.resolve("a:2", "never").layers[1]]).stat("deep")[2] == 0


def test_one_of_two_chains_is_proven_alone(tmp_path):
    rows = Images(Database(f"{tmp_path}/db"))
    mine, other = (LayerRecord(digest(b"2"), "range", name, 1, "{}", "boot", chain=name) for name in ("a", "b"))
    for row in (mine, other):
        rows.add_layer(row)
    rows.proven(mine, "the tree")
    assert {row.chain: (row.mark, row.tree) for row in rows.layers()} == {"a": ("", "the tree"), "b": ("boot", "")}


@pytest.mark.real
def test_a_chain_goes_with_its_last_image(box):  # noqa: F811
    for n, lower in enumerate(LOWERS, 1):
        load(box, f"a:{n}", lower, ASKS)
    gone = os.path.basename(box.images.resolve("a:1", "never").layers[-1])
    box.images.remove("a:1")
    assert gone not in os.listdir(box.engine.paths.layers("range"))
    assert top(box, "a:2").read("h") == "2"


@pytest.mark.real
def test_each_is_saved_mended_and_looked_for_as_its_images(box):  # noqa: F811
    made = [imagebuild.image(lower, ASKS) for lower in LOWERS]
    blobs = made[0].blobs | made[1].blobs
    with registries.served(registries.image_answer(blobs, {"1": made[0].manifest, "2": made[1].manifest})) as stub:
        names = [f"{stub.address}/a:{n}" for n in (1, 2)]
        for name in names:
            box.images.pull(name)
        checker = checking.Checker(box.images, box.engine.paths, box.engine.confine, box.events.append)
        assert checker.problems() == []
        chain = chains.of([digest(LOWERS[0]), digest(ASKS)])[digest(ASKS)]
        (layer_one,) = [row for row in rows(box, ASKS) if row.chain == chain]
        box.images.rows.forget_layer(layer_one)
        found = checker.problems()
        assert [(one.kind, one.key, one.images) for one in found] == [("layer", digest(ASKS), (made[0].config,))]
        box.images.resolve(names[0])
    ways = box.images.tars([digest(LOWERS[1]), digest(ASKS)])
    assert b"".join(next(ways)[1]) == ASKS
    assert top(box, names[0]).read("h") == "1"
    assert top(box, names[1]).read("h") == "2"
