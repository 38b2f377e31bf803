"""`RUN --mount`: keys, aliases, defaults, and what each type does not have."""

import pytest
from hull.dockerfile.expanding import expand
from hull.dockerfile.mounts import read
from hull.dockerfile.parser import parse
from hull.dockerfile.place import DockerfileError, Malformed


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("target=/a", {"kind": "bind", "target": "/a", "readonly": True}),
        ("type=bind,from=build,src=/x,dst=/a,rw",
         {"origin": "build", "source": "/x", "target": "/a", "readonly": False}),
        ("type=cache,target=/c,id=k,sharing=locked,uid=1,gid=2,mode=0700,ro",
         {"kind": "cache", "id": "k", "sharing": "locked", "uid": 1, "gid": 2, "mode": 0o700, "readonly": True}),
        ("target=/c,type=cache", {"kind": "cache", "readonly": False, "sharing": "shared", "mode": None}),
        ("type=tmpfs,target=/t,size=64m", {"kind": "tmpfs", "size": 64 << 20, "readonly": False}),
        ("type=secret,id=s,required", {"kind": "secret", "id": "s", "required": True, "target": ""}),
        ("type=secret,id=s,env=TOKEN", {"env": "TOKEN"}), ("type=ssh", {"kind": "ssh", "required": False}),
        ('type=bind,"target=/a,b"', {"target": "/a,b"}),
        ("TYPE=cache,Destination=/d,readonly=false", {"target": "/d", "readonly": False}),
    ],
)  # fmt: skip
def test_a_mount(raw, expected):
    found = read(raw, str)._asdict()
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "raw",
    ["type=odd", "target", "type=bind,sharing=locked,target=/a", "type=bind,mode=0700", "type=tmpfs,from=x",
     "type=secret",
     "type=cache,sharing=mine", "type=cache,mode=9", "type=cache,uid=-1", "type=cache,uid=x",
     "type=tmpfs,size=big", "type=tmpfs,size=inf",
     "type=tmpfs,size=-1", "type=cache,ro=perhaps", "colour=red", "type=tmpfs,required",
     '"', "a\nb", "type=secret,id=a,from=b"],
)  # fmt: skip
def test_a_wrong_mount_is_malformed(raw):
    with pytest.raises(Malformed):
        read(raw, str)


def test_variables_are_read_later_from_excepted():
    (stage,) = parse("FROM a\nRUN --mount=type=cache,target=$D/c,id=${I:-x},mode=$M ls\n").stages
    run = expand(stage.instructions[0], {"D": "/d", "M": "0750"})
    assert (run.mounts[0].target, run.mounts[0].id, run.mounts[0].mode) == ("/d/c", "x", 0o750)
    with pytest.raises(DockerfileError, match="from= takes no variables"):
        parse("FROM a\nRUN --mount=from=$X,target=/x ls\n")


def test_a_wrong_value_points_at_the_flag():
    (stage,) = parse("FROM a\nRUN --mount=type=cache,target=/c,mode=$M ls\n").stages
    with pytest.raises(DockerfileError) as failed:
        expand(stage.instructions[0], {"M": "rwx"})
    assert failed.value.message.startswith("Dockerfile:2:13: --mount: mode=rwx is no octal mode")
