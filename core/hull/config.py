"""Settings from config.toml, read when first asked.

[registry."host:port"]
insecure = true             # plain HTTP, or HTTPS whose certificate nobody vouches for
ca = "/path/to/ca.pem"      # trust this authority for this registry only
mirror = "https://host"     # ask here first
"""

import os

from hull.errors import UserError
from hull.light import Any, NamedTuple


class RegistrySettings(NamedTuple):
    """What the user says of one registry."""

    insecure: bool = False
    ca: str = ""
    mirror: str = ""


class Settings(NamedTuple):
    """The whole file as tables; `path` for messages."""

    path: str
    tables: dict[str, Any]

    def registry(self, host: str) -> RegistrySettings:
        """Return the settings of `host`, a name with its port where the reference has one."""
        table = self.tables.get("registry", {}).get(host, {})
        unknown = set(table) - set(RegistrySettings._fields)
        if unknown:
            raise UserError(
                f"cannot use {self.path}: unknown setting {min(unknown)!r} for the registry {host}",
                f"known are {', '.join(RegistrySettings._fields)}",
            )
        for key, value in table.items():
            if type(value) is not type(RegistrySettings._field_defaults[key]):
                raise UserError(
                    f"cannot use {self.path}: {key} of the registry {host} has the wrong type", "see the docs"
                )
        return RegistrySettings(**table)


def load(directory: str) -> Settings:
    """Return the settings of `directory`/config.toml; a missing file is an empty one."""
    path = os.path.join(directory, "config.toml")
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below; a missing file must not cost the import)
    except FileNotFoundError:
        return Settings(path, {})
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", f"chmod u+r {path}") from None
    import tomllib

    with file:
        try:
            return Settings(path, tomllib.load(file))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read {path}: {error}", "correct the file, or move it away") from None
