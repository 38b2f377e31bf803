"""What was moved is told by content; nothing is read that no size asks for."""

from hull.trials import renames

from tests.trials.making import Contents, change, changes_of, entry


def moved(changes, contents):
    return {one.path: one.renamed for one in renames.found(changes, lambda: contents) if one.renamed}


def test_a_file_of_the_same_content_was_moved():
    changes, contents = changes_of(
        {"/a": b"one", "/b": b"two", "/same/x": b"11", "/other/x": b"11"},
        {"/c": b"one", "/d": b"TWO", "/new/x": b"11", "/e": b"one"},
    )
    assert moved(changes, contents) == {"/c": "/a", "/new/x": "/other/x"}


def test_both_sides_stay_in_the_list():
    changes, contents = changes_of({"/a": b"one"}, {"/b": b"one"})
    assert [(one.kind, one.path) for one in renames.found(changes, lambda: contents)] == [
        ("removed", "/a"), ("added", "/b"),
    ]  # fmt: skip


def test_nothing_is_read_where_no_size_is_the_same():
    changes, _ = changes_of({"/a": b"one"}, {"/b": b"longer"})
    assert renames.found(changes, lambda: 1 / 0) == changes


def test_an_empty_file_is_anything():
    changes, contents = changes_of({"/a": b""}, {"/b": b""})
    assert moved(changes, contents) == {}


def tree(top, names):
    return [change(top, None, entry("directory")), *(change(f"{top}/{n}", None, entry(size=len(n))) for n in names)]


def test_a_directory_most_of_whose_files_were_elsewhere_was_moved():
    names = ["a", "bb", "ccc", "dddd"]
    old = {f"/old/{name}": name.encode() for name in names}
    new = {f"/new/{name}": name.encode() for name in names} | {"/new/dddd": b"DDDD"}
    gone = change("/old", entry("directory"), None)
    changes = [*tree("/new", names), gone]
    assert moved(changes, Contents(old, new)) == {"/new": "/old", **{f"/new/{n}": f"/old/{n}" for n in names[:3]}}


def test_a_directory_of_other_files_was_not():
    names = ["a", "bb", "ccc", "dddd"]
    new = {f"/new/{name}": name.encode() for name in names}
    gone = change("/old", entry("directory"), None)
    assert moved([*tree("/new", names), gone], Contents({"/old/a": b"a"}, new)) == {}


def test_pairs_of_directories_are_bounded(monkeypatch):
    asked = []
    monkeypatch.setattr(renames, "_unlike", lambda old, new: asked.append(old) or old != new)
    gone = [change(f"/old{n}", entry("directory"), None) for n in range(50)]
    made = [one for n in range(300) for one in tree(f"/new{n:03}", ["a"])]
    assert moved([*made, *gone], Contents({}, {f"/new{n:03}/a": b"a" for n in range(300)})) == {}
    assert len(asked) == 300, "each directory that went beyond the bound costs a sort of all that came"


def test_reading_is_bounded(monkeypatch):
    monkeypatch.setattr(renames, "MOST_BYTES", 10)
    changes, contents = changes_of({"/a": b"x" * 9, "/b": b"y" * 9}, {"/c": b"x" * 9, "/d": b"y" * 9})
    assert moved(changes, contents) == {}
