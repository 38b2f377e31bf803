"""What a CONTEXT word names."""

import io
import tarfile

import pytest
from hull.dockerfile.contexts import Context, is_archive, parse, parse_named, parse_remote
from hull.errors import UserError


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("https://host/a/b.git", ("git", "https://host/a/b.git", "", "")),
        ("https://host/a.git#main:sub/dir", ("git", "https://host/a.git", "main", "sub/dir")),
        ("https://host/a.git#:sub", ("git", "https://host/a.git", "", "sub")),
        ("https://host/a.git#v1:../../etc", ("git", "https://host/a.git", "v1", "etc")),
        ("git://host/a#v1", ("git", "git://host/a", "v1", "")),
        ("ssh://u@host/a#b", ("git", "ssh://u@host/a", "b", "")),
        ("git@host:a/b.git#x", ("git", "git@host:a/b.git", "x", "")),
        ("github.com/a/b#x:y", ("git", "https://github.com/a/b", "x", "y")),
        ("https://host/a.git?branch=b&subdir=s/t", ("git", "https://host/a.git", "b", "s/t")),
        ("ssh://u@host/a?tag=v1", ("git", "ssh://u@host/a", "v1", "")),
        (
            "https://host/a.git?commit=abc&submodules=false&keep-git-dir=1&subdir=../..",
            ("git", "https://host/a.git", "", "", "abc", False, True),
        ),
        ("http://host/a.tar.gz", ("url", "http://host/a.tar.gz", "", "")),
        ("http://host/a.tar.gz?ref=x", ("url", "http://host/a.tar.gz?ref=x", "", "")),
        ("https://host/Dockerfile", ("url", "https://host/Dockerfile", "", "")),
    ],
)  # fmt: skip
def test_remote(word, expected):
    assert parse_remote(word) == Context(*expected)


@pytest.mark.parametrize("word", [".", "/abs", "dir/sub", "file.git", "a@b", "C:\\x"])
def test_a_path_is_not_remote(word):
    assert parse_remote(word) is None


@pytest.mark.parametrize(
    "word",
    [
        "ext::sh -c true", "ext://x/y.git", "file:///x.git", "https://h/a.git#--upload-pack=x", "git@h:a#-x",
        "ftp://h/x", "https://h/a.git?ref=-x", "https://h/a.git?commit=-x", "https://h/a.git?what=x",
        "https://h/a.git?ref=a#b",
    ],
)  # fmt: skip
def test_what_would_run_a_program_is_no_context(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError):
        parse(word)


def test_local(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"")
    assert parse(str(tmp_path)) == Context("directory", str(tmp_path))
    assert parse(str(tmp_path / "x.tar")).kind == "archive"
    assert parse("-").kind == "stdin"
    with pytest.raises(UserError, match="no such directory"):
        parse(str(tmp_path / "none"))


def test_named(tmp_path):
    found = parse_named((f"src={tmp_path}", "base=docker-image://busybox:1", "l=oci-layout:///x", "Up=https://h/a.git"))
    assert {name: one.kind for name, one in found.items()} == {
        "src": "directory",
        "base": "image",
        "l": "layout",
        "up": "git",
    }
    assert found["base"].location == "busybox:1"
    for word in ("x", "=y", "x=", "a b=."):
        with pytest.raises(UserError):
            parse_named((word,))


def test_standard_input_is_an_archive_or_a_dockerfile():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    assert is_archive(buffer.getvalue()[:512])
    assert is_archive(b"\x1f\x8b\x08")
    assert not is_archive(b"FROM busybox\n")
    assert not is_archive(b"")
