"""Platforms as Docker's clients say them, and Docker's words where they say none."""

import json
import re

from hull.errors import UserError
from hull.images import platforms

ARCHITECTURES = ("386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
                 "riscv64", "s390x", "wasm")  # fmt: skip
SYSTEMS = ("aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "macos", "netbsd",
           "openbsd", "plan9", "solaris", "wasip1", "windows")  # fmt: skip
COMPONENT = "^[A-Za-z0-9_.-]+$"


def asked(text: str) -> str:
    """Return os/arch of what a query asks, "" for nothing; what this machine has no images of is an error."""
    if not text:
        return ""
    parts = text.split("/")
    for part in parts:
        if not re.match(COMPONENT, part):
            raise UserError(
                f'"{part}" is an invalid component of "{text}": platform specifier component must match '
                f'"{COMPONENT}": invalid argument'
            )
    found = platforms.parse(text)
    if parts[0].lower() in SYSTEMS or len(parts) > 1:
        if parts[0].lower() != "linux":
            raise UserError("operating system is not supported")
    elif found.architecture not in ARCHITECTURES:
        raise UserError(f'"{text}": unknown operating system or architecture: invalid argument')
    return str(found)


def read(text: str) -> platforms.Platform:
    """Return the platform that a query names: its JSON object, or os/arch."""
    if not text.startswith("{"):
        return platforms.parse(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"invalid platform: {text[:100]!r} is no JSON") from None
    if not isinstance(found, dict) or not (found.get("os") and found.get("architecture")):
        raise UserError("invalid platform: both os and architecture are wanted")
    return platforms.of(found)
