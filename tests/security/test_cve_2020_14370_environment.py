"""Containers that one server makes, one after the other, share nothing: a variable of one was in the next."""

from hull.docker import create
from hull.docker.versions import NEWEST, Version


def _env(name: str, **words: object) -> tuple[str, ...]:
    return create.read({"Image": "busybox", **words}, name, "", Version(*NEWEST), None).spec.env


def test_cve_2020_14370_no_variable_of_one_is_in_the_next(monkeypatch) -> None:
    before = _env("first")
    monkeypatch.setenv("SECRET_OF_THE_SERVERS", "1")
    assert "SECRET=1" in _env("second", Env=["SECRET=1"], HostConfig={"CapAdd": ["NET_ADMIN"]})
    assert _env("third") == before == ()
