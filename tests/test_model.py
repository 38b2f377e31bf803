"""A spec is a value that serialises: the API, another host and a cluster's worker get the same one."""

import json

import pytest
from hull.model import Limits, Mount, Port, Spec, Ulimit

FULL = Spec(
    image="debian:12",
    name="x",
    command=("sh", "-c", "echo $HOME"),
    entrypoint=(),
    env=("A=1", "B=line\nline"),
    mounts=(Mount("bind", "/a", "/b", readonly=True, options=("rec",)),),
    ports=(Port(80, 8080, "udp", "127.0.0.2"),),
    ulimits=(Ulimit("nofile", 10, -1),),
    limits=Limits(memory=64 << 20, cpus=0.5),
    stop_timeout=1.5,
    tty=True,
)


@pytest.mark.parametrize("spec", [Spec("a"), FULL])
def test_a_spec_survives_json(spec: Spec) -> None:
    assert Spec.decode(json.loads(json.dumps(spec.encode()))) == spec


def test_a_field_of_a_newer_hull_is_an_error_not_a_weaker_container() -> None:
    with pytest.raises(TypeError):
        Spec.decode({"image": "a", "isolation": "stronger"})


def test_limits_know_whether_anything_was_asked() -> None:
    assert not Limits().asked
    assert Limits(pids=5).asked
