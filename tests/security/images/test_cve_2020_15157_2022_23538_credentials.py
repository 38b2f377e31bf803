"""Credentials go to whom they are for: CVE-2020-15157 (foreign layers), CVE-2022-23538 and B27 (redirects)."""

import base64
import json

import pytest
from hull import config
from hull.errors import RegistryError
from hull.images import http, manifest, reference
from hull.images.http import Http
from hull.images.registry import Registry

from tests import imagebuild, registries
from tests.imagebuild import layer, member
from tests.registries import Reply

MADE = imagebuild.image(layer(member("a", b"1")))
SECRET = "Basic " + base64.b64encode(b"test:s3cret").decode()


@pytest.fixture
def login(monkeypatch, tmp_path):
    def add(address):
        path = tmp_path / "auth.json"
        path.write_text(json.dumps({"auths": {address: {"auth": SECRET.removeprefix("Basic ")}}}))
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))

    return add


def registry(address, tables=None):
    return Registry(reference.parse(f"{address}/a:1"), config.Settings("config.toml", {"registry": tables or {}}))


def guarded(made, redirect=None):
    """Return an honest registry that wants SECRET and sends whoever asks for a blob elsewhere."""
    honest = registries.image_answer(made.blobs, {"1": made.manifest})

    def answer(request):
        if request.path != "/v2/" and request.headers.get("authorization") != SECRET:
            return Reply(401, b"{}", (("WWW-Authenticate", 'Basic realm="x"'),))
        target = redirect(request) if redirect and "/blobs/" in request.path else None
        return Reply(307, b"", (("Location", target),)) if target else honest(request)

    return answer


def fetch(found):
    layers = manifest.parse(found.manifest("1")[2]).layers
    return b"".join(found.blob(layers[0]))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_b27_another_port_gets_no_authorization(login, status):
    storage = registries.image_answer(MADE.blobs, {})
    with registries.served(storage) as other:

        def answer(request):
            reply = guarded(MADE, lambda r: f"http://{other.address}{r.path}")(request)
            return reply._replace(status=status) if reply.status == 307 else reply

        with registries.served(answer) as stub:
            login(stub.address)
            assert fetch(registry(stub.address)) == MADE.blobs[MADE.layers[0]]
            assert [r.headers.get("authorization") for r in other.requests] == [None]
            assert stub.requests[-1].headers["authorization"] == SECRET


def test_b27_the_same_origin_keeps_it(login):
    def answer(request):
        return guarded(MADE, lambda r: f"{r.path}?moved=1" if not r.query else None)(request)

    with registries.served(answer) as stub:
        login(stub.address)
        assert fetch(registry(stub.address)) == MADE.blobs[MADE.layers[0]]
        assert stub.requests[-1].query == {"moved": ["1"]}
        assert stub.requests[-1].headers["authorization"] == SECRET


def test_b27_back_home_after_a_detour_it_stays_dropped(login):
    with registries.served(lambda r: Reply(307, b"", (("Location", back + r.path),))) as other:
        answer = guarded(MADE, lambda r: f"http://{other.address}{r.path}")
        with registries.served(answer) as stub:
            back = f"http://{stub.address}"
            login(stub.address)
            with pytest.raises(RegistryError):
                fetch(registry(stub.address))
            assert stub.requests[-1].headers.get("authorization") is None


@pytest.mark.parametrize(("first", "second", "same"), [
    ("https://h/a", "https://h:443/b", True), ("https://H/a", "https://h/b", True), ("http://h/", "http://h:80/", True),
    ("https://h/", "http://h/", False), ("https://h/", "https://h:444/", False),
    ("https://h/", "https://h.evil/", False),
    ("https://h/", "https://h@evil/", False), ("http://[::1]:5/", "http://[::1]:5/x", True),
])  # fmt: skip
def test_b27_origins(first, second, same):
    assert (http.origin(first) == http.origin(second)) is same


def test_a_challenge_of_the_place_redirected_to_is_not_answered(login):
    evil = Reply(401, b"{}", (("WWW-Authenticate", 'Basic realm="x"'),))
    with registries.served(lambda _: evil) as other:
        with registries.served(guarded(MADE, lambda r: f"http://{other.address}{r.path}")) as stub:
            login(stub.address)
            with pytest.raises(RegistryError, match="denies access"):
                fetch(registry(stub.address))
        assert [r.headers.get("authorization") for r in other.requests] == [None]


@pytest.mark.parametrize("target", ["http://registry.test/x", "ftp://h/x", "file:///etc/passwd", "http://", "//[::1"])
def test_redirects_to_plain_http_elsewhere_and_to_other_schemes_are_refused(target):
    with registries.served(lambda _: Reply(302, b"", (("Location", target),))) as stub:
        asked = Http(config.Settings("config.toml", {}))
        with pytest.raises(RegistryError), asked.get(f"http://{stub.address}/v2/", {}):
            pass


def test_redirects_from_https_down_are_refused(tmp_path, monkeypatch):
    ca, certificate, key = registries.certificates(str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", ca)
    with registries.served(lambda _: Reply()) as plain:
        answer = Reply(302, b"", (("Location", f"http://{plain.address}/"),))
        with registries.served(lambda _: answer, certificate, key) as stub:
            asked = Http(config.Settings("config.toml", {}))
            with (
                pytest.raises(RegistryError, match="from HTTPS to plain HTTP"),
                asked.get(f"https://{stub.address}/", {}),
            ):
                pass
        assert plain.requests == []


def test_endless_redirects_end():
    with registries.served(lambda r: Reply(302, b"", (("Location", r.path + "x"),))) as stub:
        asked = Http(config.Settings("config.toml", {}))
        with pytest.raises(RegistryError, match="redirects"), asked.get(f"http://{stub.address}/", {}):
            pass
        assert len(stub.requests) == http.REDIRECTS + 1


def test_plain_http_with_another_machine_is_refused_before_a_byte_is_sent():
    asked = Http(config.Settings("config.toml", {}))
    with pytest.raises(RegistryError) as caught, asked.get("http://registry.test/v2/", {}):
        pass
    assert "insecure = true" in caught.value.hint


@pytest.mark.parametrize(
    "host", ["localhost.evil", "127.0.0.1.evil", "127.1", "0127.0.0.1.x", "2130706433", "128.0.0.1"]
)
def test_what_only_looks_like_this_machine(host):
    assert not http.is_loopback(host)


def test_cve_2020_15157_urls_of_a_foreign_layer_are_not_followed(box):
    with registries.served(lambda _: Reply(401, b"", (("WWW-Authenticate", "Basic realm=x"),))) as evil:
        key = MADE.layers[0]
        foreign = [{
            "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "digest": key,
            "size": len(MADE.blobs[key]), "urls": [f"http://{evil.address}/layer"],
        }]  # fmt: skip
        made = imagebuild.image(layer(member("a", b"1")), edit_manifest={"layers": foreign})
        with registries.served(registries.image_answer(made.blobs, {"1": made.manifest})) as stub:
            box.images.pull(f"{stub.address}/a:1")
        assert evil.requests == []


def test_a_token_realm_over_plain_http_elsewhere_gets_no_password(login):
    challenge = 'Bearer realm="http://tokens.test/token",service="x"'
    answer = Reply(401, b"{}", (("WWW-Authenticate", challenge),))
    with registries.served(lambda r: Reply() if r.path == "/v2/" else answer) as stub:
        login(stub.address)
        with pytest.raises(RegistryError, match=r"tokens\.test: plain HTTP is refused"):
            registry(stub.address).manifest("1")
