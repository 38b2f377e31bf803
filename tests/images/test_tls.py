"""TLS by config.toml and by certs.d, the user's certificate included."""

import shutil
import ssl

import pytest
from hull import config
from hull.config import RegistrySettings
from hull.errors import HullError, RegistryError, UserError
from hull.images import http, tls, urls
from hull.images.http import Http

from tests import registries
from tests.capabilities import missing
from tests.registries import Reply


@pytest.fixture
def made(tmp_path):
    if missing("program:openssl"):
        pytest.skip("needs program:openssl")
    return registries.certificates(str(tmp_path))


@pytest.fixture
def certs(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def directory(address, owner="containers"):
        path = tmp_path / "config" / owner / "certs.d" / address
        path.mkdir(parents=True)
        return path

    return directory


def ask(address, tables=None):
    asked = Http(config.Settings("config.toml", {"registry": tables or {}}))
    with asked.get(f"https://{address}/v2/", {}) as (response, *_):
        return response.status


@pytest.mark.parametrize("owner", ["containers", "docker"])
def test_an_authority_in_certs_d(made, certs, owner):
    ca, certificate, key = made
    with registries.served(lambda _: Reply(), certificate, key) as stub:
        with pytest.raises(RegistryError, match=r"(?i)certificate"):
            ask(stub.address)
        shutil.copy(ca, certs(stub.address, owner) / "ours.crt")
        assert ask(stub.address) == 200


def test_another_port_s_authority_does_not_count(made, certs):
    ca, certificate, key = made
    with registries.served(lambda _: Reply(), certificate, key) as stub:
        shutil.copy(ca, certs("127.0.0.1:1") / "ours.crt")
        with pytest.raises(RegistryError):
            ask(stub.address)


@pytest.fixture
def strict(made):
    """Give a server that wants the user's certificate."""
    ca, certificate, key = made
    plain = ssl.SSLContext.wrap_socket

    def wrap(self, *words, **options):
        if options.get("server_side"):
            self.verify_mode = ssl.CERT_REQUIRED
            self.load_verify_locations(ca)
        return plain(self, *words, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl.SSLContext, "wrap_socket", wrap)
        with registries.served(lambda _: Reply(), certificate, key) as stub:
            yield stub


def test_a_certificate_of_the_user_s(made, certs, strict):
    ca, certificate, key = made
    place = certs(strict.address)
    shutil.copy(ca, place / "ours.crt")
    with pytest.raises(HullError):
        ask(strict.address)
    shutil.copy(certificate, place / "me.cert")
    with pytest.raises(UserError, match=r"me\.key is not beside it"):
        ask(strict.address)
    shutil.copy(key, place / "me.key")
    assert ask(strict.address) == 200


def test_the_same_by_config_toml(made, strict):
    ca, certificate, key = made
    assert ask(strict.address, {strict.address: {"ca": ca, "cert": certificate, "key": key}}) == 200
    with pytest.raises(RegistryError, match="cannot use the certificate"):
        ask(strict.address, {strict.address: {"ca": ca, "cert": "/nonexistent"}})


def test_an_encrypted_key_is_refused_not_asked_for(made, tmp_path, certs):
    ca, certificate, key = made
    locked = str(tmp_path / "locked.pem")
    registries._openssl("openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", locked)
    trust = tls.of(RegistrySettings(cert=certificate, key=locked), ("h",), {})
    with pytest.raises(UserError, match="encrypted"):
        tls.context(trust)
    assert ca


@pytest.mark.parametrize(("host", "port", "expected"), [
    ("h", 443, ("h:443", "h")), ("h", 5000, ("h:5000",)), ("::1", 80, ("[::1]:80", "[::1]")),
])  # fmt: skip
def test_names_of_a_host(host, port, expected):
    assert urls.names(host, port) == expected


@pytest.mark.parametrize(("url", "expected"), [
    ("https://u:p@h:1/a/b?token=s#f", "https://h:1/a/b"), ("/a?b", "/a"), ("https://h", "https://h"),
])  # fmt: skip
def test_a_url_is_shown_without_what_may_be_secret(url, expected):
    assert urls.shown(url) == expected


@pytest.mark.parametrize(("asked", "expected"), [
    ("0", 0), ("7", 7), ("", 0.2), ("x", 0.2), ("61", None), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Fri, 31 Dec 2100 23:59:59 GMT", None),
])  # fmt: skip
def test_retry_after(asked, expected):
    assert http.delay(asked, 0) == expected
