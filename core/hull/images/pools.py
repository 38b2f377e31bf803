"""Pools of connections: time-outs, TLS and proxy of one kind of host, put into urllib3's words."""

import os
from urllib.parse import urlsplit

from hull.images import tls
from hull.images.urls import Origin, is_loopback
from hull.light import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urllib3 import PoolManager


def make(trust: "tls.Trust | None", proxy: str, *, timeout: tuple[float, float], blocksize: int) -> "PoolManager":
    """Return a pool; `timeout` is to connect and between two reads, seconds; `trust` None speaks plain HTTP only."""
    import urllib3

    connect, read = timeout
    options: dict[str, Any] = {
        "timeout": urllib3.Timeout(connect=connect, read=read),
        "maxsize": 4,
        "blocksize": blocksize,
    }
    if trust:
        options["ssl_context"] = tls.context(trust)
    made = urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
    if trust and trust.insecure:
        made.pool_classes_by_scheme = {**made.pool_classes_by_scheme, "https": _asked_for()}
    return made


def _asked_for() -> Any:
    """Return a pool class that does not warn of what config.toml asks for; a filter would be the whole shell's."""
    from urllib3.connectionpool import HTTPSConnectionPool

    class Insecure(HTTPSConnectionPool):
        def _validate_conn(self, conn: Any) -> None:
            if conn.is_closed:
                conn.connect()

    return Insecure


def proxy(where: Origin, url: str) -> str:
    """Return the proxy that the environment names for a URL, "" for none; this machine is asked directly."""
    if is_loopback(where.host) or not any(key.lower().endswith("_proxy") for key in os.environ):
        return ""
    from urllib import request

    proxies = request.getproxies_environment()
    if request.proxy_bypass_environment(urlsplit(url).netloc, proxies):  # type: ignore[attr-defined]
        return ""
    found = proxies.get(where.scheme) or proxies.get("all") or ""
    return found if "://" in found or not found else f"http://{found}"
