"""HTTP for registries over urllib3: time-outs, proxies, TLS by settings, redirects followed by hand.

Authorization goes to the origin (scheme, host, port) it was meant for only (B27, CVE-2022-23538). Plain HTTP
is spoken with this machine, and with hosts that config.toml calls insecure; nobody is redirected down to it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

from hull.config import Settings
from hull.errors import RegistryError
from hull.light import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

CONNECT, READ = 15, 60
REDIRECTS = 5
RETRIES = 3
WAIT_MOST = 60
_REDIRECTING = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Whom a credential belongs to."""

    scheme: str
    host: str
    port: int


class Answer(NamedTuple):
    """A response with its body unread, and whether the asked origin itself gave it, not one it redirected to."""

    response: "BaseHTTPResponse"
    own: bool


def origin(url: str) -> Origin:
    """Return the origin of a URL; one that is not HTTP is an error."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise RegistryError(f"cannot follow {url[:200]!r}: no valid URL", "the registry is broken or hostile") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise RegistryError(f"cannot follow {url[:200]!r}: not HTTP", "the registry is broken or hostile")
    return Origin(parts.scheme, parts.hostname.lower(), port or _PORTS[parts.scheme])


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:
        raise RegistryError(
            f"cannot follow {target[:200]!r}: no valid URL", "the registry is broken or hostile"
        ) from None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: localhost, 127.0.0.0/8 as four numbers, ::1. Names are not looked up."""
    name = host.strip("[]")
    if name in ("localhost", "::1"):
        return True
    numbers = name.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(n.isdigit() and int(n) < 256 for n in numbers)  # noqa: PLR2004


class Http:
    """A pool of connections. `settings` decide on TLS and plain HTTP."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pools: dict[tuple[bool, str, str], PoolManager] = {}

    def allows_plain(self, host: str, port: int) -> bool:
        """Whether plain HTTP may be spoken with a host."""
        return is_loopback(host) or self._settings_of(host, port).insecure

    @contextmanager
    def get(self, url: str, headers: dict[str, str], body: bytes | None = None) -> "Iterator[Answer]":
        """Yield the answer to a GET (with a body: POST), redirects followed; a busy server is asked again."""
        start = origin(url)
        for _ in range(REDIRECTS + 1):
            response = self._patient("POST" if body else "GET", url, headers, body)
            try:
                target = response.headers.get("Location") if response.status in _REDIRECTING else None
                if target is None:
                    yield Answer(response, origin(url) == start)
                    return
            finally:
                response.close()
            url = _joined(url, target)
            self._check_redirect(start, origin(url), url)
            if origin(url) != start:
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
        raise RegistryError(
            f"cannot fetch from {start.host}: more than {REDIRECTS} redirects", "the registry is broken"
        )

    def _check_redirect(self, start: Origin, target: Origin, url: str) -> None:
        if target.scheme == "http" and start.scheme == "https":
            raise RegistryError(
                f"cannot follow {start.host} to {url[:200]}: it leads from HTTPS to plain HTTP",
                "tell the registry's owner",
            )
        if target.scheme == "http" and not self.allows_plain(target.host, target.port):
            raise RegistryError(f"cannot follow {start.host} to {url[:200]}: plain HTTP", _insecure_hint(target))

    def _patient(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> "BaseHTTPResponse":
        for attempt in range(RETRIES + 1):
            answer = self._once(method, url, headers, body)
            if answer.status not in (429, 502, 503, 504) or attempt == RETRIES:
                break
            answer.close()
            _sleep(answer.headers.get("Retry-After", ""), attempt)
        return answer

    def _once(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> "BaseHTTPResponse":
        import urllib3

        where = origin(url)
        if where.scheme == "http" and not self.allows_plain(where.host, where.port):
            raise RegistryError(f"cannot ask {where.host}: plain HTTP is refused", _insecure_hint(where))
        try:
            return self._pool(where, url).request(
                method, url, headers=headers, body=body, redirect=False, retries=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise unreachable(where, error) from None

    def _settings_of(self, host: str, port: int) -> Any:
        name = f"[{host}]" if ":" in host else host
        named = self._settings.registry(f"{name}:{port}")
        return named if any(named) or port not in _PORTS.values() else self._settings.registry(name)

    def _pool(self, where: Origin, url: str) -> "PoolManager":
        import urllib3

        asked = self._settings_of(where.host, where.port)
        proxy = _proxy(where, url)
        key = (asked.insecure, asked.ca, proxy)
        if key not in self._pools:
            options: dict[str, Any] = {
                "timeout": urllib3.Timeout(connect=CONNECT, read=READ),
                "headers": {"User-Agent": "hull"},
                "maxsize": 4,
            }
            if where.scheme == "https" or proxy.startswith("https"):
                options["ssl_context"] = _tls(asked)
            self._pools[key] = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        return self._pools[key]


def _tls(asked: Any) -> Any:
    """Return a TLS context: the system's authorities (SSL_CERT_FILE moves them) and the one configured."""
    import ssl

    context = ssl.create_default_context()
    if asked.ca:
        try:
            context.load_verify_locations(asked.ca)
        except OSError as error:
            raise RegistryError(
                f"cannot use the authority {asked.ca}: {error}", "correct `ca` in config.toml"
            ) from None
    if asked.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _proxy(where: Origin, url: str) -> str:
    """Return the proxy that the environment names for a URL, "" for none; this machine is asked directly."""
    if is_loopback(where.host) or not any(key.lower().endswith("_proxy") for key in os.environ):
        return ""
    from urllib import request

    proxies = request.getproxies_environment()
    if request.proxy_bypass_environment(urlsplit(url).netloc, proxies):  # type: ignore[attr-defined]
        return ""
    proxy = proxies.get(where.scheme) or proxies.get("all") or ""
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"


def _sleep(asked: str, attempt: int) -> None:
    import time

    time.sleep(min(int(asked), WAIT_MOST) if asked.isdigit() else 0.2 * 4**attempt)


def unreachable(where: Origin, error: Exception) -> RegistryError:
    """Return the error for a host that cannot be talked to."""
    reason = getattr(error, "reason", None) or error
    hint = "check the name, the network and the proxy variables"
    if "CERTIFICATE_VERIFY_FAILED" in str(reason):
        hint = f'trust its authority: [registry."{where.host}:{where.port}"] ca = "/path/to/ca.pem" in config.toml'
    return RegistryError(f"cannot reach {where.host}:{where.port}: {str(reason)[:300]}", hint)


def _insecure_hint(where: Origin) -> str:
    return f'[registry."{where.host}:{where.port}"] insecure = true in config.toml allows it'
