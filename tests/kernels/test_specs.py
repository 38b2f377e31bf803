"""Kernelspecs on disk, without a container."""

import json

import pytest
from hull.errors import UserError
from hull.kernels import logo, specs


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "kernels")


def made(image="python:3.13", **options):
    about = {"image": image, "python": "3.13.1", "packages": ""}
    return specs.document("P", ["hull", "-f", "{connection_file}"], about, **{"provisioned": True, **options})


def test_what_is_written_is_found(place):
    directory = specs.write(place, "k", made(), logo.svg("3.13"))
    (found,) = specs.found([place])
    assert found == specs.Kernelspec("k", "P", "python:3.13", "3.13.1", directory)
    specs.remove(found)
    assert specs.found([place]) == []


def test_one_replaces_its_own_kind_alone(place):
    specs.write(place, "k", made("a"), "")
    specs.write(place, "k", made("b"), "")
    assert [spec.image for spec in specs.found([place])] == ["b"]
    other = f"{place}/theirs"
    specs.write(place, "theirs", {"argv": ["x"]}, "")
    with pytest.raises(UserError, match="is not hull's"):
        specs.write(place, "theirs", made(), "")
    with open(f"{other}/kernel.json") as file:
        assert json.load(file) == {"argv": ["x"]}


def test_the_first_place_wins(tmp_path):
    near, far = str(tmp_path / "near"), str(tmp_path / "far")
    specs.write(near, "k", {"argv": ["another's"]}, "")
    specs.write(far, "k", made(), "")
    assert specs.found([near, far]) == []


def test_places_are_jupyters_own():
    where = specs.places({"HOME": "/h"})
    assert where[0] == "/h/.local/share/jupyter/kernels"
    assert where[-1] == "/usr/share/jupyter/kernels"
    assert specs.places({"HOME": "/h", "JUPYTER_DATA_DIR": "/d"})[0] == "/d/kernels"
    assert specs.places({"HOME": "/h", "XDG_DATA_HOME": "/x"})[0] == "/x/jupyter/kernels"
    assert specs.places({"HOME": "/h"}, "/p")[0] == "/p/share/jupyter/kernels"


def test_places_agree_with_jupyter(tmp_path, monkeypatch):
    jupyter = pytest.importorskip("jupyter_core.paths", reason="jupyter_core is not installed")
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_PATH", "JUPYTER_PREFER_ENV_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "x"))
    assert specs.places({"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "x")})[0] == (
        f"{jupyter.jupyter_data_dir()}/kernels"
    )
    assert set(specs.places({"HOME": str(tmp_path)})[1:]) <= set(jupyter.jupyter_path("kernels"))


@pytest.mark.parametrize("name", ["", "a b", "../a", "-x", "a/b"])
def test_a_name_that_jupyter_does_not_take_is_refused(name):
    with pytest.raises(UserError, match="cannot name a kernel"):
        specs.check_name(name)


def test_without_a_provisioner_nothing_names_one():
    assert "kernel_provisioner" not in made(provisioned=False)["metadata"]
    assert made(root="/r")["env"] == {"HULL_ROOT": "/r"}
    assert made(root="/r")["metadata"]["kernel_provisioner"]["config"] == {"root": "/r"}


def test_the_logo_is_a_picture_whatever_the_text():
    import xml.etree.ElementTree as ET

    assert ET.fromstring(logo.svg("<3.13>")).tag.endswith("svg")
