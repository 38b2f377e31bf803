"""--chmod: what the words make of a mode; chmod itself is asked wherever it agrees."""

import stat
import subprocess

import pytest
from hull.dockerfile import modes
from hull.dockerfile.place import Malformed


@pytest.mark.parametrize(
    ("text", "mode", "directory", "expected"),
    [
        ("755", 0o600, False, 0o755),
        ("0644", 0o777, True, 0o644),
        ("04755", 0, False, 0o4755),
        ("0", 0o777, False, 0),
        ("u=rwX,go=rX", 0o640, False, 0o644),
        ("u=rwX,go=rX", 0o750, False, 0o755),
        ("u=rwX,go=rX", 0o600, True, 0o755),
        ("+x", 0o644, False, 0o755),
        ("+w", 0o444, False, 0o644),
        ("a+w", 0o444, False, 0o666),
        ("g=u", 0o640, False, 0o660),
        ("u=rw,go=r,+x", 0o000, False, 0o755),
        ("u+s,g+s", 0o755, False, 0o6755),
        ("+t", 0o777, True, 0o1777),
        ("u+rw-x", 0o111, False, 0o611),
        ("o-rwx", 0o777, False, 0o770),
        ("=", 0o755, False, 0),
        ("go=", 0o755, False, 0o700),
    ],
)  # fmt: skip
def test_words(text, mode, directory, expected):
    assert oct(modes.parse(text).of(mode, directory=directory)) == oct(expected)


@pytest.mark.parametrize("text", ["", "rwx", "9", "00755x", "u", "u+q", "u=rw,", "77777", "u+gx", "\u0667\u0665\u0665"])
def test_what_is_no_mode(text):
    with pytest.raises(Malformed, match="no mode"):
        modes.parse(text)


WORDS = ("u=rwX,go=rX", "+x", "-w", "=r", "g=u", "o=g", "u=g", "a+X", "ug+s", "+s", "-s", "a=rx", "g-s,o+t", "+t", "u=")


@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize("directory", [False, True])
def test_chmod_itself_agrees(tmp_path, text, directory):
    paths = {mode: tmp_path / f"{mode:o}" for mode in (0o640, 0o755, 0o4710, 0o2070, 0o1777, 0o111)}
    for mode, path in paths.items():
        path.mkdir() if directory else path.touch()
        path.chmod(mode)
    subprocess.run(["chmod", "--", text, *paths.values()], check=True, umask=0o022)
    found = {oct(mode): oct(stat.S_IMODE(path.stat().st_mode)) for mode, path in paths.items()}
    assert {oct(mode): oct(modes.parse(text).of(mode, directory=directory)) for mode in paths} == found
