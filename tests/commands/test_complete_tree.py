"""Files of layers seen without a mount: merged as overlayfs does, and nothing in them leads to this machine."""

import os

import pytest
from hull.commands._complete_tree import Tree


@pytest.fixture
def layers(tmp_path):
    """Give a function that makes the next layer of a dict: a string is a file, None a removed name, a tuple a link."""
    made = []

    def make(tree, base=None):
        top = base is None
        base = base or tmp_path / f"layer{len(made)}"
        base.mkdir(exist_ok=True)
        for name, what in tree.items():
            path = base / name
            if isinstance(what, dict):
                make(what, path)
            elif isinstance(what, tuple):
                path.symlink_to(what[0])
            elif what is None:
                os.mknod(path, 0o020000, 0)
            else:
                path.write_text(what)
        if top:
            made.append(str(base))
        return Tree(tuple(made))

    return make


def names(tree, path):
    return sorted(one.name for one in tree.entries(path))


def test_upper_over_lower(layers):
    layers({"etc": {"a": "1", "b": "1"}, "opt": {"x": ""}})
    tree = layers({"etc": {"b": "2", "c": "2"}})
    assert names(tree, "/") == ["etc", "opt"]
    assert names(tree, "/etc") == ["a", "b", "c"]
    assert tree.read("/etc/b") == b"2"
    assert tree.read("/etc/a") == b"1"
    assert names(tree, "/nothing") == names(tree, "/etc/a") == []


def test_what_was_removed_is_gone(layers):
    layers({"etc": {"a": "1", "sub": {"x": ""}}, "opt": {"y": ""}})
    tree = layers({"etc": {"a": None, "sub": None}, "opt": None})
    assert names(tree, "/") == ["etc"]
    assert names(tree, "/etc") == []
    assert names(tree, "/opt") == names(tree, "/etc/sub") == []
    assert tree.read("/etc/a") == b""
    assert tree.kind("/etc/a") == ""


def test_an_opaque_directory_hides_what_is_below(layers, tmp_path):
    layers({"etc": {"a": "1"}})
    tree = layers({"etc": {"b": "1"}})
    os.setxattr(tmp_path / "layer1/etc", "user.overlay.opaque", b"y")
    assert names(tree, "/etc") == ["b"]


def test_a_file_or_a_link_over_a_directory_hides_it(layers):
    layers({"a": {"x": ""}, "b": {"y": ""}, "c": "file"})
    tree = layers({"a": "file", "b": ("a",), "c": {"z": ""}})
    assert names(tree, "/a") == names(tree, "/b") == []
    assert names(tree, "/c") == ["z"]


def test_links_are_read_inside(layers, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("the host's")
    layers({"usr": {"bin": {"sh": "#!"}}, "bin": ("usr/bin",), "tmp": {}})
    tree = layers(
        {
            "abs": ("/usr",),
            "out": (str(tmp_path / "secret"),),
            "up": ("../../../../../../../../etc",),
            "key": (str(tmp_path / "secret/key"),),
            "loop": ("loop",),
            "a": ("b",),
            "b": ("a",),
        }
    )
    assert names(tree, "/bin") == names(tree, "/abs/bin") == ["sh"]
    assert tree.place("/abs/bin/../bin") == "/usr/bin"
    assert names(tree, "/out") == names(tree, "/up") == names(tree, "/loop") == names(tree, "/a/x") == []
    assert tree.read("/key") == tree.read("/loop") == tree.read("/a") == b""
    assert tree.kind("/bin") == "directory"
    assert tree.kind("/out") == ""
    assert names(tree, "/../..") == sorted(("usr", "bin", "tmp", "abs", "out", "up", "key", "loop", "a", "b"))


def test_pipes_are_never_opened(layers, tmp_path):
    tree = layers({"etc": {}})
    os.mkfifo(tmp_path / "layer0/etc/passwd")
    assert tree.read("/etc/passwd") == b""
    assert names(tree, "/etc/passwd") == []
    assert [one.kind for one in tree.entries("/etc")] == ["other"]


def test_mounts_are_seen_where_they_are(layers, tmp_path):
    layers({"mnt": {"hidden": ""}})
    (tmp_path / "data").mkdir()
    (tmp_path / "data/seen").write_text("x")
    (tmp_path / "data/out").symlink_to(tmp_path)
    tree = Tree((str(tmp_path / "layer0"),), {"/mnt/": str(tmp_path / "data"), "/new": str(tmp_path / "data")})
    assert names(tree, "/mnt") == ["out", "seen"]
    assert names(tree, "/") == ["mnt", "new"]
    assert names(tree, "/mnt/out") == []
    assert tree.read("/new/seen") == b"x"


def test_a_directory_that_may_not_be_read_shows_nothing(layers, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    tree = layers({"closed": {"x": ""}, "open": {"y": ""}})
    (tmp_path / "layer0/closed").chmod(0)
    assert names(tree, "/closed") == []
    assert names(tree, "/") == ["closed", "open"]
    (tmp_path / "layer0/closed").chmod(0o700)


def test_no_descriptor_is_left_open(layers):
    tree = layers({"usr": {"bin": {"sh": "#!"}}, "bin": ("usr/bin",), "loop": ("loop",), "f": ""})
    before = len(os.listdir("/proc/self/fd"))
    for path in ("/", "/bin", "/bin/sh", "/loop/x", "/f/x", "/nothing/x", "/bin/../../bin", "/.."):
        tree.entries(path)
        tree.kind(path)
        tree.read(path)
        tree.changed(path)
    assert len(os.listdir("/proc/self/fd")) == before
