"""Whom a reference's questions go to, and who hears who asks."""

import pytest
from hull.config import Settings
from hull.errors import RegistryError
from hull.images import catalogs, mirrors, reference
from hull.images.credentials import Credentials

from tests import registries

WHO = Credentials("me", "s3cret")


def challenging(request):
    """Ask whoever comes who it is."""
    if "authorization" in request.headers:
        return registries.Reply(200, b'{"tags":["of-the-registry"]}')
    return registries.Reply(401, b"{}", (("WWW-Authenticate", 'Basic realm="x"'),))


def settings(*addresses):
    return Settings("", {"registry": {addresses[0]: {"mirrors": [f"http://{one}" for one in addresses[1:]]}}})


def test_a_mirror_that_asks_who_it_is_never_hears(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    with registries.served(challenging) as mirror, registries.served(challenging) as registry:
        found = list(catalogs.tags(f"{registry.address}/a", settings(registry.address, mirror.address), WHO))
    assert found == ["of-the-registry"]
    assert mirror.requests
    assert not [one for one in mirror.requests if "authorization" in one.headers]


def test_the_first_that_can_answers(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    def of(text):
        return lambda asked: registries.Reply(200, text) if asked.path.endswith("list") else registries.Reply(404)

    nothing = registries.Reply(404)
    with registries.served(lambda _: nothing) as lacking, registries.served(of(b'{"tags":["m"]}')) as mirror:
        known = settings("h.example", lacking.address, mirror.address)
        assert list(catalogs.tags("h.example/a", known)) == ["m"]
        assert lacking.requests


def test_the_registrys_own_refusal_is_told():
    def refuse(_asked):
        raise RegistryError("no")

    with pytest.raises(RegistryError, match="no"):
        mirrors.ask(reference.parse("h.example/a"), settings("h.example", "m.example"), None, refuse)
