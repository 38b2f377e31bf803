"""What an image's Python says of itself, and which wheels it takes."""

import contextlib
import io
import json

import pytest
from hull.kernels import probing
from hull.kernels.probing import Python


def said(soabi="cpython-312-x86_64-linux-gnu", libc="glibc 2.36", kind="CPython", version=(3, 12, 1)):
    return json.dumps(["/usr/bin/python3", list(version), soabi, "x86_64", libc, kind, ""])


def test_this_python_describes_itself():
    import sys

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(probing.SCRIPT, {})
    found = probing.read(out.getvalue())
    assert found.version == sys.version_info[:3]
    assert found.abi == f"cp3{sys.version_info[1]}"
    assert found.ipykernel


@pytest.mark.parametrize("text", ["", "no", said(kind="PyPy")])
def test_what_is_no_cpython_is_none(text):
    assert probing.read(text) is None


def test_glibc_takes_what_is_older():
    found = probing.read(said())
    assert found.tag == "cp312-glibc2.36-x86_64"
    assert found.platforms[0] == "manylinux_2_36_x86_64"
    assert "manylinux_2_17_x86_64" in found.platforms
    assert "manylinux2014_x86_64" in found.platforms
    assert "manylinux_2_37_x86_64" not in found.platforms


def test_musl_takes_its_own():
    found = probing.read(said("cpython-313-x86_64-linux-musl", "", version=(3, 13, 0)))
    assert found.tag == "cp313-musl-x86_64"
    assert all(name.startswith("musllinux_") for name in found.platforms)


def test_a_free_threaded_python_has_an_abi_of_its_own():
    assert probing.read(said("cpython-313t-x86_64-linux-gnu")).abi == "cp313t"


def test_platforms_are_those_that_pip_knows():
    tags = pytest.importorskip("pip._vendor.packaging.tags", reason="pip is not installed")
    found = Python("p", (3, 12, 1), "cp312", "x86_64", 36, "")
    known = {str(tag) for tag in tags.cpython_tags((3, 12), ["cp312"], list(found.platforms))}
    assert "cp312-cp312-manylinux_2_28_x86_64" in known
    assert "cp39-abi3-manylinux2014_x86_64" in known
