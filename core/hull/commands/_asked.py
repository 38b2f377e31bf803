"""--filter words, of every verb: which keys were asked for with which values, and what labels and times mean.

Values of one key are alternatives, those of `label` and `label!` hold all at once, and so do keys.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from hull.errors import UserError

PRUNING = ("until", "label", "label!")


def words(said: Iterable[str], known: Iterable[str]) -> dict[str, list[str]]:
    """Return the values of each key; a word that is not KEY=VALUE with a known key is an error."""
    asked: dict[str, list[str]] = {}
    keys = tuple(known)
    for word in said:
        key, equals, value = word.partition("=")
        if not equals or key not in keys:
            raise UserError(f"cannot filter by {word!r}", f"use KEY=VALUE; the keys are {', '.join(keys)}")
        asked.setdefault(key, []).append(value)
    return asked


def decide(key: str) -> Callable[[Iterable[bool]], bool]:
    """Return how the answers for a key's values are one."""
    return all if key.startswith("label") else any


def labelled(labels: Mapping[str, str], value: str) -> bool:
    """Whether there is such a label: KEY, or KEY=VALUE."""
    key, equals, wanted = value.partition("=")
    return key in labels and (not equals or labels[key] == wanted)


def until(value: str) -> float | None:
    """Return the time that `until=` means in seconds since the epoch; None where it sets no limit."""
    from hull.commands import _times

    if not value:
        raise UserError("cannot filter by until=: no time", "write until=24h, or a date")
    found = _times.moment(value, "--filter until", time.time())
    return None if found is None else found / _times.SECOND


def prunable(asked: dict[str, list[str]]) -> Callable[[float, Mapping[str, str]], bool]:
    """Return what decides by PRUNING's keys from when a thing was made and its labels."""
    limits = [until(value) for value in asked.get("until", ())]

    def takes(created: float, labels: Mapping[str, str]) -> bool:
        early = not limits or any(limit is None or created < limit for limit in limits)
        having = all(labelled(labels, value) for value in asked.get("label", ()))
        return early and having and not any(labelled(labels, value) for value in asked.get("label!", ()))

    return takes
