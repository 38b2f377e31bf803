"""The launcher gains nothing when it is run: no set-uid bit, no file capability."""

import os
import stat

import hull
import pytest
from hull.runtime.launch import program


@pytest.mark.needs("launcher")
def test_cve_2020_5291_the_launcher_is_an_ordinary_file() -> None:
    mode = os.stat(program()).st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID)
    assert not mode & stat.S_IWOTH
    assert "security.capability" not in os.listxattr(program())


def test_cve_2020_5291_nothing_installed_is_set_uid() -> None:
    for directory, _, names in os.walk(os.path.dirname(hull.__file__)):
        for name in names:
            assert not os.lstat(f"{directory}/{name}").st_mode & (stat.S_ISUID | stat.S_ISGID), name
