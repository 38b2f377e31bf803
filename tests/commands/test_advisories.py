"""Old parts of a host are told, and only told."""

import pytest
from hull.commands import _advisories


@pytest.mark.parametrize(
    ("release", "old"),
    [
        ("5.10.0-30-amd64", False),
        ("5.11.0", True),
        ("5.15.90", True),
        ("5.15.91", False),
        ("5.15.0-91-generic", True),
        ("6.0.19-arch1", True),
        ("6.1.8", True),
        ("6.1.9+deb", False),
        ("6.2.0", False),
        ("6.18.44-x", False),
        ("strange", False),
    ],
)
def test_the_kernels_age(release, old):
    assert bool(list(_advisories.find(release, ""))) is old


@pytest.mark.parametrize(("library", "old"), [("4.4.0", True), ("4.6.0", False), ("4.7.0", False), ("4.10.1", False)])
def test_the_age_of_slirp(tmp_path, library, old):
    program = tmp_path / "slirp4netns"
    program.write_text(f"#!/bin/sh\necho slirp4netns version 1.0; echo libslirp: {library}\n")
    program.chmod(0o755)
    assert bool(list(_advisories.find("6.18.0", str(program)))) is old
