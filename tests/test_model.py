"""A spec is a value that serialises: the API, another host and a cluster's worker get the same one."""

import json

import pytest
from hull.model import (
    Endpoint,
    Health,
    Identity,
    IdMap,
    Image,
    Limits,
    Mount,
    Port,
    Spec,
    Ulimit,
    id_inside,
    id_outside,
)

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
    restart="on-failure:3",
    log_driver="json-file",
    log_options=("max-size=1m",),
    health=Health(("CMD", "true"), 1.5, 2.0, 3, 4.0, 5.0),
    networks=(Endpoint("front", ("web",), "10.1.0.2", "fd00::2", "02:00:00:00:00:01"), Endpoint("back")),
    egress=("dns", "192.0.2.1:443"),
)


@pytest.mark.parametrize("spec", [Spec("a"), FULL])
def test_a_spec_survives_json(spec: Spec) -> None:
    assert Spec.decode(json.loads(json.dumps(spec.encode()))) == spec


@pytest.mark.parametrize("health", [None, Health(("CMD-SHELL", "true"), 30.0)])
def test_an_image_survives_json(health: Health | None) -> None:
    image = Image("sha256:1", "busybox", ("/layer",), env=("A=1",), health=health)
    assert Image.decode(json.loads(json.dumps(image.encode()))) == image


def test_what_an_older_hull_wrote_is_read() -> None:
    old = {key: value for key, value in Spec("a").encode().items() if key not in ("restart", "health", "log_options")}
    assert Spec.decode(old) == Spec("a")
    assert Image.decode({"id": "1", "reference": "a", "layers": []}) == Image("1", "a", ())


def test_a_field_of_a_newer_hull_is_an_error_not_a_weaker_container() -> None:
    with pytest.raises(TypeError):
        Spec.decode({"image": "a", "isolation": "stronger"})


def test_limits_know_whether_anything_was_asked() -> None:
    assert not Limits().asked
    assert Limits(pids=5).asked


@pytest.mark.parametrize(("flavour", "layers"), [("range", "range"), ("keep-id", "range"), ("single", "single")])
def test_layers_are_unpacked_under_one_of_two_maps(flavour: str, layers: str) -> None:
    assert Identity(flavour, (), ()).layer_flavour == layers


@pytest.mark.parametrize(
    ("inside", "outside"), [(0, 1000), (1, 100_000), (65_536, 165_535), (None, 1001), (65_537, None)]
)
def test_a_map_is_read_both_ways(inside, outside):
    extents = (IdMap(0, 1000, 1), IdMap(1, 100_000, 65_536))
    if outside is not None:
        assert id_inside(extents, outside) == inside
    if inside is not None:
        assert id_outside(extents, inside) == outside
