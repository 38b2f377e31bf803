"""Arrays and frames come back equal, without a copy where there need be none, and never as bytes taken for objects."""

import datetime as dt
import os
import subprocess
import sys

import pytest

from tests.values.test_parcel import forged, opened, parcel, there_and_back

np = pytest.importorskip("numpy", reason="numpy is not installed")
from hull.values.inside.layout import MAPPED, Cannot, Damaged  # noqa: E402

GRID = np.arange(24.0).reshape(4, 6)
ARRAYS = {
    "plain": GRID,
    "turned": GRID.T,
    "strided": GRID[::2, 1::2],
    "backwards": GRID[::-1],
    "large and strided": np.arange(3_000_000.0).reshape(300, 1000, 10)[::2, :, ::3],
    "large rows": np.arange(6_000_000.0).reshape(2, 3_000_000)[:, ::2],
    "broadcast": np.broadcast_to(np.arange(3), (4, 3)),
    "empty": np.zeros((0, 3)),
    "no dimension": np.array(5),
    "records": np.zeros(3, [("a", "i4"), ("b", "f8", (2,)), ("c", [("d", "U3")])]),
    "aligned": np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    "days": np.array(["2020", "NaT"], "M8[D]"),
    "text": np.array(["x", "yyä"]),
    "bytes": np.array([b"x", b"yy"]),
    "big-endian": np.arange(5, dtype=">i4"),
    "complex": np.ones((2, 2), "c8", order="F"),
    "bool": np.array([True, False]),
    "half": np.ones(3, "f2"),
    "objects": np.array([[1, "a"], [None, (2,)]], object),
    "one object": np.array([[None]], object),
}
SCALARS = [
    np.float32(1.5),
    np.int8(-3),
    np.bool_(True),
    np.datetime64("2020-01-01T00:00:01"),
    np.str_("x"),
    np.complex64(1j),
]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back(name):
    value, back = ARRAYS[name], there_and_back(ARRAYS[name])
    assert type(back) is np.ndarray
    assert (back.dtype, back.shape) == (value.dtype, value.shape)
    assert back.tolist() == value.tolist() if back.dtype == object else back.tobytes() == value.tobytes()
    back.reshape(-1)[:1] = back.reshape(-1)[:1]  # it can be written


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: type(value).__name__)
def test_a_scalar_comes_back(value):
    back = there_and_back(value)
    assert (type(back), back) == (type(value), value)


def test_a_void_comes_back():
    back = there_and_back(np.zeros(2, [("a", "i4")])[1])
    assert back["a"] == 0


@pytest.mark.parametrize(
    "value",
    [np.zeros(2, [("a", "O")]), np.ma.masked_array([1], [True]), np.rec.array([(1,)])],
    ids=["field of objects", "masked", "recarray"],
)
def test_what_is_more_than_bytes_is_named(value):
    with pytest.raises(Cannot, match="numpy"):
        parcel(value)


@pytest.mark.parametrize(
    "node",
    [
        ["array", "|O8", [1], 0, False],
        ["array", {"names": ["a"], "formats": ["|O8"], "offsets": [0], "itemsize": 8}, [1], 0, False],
        ["array", {"base": "|O8", "shape": [1]}, [1], 0, False],
        ["array", "float64", [1], 0, False],
        ["array", "<f8", [2], 0, False],
        ["array", "<f8", [0], 0, False],
        ["array", "<f8", [-1], 0, False],
        ["array", "<f8", [1 << 61, 8], 0, False],
        ["array", "<f8,O", [1], 0, False],
        ["array", {"names": ["a"], "formats": ["<f8"], "offsets": [64], "itemsize": 8}, [1], 0, False],
        ["array", {"names": ["a"], "formats": ["<f8"], "offsets": [0], "itemsize": -8}, [1], 0, False],
        ["array", "<f8", [1] * 40, 0, False],
        ["scalar", "|T8", [], 0, False],
        ["objects", [1 << 40], 1],
        ["objects", [1], 2],
    ],
    ids=str,
)
def test_a_forged_array_is_damaged(node):
    with pytest.raises(Damaged):
        opened(forged([node, ["list", []], ["list", ["x", "y"]]], {"v": 0}, [[64, 8]], bytes(8)))


def test_many_references_to_an_array_are_one_array():
    array = np.ones(MAPPED)
    fd = parcel([array, {"again": array}])
    assert os.fstat(fd).st_size < 1.5 * array.nbytes
    back = opened(fd)
    assert back[0] is back[1]["again"]


PEAK = """
import os, numpy as np
from hull.values.inside.cell import pack
from hull.values.inside.layout import open_parcel
from hull.values.inside.unpacking import Unpacker
big = np.ones((1 << 27, 2), np.uint8)
def used():
    with open("/proc/self/status") as file:
        return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) << 10
def anew():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return used()
fd = os.memfd_create("p")
before = anew()
pack(fd, {}, {"v": big[:, 0]}, False)
packed = used() - before
before = anew()
back = Unpacker(open_parcel(fd)).values()["v"]
print(packed, used() - before, back.shape[0])
"""


def test_a_view_of_a_large_array_needs_no_memory_beside_the_parcel():
    """128 MiB, every second byte of 256: pieces are copied, never the whole."""
    done = subprocess.run([sys.executable, "-c", PEAK], check=True, capture_output=True, text=True, timeout=100)
    packed, opened_, size = map(int, done.stdout.split())
    assert size == 1 << 27
    assert packed < size // 4
    assert opened_ < size // 4


def frames(pd):
    day = dt.UTC
    mixed = pd.DataFrame(
        {
            "a": [1, 2, 3],
            "b": ["x", None, "y"],
            "c": pd.Categorical(["u", "v", "u"], ordered=True),
            "d": pd.date_range("2020", periods=3, tz="Europe/Berlin"),
            "e": pd.array([1, None, 3], dtype="Int64"),
            "f": [1.0, 2, float("nan")],
            "g": [[1], 2, "z"],
            "h": pd.array([True, None, False], dtype="boolean"),
            "i": pd.to_timedelta([1, 2, 3], unit="s"),
            "j": pd.array(["a", None, "c"], dtype="string"),
            "k": pd.array([1.5, None, 2], dtype="Float32"),
        }
    )
    mixed.attrs["from"] = "here"
    twice = pd.DataFrame(GRID, columns=list("abcaef"))
    return {
        "mixed": mixed,
        "one block": pd.DataFrame(GRID),
        "same names": twice,
        "two levels": mixed.set_index(["a", "b"]),
        "nothing": pd.DataFrame(),
        "no rows": pd.DataFrame({"x": []}),
        "rows": mixed.iloc[::2],
        "days": mixed.set_index("d"),
        "turned": pd.DataFrame(GRID).T,
        "frequent": pd.DataFrame({"q": range(3)}, index=pd.date_range("2020", periods=3, freq="D", tz=day)),
        "named": pd.DataFrame({"q": [1]}, index=pd.Index(["r"], name="n")),
    }


def test_frames_come_back():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    for name, value in frames(pd).items():
        back = there_and_back(value)
        pd.testing.assert_frame_equal(back, value, obj=name)
        assert back.attrs == value.attrs
        assert getattr(back.index, "freq", None) == getattr(value.index, "freq", None), name


def test_columns_and_moments_come_back():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    mixed = frames(pd)["mixed"]
    for name in mixed:
        pd.testing.assert_series_equal(there_and_back(mixed[name]), mixed[name])
    moment = pd.Timestamp("2020-10-25 12:30:00.000000007", tz="Europe/Berlin")
    for value in (moment, pd.Timestamp("2020"), pd.Timedelta(5)):
        back = there_and_back(value)
        assert (type(back), back, getattr(back, "tz", None)) == (type(value), value, getattr(value, "tz", None))
    back = there_and_back([pd.NaT, pd.NA])
    assert (back[0] is pd.NaT, back[1] is pd.NA) == (True, True)


EMPTY = ["array", "<i8", [0], 1, False]


@pytest.mark.parametrize(
    "nodes",
    [
        [["moment", "Timestamp", 1, None], ["list", ["2020"]]],
        [["moment", "eval", "1", None]],
        [["zoned", 1, "Europe/Berlin"], ["array", "<M8[s]", [1], 0, False]],
        [["zoned", 1, None], ["objects", [1], 2], ["list", ["2020"]]],
        [["multiindex", 1, 1, 1], ["list", [2]], ["list", [["none"]]]],
        [["columns", 1, 1, 1, [1]], ["list", []]],
        [["categorical", 1, 2, True], ["array", "<i8", [1], 0, False], ["index", 3, None, None], EMPTY],
    ],
    ids=["text for a moment", "a function", "a zone's name", "text for moments", "levels", "labels", "codes"],
)
def test_a_forged_frame_is_damaged(nodes):
    pytest.importorskip("pandas", reason="pandas is not installed")
    with pytest.raises(Damaged):
        opened(forged(nodes, {"v": 0}, [[64, 8], [64, 0]], bytes(8)))


def test_a_large_frame_is_not_copied():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    back = there_and_back(pd.DataFrame(np.ones((MAPPED, 2))))
    assert not back.to_numpy(copy=False).flags.owndata


def test_a_frame_of_what_pandas_alone_knows_is_named():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    with pytest.raises(Cannot, match="PeriodArray"):
        parcel(pd.DataFrame({"p": pd.period_range("2020", periods=2)}))


def test_tables_of_arrow_and_polars_come_back():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    assert there_and_back(table).equals(table)
    assert there_and_back(table.to_batches()[0]).equals(table.to_batches()[0])


def test_tables_of_polars_come_back():
    pl = pytest.importorskip("polars", reason="polars is not installed")
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert there_and_back(frame).equals(frame)
    assert there_and_back(frame["b"]).equals(frame["b"])


def test_images_come_back():
    images = pytest.importorskip("PIL.Image", reason="PIL is not installed")
    image = images.new("RGB", (3, 2), (1, 2, 3))
    back = there_and_back(image)
    assert (back.mode, back.size, back.tobytes()) == (image.mode, image.size, image.tobytes())


def test_tensors_come_back():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    for kind in (torch.float32, torch.bfloat16, torch.bool):
        value = torch.ones(3, dtype=kind)
        assert torch.equal(there_and_back(value), value)
