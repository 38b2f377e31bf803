"""A volume as `volume ls` and `volume inspect` show it."""

import re

from hull.commands import _asked, _volumes
from hull.engine import Engine
from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.storage.volumes import Volume

KEYS = ("dangling", "driver", "label", "label!", "name", "until")
HEADINGS = {
    "Name": "VOLUME NAME", "Driver": "DRIVER", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT", "Labels": "LABELS",
    "Links": "LINKS", "Size": "SIZE", "Availability": "AVAILABILITY", "Group": "GROUP", "Status": "STATUS",
    "CreatedAt": "CREATED AT",
}  # fmt: skip


class VolumeRow(NamedTuple):
    """One volume; `created` in seconds since the epoch, `users` are the names of the containers that mount it."""

    name: str
    driver: str
    mountpoint: str
    labels: dict[str, str]
    created: float
    anonymous: bool
    users: tuple[str, ...]

    def placeholders(self) -> dict[str, Any]:
        """Return what a template sees; Docker has no answer for most of it either."""
        from hull.units import moment

        return {
            **dict.fromkeys(("Links", "Size", "Availability", "Group", "Status"), "N/A"),
            "Name": self.name,
            "Driver": self.driver,
            "Scope": "local",
            "Mountpoint": self.mountpoint,
            "Labels": ",".join(f"{key}={value}" for key, value in self.labels.items()),
            "Label": lambda key: self.labels.get(key, ""),
            "CreatedAt": moment(self.created),
        }

    @staticmethod
    def headings() -> dict[str, Any]:
        """Return the columns of the placeholders."""
        return {**HEADINGS, "Label": str.upper}

    @staticmethod
    def layout(_rows: Any) -> tuple[str, ...]:
        """Return the columns of the table."""
        return ("Driver", "Name")


def listed(engine: Engine, words: tuple[str, ...]) -> list[VolumeRow]:
    """Return the volumes that the filters let through, by name."""
    asked = _asked.words(words, KEYS)
    using = _volumes.users(engine)
    rows = [
        VolumeRow(one.name, "local", one.path, one.labels, one.created, one.anonymous, tuple(using.get(one.name, ())))
        for one in engine.volumes.all()
    ]
    takes = _asked.prunable({key: values for key, values in asked.items() if key in _asked.PRUNING})
    return [
        row
        for row in rows
        if takes(row.created, row.labels)
        and all(any(test(row, value) for value in asked[key]) for key, test in TESTS.items() if key in asked)
    ]


def _named(row: VolumeRow, value: str) -> bool:
    try:
        return bool(re.search(value, row.name))
    except re.error as error:
        raise UserError(f"cannot filter by name={value}: {error}", "name takes a regular expression") from None


def _dangling(row: VolumeRow, value: str) -> bool:
    if value.lower() not in ("true", "1", "false", "0"):
        raise UserError(f"cannot filter by dangling={value}", "dangling=true or dangling=false")
    return (not row.users) is (value.lower() in ("true", "1"))


def _driven(_row: VolumeRow, value: str) -> bool:
    return value == "local"


TESTS = {"name": _named, "dangling": _dangling, "driver": _driven}


def document(engine: Engine, one: Volume) -> dict[str, Any]:
    """Return what `inspect` prints, in the shape of Docker's API."""
    from hull.commands._details import time_text

    return {
        "CreatedAt": time_text(one.created),
        "Driver": "local",
        "Labels": one.labels,
        "Mountpoint": one.path,
        "Name": one.name,
        "Options": one.options,
        "Scope": "local",
        "Hull": {"Anonymous": one.anonymous, "UsedBy": sorted(_volumes.users(engine).get(one.name, ()))},
    }
