"""Whether a registry is asked over HTTPS or HTTP.

Plain HTTP is tried first on this machine, last where settings call the registry insecure, and nowhere else.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from hull.config import Settings
from hull.errors import HullError, RegistryError
from hull.images.http import Http
from hull.images.reference import Reference
from hull.images.urls import is_loopback


def find(reference: Reference, settings: Settings, http: Http) -> str:
    """Return scheme and host of a reference's registry."""
    host, asked = reference.host, settings.registry(reference.registry)
    schemes = ["https"]
    if asked.insecure:
        schemes = ["https", "http"]
    elif is_loopback(urlsplit(f"//{host}").hostname or "") and not (asked.ca or asked.cert):
        schemes = ["http", "https"]
    return f"{schemes[0]}://{host}" if len(schemes) == 1 else _probe(http, [f"{s}://{host}" for s in schemes])


def _probe(http: Http, bases: list[str]) -> str:
    failure: HullError | None = None
    for base in bases:
        try:
            with http.get(f"{base}/v2/", {}) as answer:
                if answer.response.status != HTTPStatus.BAD_REQUEST:  # what a TLS server says to plain HTTP
                    return base
        except RegistryError as error:
            failure = failure or error
    raise failure or RegistryError(f"cannot reach {bases[0]}: it speaks neither HTTP nor HTTPS", "check the address")
