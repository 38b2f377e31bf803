"""The parcel: what goes in comes out, what is damaged or made to deceive is refused, nothing that came is run."""

import ast
import collections
import datetime as dt
import decimal
import fractions
import json
import math
import mmap
import os
import pathlib
import random
import sys
import threading
import types
import uuid
import zoneinfo

import pytest
from hull.values import boot
from hull.values.inside.cell import pack
from hull.values.inside.layout import HEADER, MAPPED, Cannot, Damaged, open_parcel
from hull.values.inside.unpacking import Unpacker

from tests.fuzz.loop import mutant
from tests.fuzz.values import seeds, target

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
VALUES = [
    None, True, -5, 2**62, -(2**63), 2**200, 10**5000, 1.5, -0.0, math.inf, "ä", "\ud800", b"x", bytearray(b"yy"),
    1 + 2j,
    range(1, 9, 2), slice(1, None), ..., [], (), {}, set(), [1, [2]], (1, (2, [3])), {1: 2, "a": (1,), None: []},
    {1, 2}, frozenset({1, (2,)}), collections.OrderedDict(b=1, a=[2]),
    dt.datetime(2020, 10, 25, 2, 30, tzinfo=BERLIN, fold=1),
    dt.datetime(1, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None), dt.date(9999, 1, 2),
    dt.time(3, 4, 5, 6, tzinfo=dt.UTC), dt.timedelta(-3, 1, 5), BERLIN,
    dt.timezone(dt.timedelta(hours=2)), dt.timezone(dt.timedelta(hours=2), "X"),
    decimal.Decimal("1.10"), fractions.Fraction(-1, 3), uuid.UUID(int=7), pathlib.Path("/x"),
    pathlib.PurePosixPath("y"),
    list(range(100)), [2**70] * 50, [10**5000, *range(40)], [i / 7 for i in range(100)], [True] * 40, [1, True] * 20,
    [1, 1.0] * 20, ["a", None] * 20, [{"a": i, "b": "x"} for i in range(50)], {str(i): i for i in range(60)},
    [{"a": (i,)} for i in range(50)], [{1: i} for i in range(50)], {i: i for i in range(60)},
]  # fmt: skip


def parcel(value, *, pickles=False):
    """Return a file with one value, `v`."""
    fd = os.memfd_create("parcel")
    pack(fd, {}, {"v": value}, pickles)
    return fd


def opened(fd, *, trusted=False):
    try:
        return Unpacker(open_parcel(fd), trusted).values()["v"]
    finally:
        os.close(fd)


def there_and_back(value):
    return opened(parcel(value))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value):
    back = there_and_back(value)
    assert type(back) is type(value)
    assert back == value
    if isinstance(value, list | tuple):
        assert list(map(type, back)) == list(map(type, value))


def test_what_equality_does_not_see():
    assert math.isnan(there_and_back(math.nan))
    assert math.copysign(1, there_and_back(-0.0)) == -1
    assert there_and_back(decimal.Decimal("NaN")).is_nan()
    assert there_and_back(dt.datetime(2020, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)).fold == 1
    assert list(there_and_back(collections.OrderedDict(b=1, a=2))) == ["b", "a"]
    assert bytes(there_and_back(memoryview(b"abcdef")[::2])) == b"ace"


def test_cycles_and_what_is_shared_are_kept():
    inner: list[object] = []
    inner.append((inner, {"self": inner}))
    back = there_and_back(inner)
    assert back[0][0] is back
    assert back[0][1]["self"] is back
    shared = [1]
    back = there_and_back([shared, shared])
    back[0].append(2)
    assert back[1] == [1, 2]
    records = [{"a": 1}] * 50
    back = there_and_back(records)
    assert all(record is back[0] for record in back)


def test_depth_is_no_limit():
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    back, depth = there_and_back(deep), 0
    while back:
        back, depth = back[0], depth + 1
    assert depth == 50_000


def test_what_came_can_be_changed_and_a_second_reader_does_not_see_it():
    fd = parcel(bytearray(2 * MAPPED))
    first, second = (Unpacker(open_parcel(fd)).buffer(0) for _ in range(2))
    first[5] = 1
    assert second[5] == 0
    os.close(fd)


def test_a_mapped_parcel_leaves_no_descriptor():
    before = set(os.listdir("/proc/self/fd"))
    value = there_and_back(bytearray(100))
    assert len(value) == 100
    assert set(os.listdir("/proc/self/fd")) == before


class Local:
    def __init__(self, inner=None):
        self.inner = inner


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (Local(), "v", f"{__name__}.Local"),
        ({"a": [1, lambda: 1]}, "v['a'][1]", "function"),
        ([threading.Lock()], "v[0]", "_thread.lock"),
        (type("Sub", (list,), {})(), "v", f"{__name__}.Sub"),
        (types.SimpleNamespace(), "v", "types.SimpleNamespace"),
    ],
    ids=["instance", "function", "lock", "subclass", "namespace"],
)
def test_what_no_node_says_is_named_with_its_place(value, path, kind):
    with pytest.raises(Cannot) as found:
        parcel(value)
    assert (found.value.path, found.value.kind) == (path, kind)


@pytest.mark.parametrize(
    ("value", "kind", "hint"),
    [
        ((i for i in ()), "generator", "list("),
        (sys.__stderr__, "TextIOWrapper", ".read()"),
        (threading.Lock(), "lock", "one"),
    ],
    ids=["generator", "file", "lock"],
)  # fmt: skip
def test_what_cannot_be_pickled_is_named_with_what_to_do(value, kind, hint):
    fd = os.memfd_create("parcel")
    with pytest.raises(Cannot) as found:
        pack(fd, {}, {"fine": 1, "bad": value}, True)
    os.close(fd)
    assert (found.value.path, found.value.kind) == ("bad", kind)
    assert hint in found.value.hint


def test_a_pickle_is_taken_from_whom_one_trusts_only():
    value = types.SimpleNamespace(a=[1])
    assert opened(parcel(value, pickles=True), trusted=True) == value
    with pytest.raises(Damaged, match="pickle"):
        opened(parcel(value, pickles=True))


class Bomb:
    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_nothing_that_came_is_run(tmp_path):
    bomb = Bomb()
    bomb.path = str(tmp_path / "run")
    fd = parcel([bomb], pickles=True)
    with pytest.raises(Damaged):
        opened(os.dup(fd))
    assert not (tmp_path / "run").exists()
    opened(fd, trusted=True)
    assert (tmp_path / "run").exists()


def forged(nodes, values, buffers=(), data=b"", **header):
    """Return a file whose index says this; `header` and `order` replace what is right."""
    root = {"about": {}, "values": values}
    index = {"order": header.get("order", "little"), "buffers": buffers, "nodes": nodes, "root": root}
    text, start = json.dumps(index).encode(), 64 + len(data)
    right = HEADER.pack(b"hullval1", start, len(text), start + len(text))
    fd = os.memfd_create("forged")
    os.write(fd, header.get("header", right).ljust(64, b"\0") + data + text)
    return fd


@pytest.mark.parametrize(
    "fields",
    [
        {"nodes": [["tuple", [0]]]},
        {"nodes": [["dict", ["v"], [1]], ["tuple", [1]]]},
        {"nodes": [["nothing"]]}, {"nodes": [[]]}, {"nodes": [None]}, {"nodes": [["list", 5]]}, {"nodes": {"0": 1}},
        {"nodes": [["dict", ["v", "w"], ["x"]]]}, {"nodes": [["dict", [1], ["x"]], ["list", []]]},
        {"nodes": [["dict", ["v"], [7]]]},
        {"nodes": [["dict", ["v"], [-1]]]},
        {"nodes": [["dict", ["v"], [True]], []]},
        {"nodes": [["bytes", 0]]}, {"nodes": [["bytes", 0]], "buffers": [[0, 1 << 62]]},
        {"nodes": [["bytes", 0]], "buffers": [[-64, 5]]}, {"nodes": [["bytes", True]], "buffers": [[0, 5], [0, 5]]},
        {"nodes": [["bytes", 0]], "buffers": [[1 << 80, 5]]}, {"nodes": [["bytes", 0]], "buffers": [5]},
        {"nodes": [["numbers", "q", 0]], "buffers": [[64, 7]], "data": b"1234567"},
        {"nodes": [["numbers", "b", 0]], "buffers": [[64, 8]], "data": b"12345678"},
        {"nodes": [["json", 0]], "buffers": [[64, 9]], "data": b"[[[[[[[[["},
        {"nodes": [["int", "0x" + "f" * (1 << 24)]]},
        {"nodes": [["zone", "../../etc/passwd"]]},
        {"nodes": [["decimal", [1]]]},
        {"nodes": [["datetime", [1], ["none"], 0]]},
        {"nodes": [["pickle", 0, []]], "buffers": [[64, 4]], "data": b"N.N."},
        {"nodes": [["list", []]], "order": "big"}, {"nodes": [], "values": None}, {"nodes": [], "values": ["v"]},
        {"nodes": [], "header": b"x" * 32}, {"nodes": [], "header": HEADER.pack(b"hullval1", 1 << 63, 1 << 63, 64)},
        {"nodes": [], "header": b""},
        {"nodes": [], "values": {"v": 0}},
        {"nodes": [["list", []]], "values": {"v": [2, 3]}},
    ],
    ids=lambda fields: str(fields)[:40],
)  # fmt: skip
def test_what_deceives_is_damaged(fields):
    with pytest.raises(Damaged):
        opened(forged(**{"values": {"v": 0}, **fields}))


def test_a_well_formed_forgery_passes():
    """So that the ones above are refused for what is wrong with them."""
    assert opened(forged([["tuple", [1, "x"]], ["bytes", 0]], {"v": 0}, [[64, 3]], b"abc")) == (b"abc", "x")


def test_changed_bytes_are_a_value_or_damaged():
    source, given = random.Random(6), seeds()
    for _ in range(3000):
        target(mutant(source, given))


def test_a_parcel_that_was_cut_is_damaged():
    fd = parcel(bytearray(100))
    whole = os.pread(fd, 1 << 20, 0)
    os.close(fd)
    for size in range(len(whole)):
        fd = os.memfd_create("cut")
        os.write(fd, whole[:size])
        with pytest.raises(Damaged):
            opened(fd)


@pytest.mark.parametrize("name", boot.FILES)
def test_the_files_for_the_inside_are_what_old_pythons_take(name):
    """Their syntax is 3.6's, they import each other by the whole name and at their top."""
    path = os.path.join(os.path.dirname(boot.__file__), "inside", f"{name}.py")
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read(), feature_version=(3, 6))
    inner = [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hull")
    ]
    assert all(node in tree.body for node in inner)
    known = boot.FILES[: boot.FILES.index(name)]
    assert {node.module for node in inner} <= {f"hull.values.inside.{one}" for one in known}


def test_a_map_is_private_to_its_reader():
    fd = parcel(bytes(2 * MAPPED))
    view = open_parcel(fd).buffer(0)
    assert isinstance(view.obj, mmap.mmap)
    view[0] = 1
    assert Unpacker(open_parcel(fd)).values()["v"][0] == 0
    os.close(fd)
