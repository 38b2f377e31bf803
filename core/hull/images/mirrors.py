"""Whom to ask for what a reference names: the mirrors that config.toml says, in order, then the registry itself.

Whoever is said to ask is told to the registry itself alone: a mirror has its own users.
"""

from collections.abc import Callable

from hull.config import Settings
from hull.errors import RegistryError
from hull.images.reference import Reference
from hull.images.registry import Registry
from hull.light import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    from hull.images.credentials import Credentials

    R = TypeVar("R")


def ask(
    reference: Reference, settings: Settings, credentials: "Credentials | None", act: "Callable[[Registry], R]"
) -> "R":
    """Return what the first gives that can."""
    for mirror in settings.registry(reference.registry).asked_first:
        try:
            return act(Registry(reference, settings, mirror))
        except RegistryError:
            pass  # what the mirror cannot give, the registry itself may
    return act(Registry(reference, settings, credentials=credentials))
