"""Ask a registry whether credentials are good, before anybody keeps them."""

from hull.config import Settings
from hull.errors import RegistryError, UserError
from hull.images import reference
from hull.images.credentials import Credentials
from hull.images.registry import Registry

DOCKER_NAMES = ("", "docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


def name(text: str) -> str:
    """Return the registry that `text` means: HOST[:PORT], also as a URL; "" is Docker's."""
    host = (text.partition("://")[2] or text).partition("/")[0]
    if host in DOCKER_NAMES:
        return "docker.io"
    if reference.parse(f"{host}/image").registry != host:
        raise UserError(f"cannot use {text!r} as a registry", "write it as HOST[:PORT], for example localhost:5000")
    return host


def check(registry: str, found: Credentials, settings: Settings) -> None:
    """Return if the registry takes the credentials; else an error says what it answered."""
    asked = Registry(reference.parse(f"{registry}/image"), settings, credentials=found, scoped=False)
    try:
        with asked.request("GET", "/v2/", {}) as answer:
            answer.read(1 << 16)
    except RegistryError as error:
        raise type(error)(f"cannot log in to {registry}: {error.message}", error.hint) from None
