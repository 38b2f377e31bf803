"""Ways to a registry: a proxy that tunnels, mirrors in their order, insecure ones, identity tokens."""

import json
import os
import socket
import threading
from urllib.parse import parse_qs

import pytest
from hull import config
from hull.errors import RegistryError
from hull.images import pulling, reference
from hull.images.platforms import host
from hull.images.registry import Registry

from tests import imagebuild, registries
from tests.capabilities import missing
from tests.registries import Reply

MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"1")))


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def settings(tables=None):
    return config.Settings("config.toml", {"registry": tables or {}})


class Tunnel:
    """A proxy that knows CONNECT and leads every tunnel to one place."""

    def __init__(self, target):
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.asked.append(head.split(b"\r\n")[0].decode())
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            server = socket.create_connection(self._target)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self._listener.close()


@pytest.fixture
def tunnel(tmp_path):
    if missing("program:openssl"):
        pytest.skip("needs program:openssl")
    ca, certificate, key = registries.certificates(str(tmp_path), "DNS:registry.test")
    answer = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    with registries.served(answer, certificate, key) as stub:
        made = Tunnel(stub.address)
        yield made, ca
        made.close()


def test_https_goes_through_a_proxy_s_tunnel_and_is_still_checked(tunnel, monkeypatch):
    proxy, ca = tunnel
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    name = reference.parse("registry.test/a:1")
    with pytest.raises(RegistryError, match=r"(?i)certificate"):
        Registry(name, settings()).manifest("1")
    assert Registry(name, settings({"registry.test": {"ca": ca}})).manifest("1")[0] == MADE.manifest
    assert [line.rpartition(" ")[0] for line in proxy.asked] == ["CONNECT registry.test:443"] * 2


@pytest.mark.parametrize("spared", ["other,registry.test", "other,.test", "*"])
def test_no_proxy_is_obeyed(tunnel, monkeypatch, spared):
    proxy, ca = tunnel
    monkeypatch.setenv("https_proxy", proxy.address)
    monkeypatch.setenv("NO_PROXY", spared)
    with pytest.raises(RegistryError, match="cannot reach"):
        Registry(reference.parse("registry.test/a:1"), settings({"registry.test": {"ca": ca}})).manifest("1")
    assert proxy.asked == []


def test_mirrors_are_asked_in_order_then_the_registry():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    broken = registries.served(lambda r: Reply(500) if r.path != "/v2/" else Reply())
    with broken as first, registries.served(honest) as second, registries.served(honest) as home:
        name = reference.parse(f"{home.address}/a:1")
        mirrors = [f"http://{one.address}" for one in (first, second)]
        found = pulling.find(name, host(), settings({home.address: {"mirrors": mirrors}}), exact=False)
        assert (found.config.id, found.keys[0]) == (MADE.config, name.key)
        assert first.requests
        assert second.requests
        assert not home.requests
        pulling.find(name, host(), settings({home.address: {"mirrors": mirrors[:1]}}), exact=False)
        assert home.requests


def test_an_insecure_registry_may_have_any_certificate(tmp_path):
    if missing("program:openssl"):
        pytest.skip("needs program:openssl")
    _, certificate, key = registries.certificates(str(tmp_path), "DNS:somebody.else")
    answer = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    with registries.served(answer, certificate, key) as stub:
        name = reference.parse(f"{stub.address}/a:1")
        with pytest.raises(RegistryError):
            Registry(name, settings()).manifest("1")
        assert Registry(name, settings({stub.address: {"insecure": True}})).manifest("1")[0] == MADE.manifest


def test_an_identity_token_is_exchanged(monkeypatch, tmp_path):
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})

    def answer(request):
        if request.path == "/token":
            return Reply(200, b'{"access_token": "short"}')
        if request.path != "/v2/" and request.headers.get("authorization") != "Bearer short":
            challenge = f'Bearer realm="http://{stub.address}/token",service="s",scope="repository:a:pull"'
            return Reply(401, b"{}", (("WWW-Authenticate", challenge),))
        return honest(request)

    with registries.served(answer) as stub:
        path = tmp_path / "auth.json"
        path.write_text(json.dumps({"auths": {stub.address: {"identitytoken": "long"}}}))
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
        assert Registry(reference.parse(f"{stub.address}/a:1"), settings()).manifest("1")[0] == MADE.manifest
        (asked,) = [r for r in stub.requests if r.path == "/token"]
    form = parse_qs(asked.body.decode())
    assert (asked.method, form["grant_type"], form["refresh_token"]) == ("POST", ["refresh_token"], ["long"])
    assert form["scope"] == ["repository:a:pull"]


def test_a_token_that_expires_in_the_middle_is_renewed():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    issued, valid = [], []

    def answer(request):
        if request.path == "/token":
            issued.append(f"t{len(issued)}")
            valid[:] = [issued[-1]]
            return Reply(200, json.dumps({"token": issued[-1]}).encode())
        if request.path != "/v2/" and request.headers.get("authorization") not in [f"Bearer {one}" for one in valid]:
            return Reply(401, b"{}", (("WWW-Authenticate", f'Bearer realm="http://{stub.address}/token"'),))
        return honest(request)

    with registries.served(answer) as stub:
        asked = Registry(reference.parse(f"{stub.address}/a:1"), settings())
        asked.manifest("1")
        valid.clear()
        asked.manifest("1")
    assert issued == ["t0", "t1"]
