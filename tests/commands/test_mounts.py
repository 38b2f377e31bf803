"""`-v`, `--mount`, `--tmpfs` and `--volumes-from`, as they are written."""

import os
from pathlib import Path

import pytest
from hull.commands import _mounts, _mounts_spelt
from hull.errors import UserError
from hull.model import Mount

BIND = ("rec", "create")


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/a:/b", Mount("bind", "/a", "/b", options=BIND)),
        ("/a:/b:ro", Mount("bind", "/a", "/b", readonly=True, options=BIND)),
        ("/a:/b/../c/", Mount("bind", "/a", "/c", options=BIND)),
        ("data:/b:ro,nocopy", Mount("volume", "data", "/b", readonly=True, options=("nocopy",))),
        ("/b", Mount("volume", "", "/b")),
        ("/a:/b:rw,cached", Mount("bind", "/a", "/b", options=BIND)),
        ("/a:/b:rslave,noexec", Mount("bind", "/a", "/b", options=(*BIND, "rslave", "noexec"))),
        ("/a:/b:z", Mount("bind", "/a", "/b", options=(*BIND, "relabel"))),
        ("/a:/b:O", Mount("bind", "/a", "/b", options=(*BIND, "overlay"))),
        ("data:/b:U,Z,copy", Mount("volume", "data", "/b", options=("own", "relabel"))),
        ("/a:/b:idmap", Mount("bind", "/a", "/b", options=(*BIND, "idmap"))),
    ],
)
def test_volumes(text: str, mount: Mount) -> None:
    assert _mounts.volume(text) == mount


def test_sources_of_the_shells_kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    assert _mounts.volume("./a/../b:/t").source == f"{tmp_path}/b"
    assert _mounts.volume(".:/t").source == str(tmp_path)
    assert _mounts.volume("~/a:/t").source == "/home/someone/a"
    assert _mounts_spelt.mount("type=bind,src=a,dst=/t").source == f"{tmp_path}/a"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("/a:b", "absolute"),
        ("/a:/b:what", "unknown option what"),
        ("/a:/b:ro:x", "cannot read"),
        (":/b", "cannot read"),
        ("/a:/", "belongs to the container"),
        ("/a:/proc", "belongs to the container"),
        ("/a:/proc/sys", "belongs to the container"),
        ("/a:/x/../proc", "belongs to the container"),
        ("/a:/b:shared", "no user namespace"),
        ("/a:/b:rshared", "no user namespace"),
        ("/a:/b:U", "your own"),
        ("/a:/b:nocopy", "unknown option nocopy"),
        ("data:/b:rslave", "unknown option rslave"),
        ("data:/b:O", "unknown option O"),
        ("data:/b:idmap", "unknown option idmap"),
    ],
)
def test_volumes_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        _mounts.volume(text)


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("type=bind,src=/a,dst=/b,ro", Mount("bind", "/a", "/b", readonly=True, options=("rec",))),
        ("type=bind,src=/a,dst=/b,readonly=false,rw=true", Mount("bind", "/a", "/b", options=("rec",))),
        (
            "type=bind,source=/a,target=/b,bind-propagation=rslave,bind-recursive=disabled",
            Mount("bind", "/a", "/b", options=("rslave",)),
        ),
        ("type=bind,source=/a,target=/b,bind-nonrecursive,consistency=cached", Mount("bind", "/a", "/b")),
        (
            "type=bind,source=/a,target=/b,ro,bind-recursive=writable",
            Mount("bind", "/a", "/b", readonly=True, options=("rec", "ro-top")),
        ),
        (
            "type=bind,source=/a,target=/b,ro,bind-recursive=readonly,bind-propagation=rprivate",
            Mount("bind", "/a", "/b", readonly=True, options=("rec", "rprivate")),
        ),
        ("type=bind,source=/a,target=/b,bind-create-src", Mount("bind", "/a", "/b", options=BIND)),
        (
            "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770",
            Mount("tmpfs", "", "/t", options=("size=1048576", "mode=1770")),
        ),
        ("type=tmpfs,target=/t,tmpcopyup,U", Mount("tmpfs", "", "/t", options=("copy-up", "own"))),
        ("target=/v,source=data,volume-nocopy", Mount("volume", "data", "/v", options=("nocopy",))),
        (
            "type=volume,source=data,target=/v,volume-subpath=a/b,volume-driver=local,volume-label=k=v",
            Mount("volume", "data", "/v", options=("subpath=a/b", "label:k=v")),
        ),
        (
            'type=volume,source=data,target=/v,"volume-opt=o=a,b"',
            Mount("volume", "data", "/v", options=("opt:o=a,b",)),
        ),
        ("type=image,source=busybox,target=/i", Mount("image", "busybox", "/i", readonly=True)),
        (
            "type=image,source=busybox,target=/i,rw=true,image-subpath=etc",
            Mount("image", "busybox", "/i", options=("subpath=etc",)),
        ),
        ('type=bind,"source=/a,b",target=/c', Mount("bind", "/a,b", "/c", options=("rec",))),
        ('type=bind,"source=/a\nb",target=/c', Mount("bind", "/a\nb", "/c", options=("rec",))),
    ],
)
def test_mounts(text: str, mount: Mount) -> None:
    assert _mounts_spelt.mount(text) == mount


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("type=bind,target=/b", "needs a source"),
        ("type=image,target=/b", "needs a source"),
        ("type=tmpfs,source=x,target=/b", "has no source"),
        ("type=what,target=/b", "unknown type"),
        ("type=bind,source=/a,target=/b,bind-propagation=up", "unknown propagation|unknown option"),
        ("type=bind,source=/a,target=/b,bind-propagation=rshared", "no user namespace"),
        ("type=bind,source=/a,target=/b,bind-recursive=readonly", "without readonly"),
        ("type=bind,source=/a,target=/b,ro,bind-recursive=readonly,bind-propagation=rslave", "slave"),
        ("type=bind,source=/a,target=/b,bind-recursive=some", "unknown bind-recursive"),
        ("type=bind,source=/a,target=/b,U", "your own"),
        ("type=bind,source=/a,target=/b,ro=maybe", "neither true nor false"),
        ("type=volume,source=a,target=/b,volume-subpath=../x", "not below"),
        ("type=volume,source=a,target=/b,volume-subpath=/x", "not below"),
        ("type=volume,source=a,target=/b,volume-driver=nfs", "unknown option"),
        ("type=tmpfs,target=/t,tmpfs-mode=rwx", "unknown option"),
        ("type=bind,source=/a,target=/b,suid", "unknown option"),
        ('type=bind,"source=/a', "cannot read"),
        ("", "absolute"),
    ],
)
def test_mounts_that_are_refused(text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        _mounts_spelt.mount(text)


def test_tmpfs() -> None:
    assert _mounts.tmpfs("/t:size=1m,ro,tmpcopyup,exec") == Mount(
        "tmpfs", "", "/t", True, ("size=1m", "copy-up", "exec")
    )


def test_a_target_is_taken_once() -> None:
    with pytest.raises(UserError, match="twice on /t"):
        _mounts.read(("/a:/t",), (), ("/t/",))
    assert len(_mounts.read(("/a:/t",), ("type=tmpfs,target=/u",), ("/v",))) == 3


def test_volumes_from() -> None:
    assert [_mounts.inherited(word) for word in ("a", "a:ro", "a:rw", "a:z")] == ["a", "a:ro", "a:rw", "a"]
    for word in ("", ":ro", "a:x"):
        with pytest.raises(UserError):
            _mounts.inherited(word)


def test_an_odd_name_stays_as_it_is() -> None:
    name = os.fsdecode(b"/tmp/\xff\x01 x")
    assert _mounts_spelt.mount(f"type=bind,source={name},target=/t").source == name
