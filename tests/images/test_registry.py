import base64
import contextlib
import json
import os

import pytest
from hull import config
from hull.errors import RegistryError
from hull.images import manifest, reference
from hull.images.manifest import Descriptor
from hull.images.registry import Registry

from tests import imagebuild, registries
from tests.capabilities import missing
from tests.registries import Reply, Request

MADE = imagebuild.image(imagebuild.layer(imagebuild.member("a", b"x" * 100_000)), how="plain")


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))


def credentials(monkeypatch, tmp_path, address):
    auth = base64.b64encode(f"{registries.USER}:{registries.PASSWORD}".encode()).decode()
    path = tmp_path / "auth.json"
    path.write_text(json.dumps({"auths": {address: {"auth": auth}}}))
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
    return {"Authorization": f"Basic {auth}"}


def needs(*programs):
    for program in programs:
        if missing(f"program:{program}"):
            pytest.skip(f"needs program:{program}: {missing(f'program:{program}')}")


def settings(tables=None):
    return config.Settings("config.toml", {"registry": tables or {}})


def registry(address, tables=None, mirror=""):
    return Registry(reference.parse(f"{address}/test/image:1"), settings(tables), mirror)


def fetched(found):
    digest, _, body = found.manifest("1")
    parsed = manifest.parse(body)
    return digest, b"".join(found.blob(parsed.layers[0]))


def expected():
    return MADE.manifest, MADE.blobs[MADE.layers[0]]


def test_plain_registry_on_loopback():
    needs("docker-registry")
    with registries.plain() as found:
        imagebuild.push(MADE, found.address, "test/image", "1")
        assert fetched(registry(found.address)) == expected()


def test_tls_registry_with_a_configured_authority():
    needs("docker-registry", "openssl")
    with registries.tls() as found:
        asked = registry(found.address, {found.address: {"ca": found.ca}})
        with pytest.raises(RegistryError, match="the registry has no such image"):
            asked.manifest("1")


def test_tls_registry_with_the_authority_in_ssl_cert_file(monkeypatch):
    needs("docker-registry", "openssl")
    with registries.tls() as found:
        monkeypatch.setenv("SSL_CERT_FILE", found.ca)
        with pytest.raises(RegistryError, match="the registry has no such image"):
            registry(found.address).manifest("1")


def test_tls_registry_of_an_unknown_authority_is_refused():
    needs("docker-registry", "openssl")
    with registries.tls() as found, pytest.raises(RegistryError) as caught:
        registry(found.address, {found.address: {"ca": "", "insecure": False}})._http.get(
            f"https://{found.address}/v2/", {}
        ).__enter__()
    assert "certificate" in caught.value.message.lower()
    assert "ca = " in caught.value.hint


def test_password(monkeypatch, tmp_path):
    needs("docker-registry", "htpasswd")
    with registries.htpasswd() as found:
        headers = credentials(monkeypatch, tmp_path, found.address)
        imagebuild.push(MADE, found.address, "test/image", "1", headers)
        assert fetched(registry(found.address)) == expected()
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))
        with pytest.raises(RegistryError, match="asks for basic"):
            registry(found.address).manifest("1")


def test_token_for_nobody_and_for_somebody(monkeypatch, tmp_path):
    needs("docker-registry", "openssl")
    with registries.token(anonymous=()) as found:
        with pytest.raises(RegistryError, match="denies access"):
            registry(found.address).manifest("1")
        credentials(monkeypatch, tmp_path, found.address)
        with pytest.raises(RegistryError, match="no such image"):
            registry(found.address).manifest("1")
    with registries.token(anonymous=("pull",)) as found:
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "none.json"))
        with pytest.raises(RegistryError, match="no such image"):
            registry(found.address).manifest("1")


def test_b19_accept_names_all_four_types():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})

    def answer(request: Request) -> Reply:
        if "/manifests/" in request.path and not all(t in request.headers["accept"] for t in manifest.ACCEPTED):
            return Reply(404)
        return honest(request)

    with registries.served(answer) as stub:
        assert fetched(registry(stub.address)) == expected()


def test_a_cut_stream_goes_on_where_it_stopped():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    cuts = iter([1000, 5000])

    def answer(request: Request) -> Reply:
        reply = honest(request)
        return reply._replace(cut=next(cuts, -1)) if MADE.layers[0] in request.path else reply

    with registries.served(answer) as stub:
        assert fetched(registry(stub.address)) == expected()
        ranges = [r.headers.get("range") for r in stub.requests if MADE.layers[0] in r.path]
    assert ranges == [None, "bytes=1000-", "bytes=6000-"]


def test_a_server_that_ignores_ranges_is_read_again_from_the_start():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    cuts = iter([70_000])

    def answer(request: Request) -> Reply:
        request.headers.pop("range", None)
        reply = honest(request)
        return reply._replace(cut=next(cuts, -1)) if MADE.layers[0] in request.path else reply

    with registries.served(answer) as stub:
        assert fetched(registry(stub.address)) == expected()


def test_a_stream_that_is_always_cut_ends_in_an_error():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})

    def answer(request: Request) -> Reply:
        return honest(request)._replace(cut=10) if MADE.layers[0] in request.path else honest(request)

    with registries.served(answer) as stub, pytest.raises(RegistryError, match="cannot fetch"):
        fetched(registry(stub.address))


@pytest.mark.parametrize("change", [lambda d: d[:-1] + b"!", lambda d: d + b"!"])
def test_a_blob_that_its_digest_denies(change):
    blobs = {**MADE.blobs, MADE.layers[0]: change(MADE.blobs[MADE.layers[0]])}
    with (
        registries.served(registries.image_answer(blobs, {"1": MADE.manifest})) as stub,
        pytest.raises(RegistryError, match=r"does not match the digest|is longer than"),
    ):
        fetched(registry(stub.address))


def test_a_manifest_that_its_digest_denies():
    blobs = {**MADE.blobs, MADE.manifest: MADE.blobs[MADE.manifest] + b" "}
    with (
        registries.served(registries.image_answer(blobs, {})) as stub,
        pytest.raises(RegistryError, match="does not match"),
    ):
        registry(stub.address).manifest(MADE.manifest)


def test_a_busy_registry_is_asked_again_after_what_it_says():
    honest = registries.image_answer(MADE.blobs, {"1": MADE.manifest})
    busy = iter([True])

    def answer(request: Request) -> Reply:
        if "/manifests/" in request.path and next(busy, False):
            return Reply(429, b"", (("Retry-After", "0"),))
        return honest(request)

    with registries.served(answer) as stub:
        assert fetched(registry(stub.address)) == expected()


def test_a_mirror_is_asked_by_its_own_address():
    with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
        found = Registry(reference.parse("test/image:1"), settings(), f"http://{stub.address}")
        assert fetched(found) == expected()
        assert all(r.path.startswith("/v2/test/image/") for r in stub.requests)


def test_nobody_listens():
    with pytest.raises(RegistryError, match=r"^cannot reach 127\.0\.0\.1:1: Connection refused$"):
        registry("127.0.0.1:1").manifest("1")


def test_a_registry_s_words_are_shown_and_made_harmless():
    body = json.dumps({"errors": [{"message": "no\x1b[31mway"}]}).encode()
    with registries.served(lambda r: Reply(200) if r.path == "/v2/" else Reply(500, body)) as stub:
        with contextlib.suppress(KeyError), pytest.raises(RegistryError) as caught:
            registry(stub.address).manifest("1")
        assert caught.value.message.endswith("answers 500: no[31mway")


def test_a_small_blob_has_a_limit():
    big = b"x" * (manifest.SIZE_MOST + 1)
    key = imagebuild.digest(big)
    with (
        registries.served(registries.image_answer({key: big}, {})) as stub,
        pytest.raises(RegistryError, match="larger than"),
    ):
        registry(stub.address).small(Descriptor(key, -1, ""))


def test_a_proxy_from_the_environment_is_used_but_not_for_this_machine(monkeypatch):
    with registries.served(lambda _: Reply(404)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        asked = Registry(reference.parse("registry.test:80/a:1"), settings({"registry.test:80": {"insecure": True}}))
        asked._base = "http://registry.test:80"
        with pytest.raises(RegistryError, match="no such image"):
            asked.manifest("1")
        assert [r.path for r in proxy.requests] == ["http://registry.test:80/v2/a/manifests/1"]
        with registries.served(registries.image_answer(MADE.blobs, {"1": MADE.manifest})) as stub:
            assert fetched(registry(stub.address)) == expected()
    assert os.environ["http_proxy"]
