"""Platforms as Docker writes them: os/architecture/variant, normalised as containerd does."""

import os

from hull.errors import UserError
from hull.light import Any, NamedTuple

_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "i386": ("386", ""),
    "i486": ("386", ""),
    "i586": ("386", ""),
    "i686": ("386", ""),
    "aarch64": ("arm64", ""),
    "armv8l": ("arm", "v8"),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "loongarch64": ("loong64", ""),
}
_DEFAULT_VARIANT = {"arm64": "v8", "arm": "v7", "amd64": "v1"}


class Platform(NamedTuple):
    """What an image is made for."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, self))

    def rank(self, offered: "Platform") -> int | None:
        """Return how well an offer fits, 0 best; None where it does not run here."""
        if (self.os, self.architecture) != (offered.os, offered.architecture):
            return None
        default = _DEFAULT_VARIANT.get(self.architecture, "")
        wanted, given = self.variant or default, offered.variant or default
        if wanted == given:
            return 0 if offered.variant == self.variant else 1
        wanted_number, given_number = wanted.removeprefix("v"), given.removeprefix("v")
        if wanted_number.isdigit() and given_number.isdigit() and int(given_number) < int(wanted_number):
            return 1 + int(wanted_number) - int(given_number)
        return None


def host() -> Platform:
    """Return this machine's platform."""
    return _normal("linux", os.uname().machine, "")


def parse(text: str) -> Platform:
    """Return the platform that `text` names: os/arch, os/arch/variant, or an architecture alone."""
    parts = text.lower().split("/")
    if not all(parts) or len(parts) > len(Platform._fields):
        raise UserError(f"cannot use the platform {text!r}", "write it as linux/amd64 or linux/arm/v7")
    if len(parts) == 1:
        return host() if parts[0] == "linux" else _normal("linux", parts[0], "")
    return _normal(parts[0], parts[1], parts[2] if parts[2:] else "")


def of(data: Any) -> Platform:
    """Return the platform of a manifest's or a config's JSON object; unknown/unknown where it says none."""
    values = data if isinstance(data, dict) else {}
    words = [str(values.get(key) or "") for key in ("os", "architecture", "variant")]
    return _normal(words[0] or "unknown", words[1] or "unknown", words[2])


def _normal(system: str, architecture: str, variant: str) -> Platform:
    name, implied = _ARCHITECTURES.get(architecture, (architecture, ""))
    return Platform(system, name, variant or implied)
