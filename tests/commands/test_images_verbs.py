"""pull, images, rmi, load and import as values: what the fronts print."""

import importlib
import io
import types

import pytest
from hull.errors import UserError

from tests import imagebuild, registries
from tests.busybox import rootfs
from tests.imagebuild import layer, member
from tests.imagestore import box  # noqa: F401 (a fixture)

ONE = imagebuild.image(layer(member("a", b"12345")))
pytestmark = pytest.mark.real


def verb(name):
    module = importlib.import_module(f"hull.commands.{name}")
    return getattr(module, "import_" if name == "import" else name)


@pytest.fixture
def archive(box):  # noqa: F811
    path = f"{box.base}/archive"
    with open(path, "wb") as file:
        file.write(imagebuild.docker_archive(ONE, "a:1", "localhost:5000/b:2"))
    return path


def test_pull_returns_the_canonical_reference(box):  # noqa: F811
    with registries.served(registries.image_answer(ONE.blobs, {"1": ONE.manifest})) as stub:
        assert verb("pull")(box.engine, f"{stub.address}/a:1") == f"{stub.address}/a:1"
        (row,) = verb("images")(box.engine, digests=True)
        assert (row.repository, row.tag, row.digest) == (f"{stub.address}/a", "1", ONE.manifest)


def test_load_then_list_then_remove(box, archive):  # noqa: F811
    assert verb("load")(box.engine, input=archive) == ["a:1", "localhost:5000/b:2"]
    rows = verb("images")(box.engine)
    assert [(row.repository, row.tag, row.size) for row in rows] == [("a", "1", 5), ("localhost:5000/b", "2", 5)]
    assert {row.id for row in rows} == {ONE.config[7:19]}
    assert verb("images")(box.engine, quiet=True, no_trunc=True) == [ONE.config]
    assert [row.tag for row in verb("images")(box.engine, "a")] == ["1"]
    assert [row.tag for row in verb("images")(box.engine, "a:2")] == []
    assert verb("rmi")(box.engine, ("a:1", "localhost:5000/b:2")) == ["a:1", "localhost:5000/b:2", ONE.config]
    assert verb("images")(box.engine) == []


def test_load_from_standard_input(box, archive, monkeypatch):  # noqa: F811
    with open(archive, "rb") as file:
        data = file.read()
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(buffer=io.BytesIO(data), isatty=lambda: False))
    assert verb("load")(box.engine) == ["a:1", "localhost:5000/b:2"]


@pytest.mark.parametrize("words", [("load",), ("import", "-")])
def test_a_terminal_is_no_archive(box, monkeypatch, words):  # noqa: F811
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
    with pytest.raises(UserError, match="from a terminal"):
        verb(words[0])(box.engine, *words[1:])


def test_import_then_an_image_without_a_name(box):  # noqa: F811
    path = f"{box.base}/root.tar"
    with open(path, "wb") as file:
        file.write(layer(member("a")))
    named = verb("import")(box.engine, path, "x:1", change=("CMD x",))
    unnamed = verb("import")(box.engine, path)
    rows = verb("images")(box.engine, no_trunc=True)
    assert {(row.repository, row.id) for row in rows} == {("x", named), ("<none>", unnamed)}
    assert [row.id for row in verb("images")(box.engine, "x", no_trunc=True)] == [named]


def test_an_image_can_go_right_after_its_last_container_has_removed_itself(cli):
    cli("import", "-", "passing", input=rootfs(), check=True)
    cli("run", "--rm", "--network", "none", "passing", "true", check=True)
    assert cli("rmi", "passing", check=True).stdout.startswith(b"passing:latest\n")
