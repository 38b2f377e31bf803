"""Settings from config.toml, read when first asked.

[registry."host:port"]
insecure = true             # plain HTTP, or HTTPS whose certificate nobody vouches for
ca = "/path/to/ca.pem"      # trust this authority for this registry only
cert = "/path/to/cert.pem"  # show this certificate to the registry
key = "/path/to/key.pem"    # its key, where it is not in the same file
mirror = "https://host"     # ask here first, for pulls
mirrors = ["https://a", "https://b"]  # several, in this order

[run]
egress = ["dns", "example.org:443"]  # what containers may reach where no --egress is said; --egress all lifts it
http_proxy = true           # pass the proxy variables of the shell on; --http-proxy=false does not

[network]
warm = false                # no network namespace made ahead in a shell or notebook

[try]
profile = "agent"           # where hull try says no --profile; [try.profiles.NAME] makes ones of your own (docs/TRY.md)

[keep]
count = 50                  # keeps whose old versions stay for hull undo; hull prune removes older ones

[store]
shared = ["/path/to/a/store"]  # of somebody else's: its images are listed and run, it is never written
"""

import os

from hull.errors import UserError
from hull.light import Any, NamedTuple
from hull.model import from_json


class RegistrySettings(NamedTuple):
    """What the user says of one registry."""

    insecure: bool = False
    ca: str = ""
    mirror: str = ""
    mirrors: tuple[str, ...] = ()
    cert: str = ""
    key: str = ""

    @property
    def asked_first(self) -> tuple[str, ...]:
        """The mirrors to ask before the registry itself, in order."""
        return (self.mirror, *self.mirrors) if self.mirror else self.mirrors


class Settings(NamedTuple):
    """The whole file as tables; `path` for messages."""

    path: str
    tables: dict[str, Any]

    def registry(self, host: str) -> RegistrySettings:
        """Return the settings of `host`, a name with its port where the reference has one."""
        tables = self.tables.get("registry", {})
        if not isinstance(tables, dict) or not isinstance(tables.get(host, {}), dict):
            raise UserError(f"cannot use {self.path}: [registry] is no table of tables", "see the docs")
        table = from_json(tables.get(host, {}))
        unknown = set(table) - set(RegistrySettings._fields)
        if unknown:
            raise UserError(
                f"cannot use {self.path}: unknown setting {min(unknown)!r} for the registry {host}",
                f"known are {', '.join(RegistrySettings._fields)}",
            )
        for key, value in table.items():
            sound = type(value) is type(RegistrySettings._field_defaults[key])
            if not sound or (isinstance(value, tuple) and not all(isinstance(one, str) for one in value)):
                raise UserError(
                    f"cannot use {self.path}: {key} of the registry {host} has the wrong type", "see the docs"
                )
        return RegistrySettings(**table)

    @property
    def egress(self) -> tuple[str, ...]:
        """What containers may reach where nothing is said."""
        return self._words("run", "egress", "words")

    @property
    def http_proxy(self) -> bool:
        """Whether containers get the caller's proxy variables where nothing is said."""
        return self._switch("run", "http_proxy", usual=False)

    @property
    def warm(self) -> bool:
        """Whether a session makes a network namespace ahead."""
        return self._switch("network", "warm", usual=True)

    @property
    def keeps(self) -> int:
        """How many keeps stay to be undone when the store is pruned."""
        table = self.tables.get("keep", {})
        found = table.get("count", 50) if isinstance(table, dict) else None
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise UserError(f"cannot use {self.path}: count in [keep] is no number of keeps", "count = 50")
        return found

    @property
    def shared(self) -> tuple[str, ...]:
        """The stores of others under one's own."""
        return self._words("store", "shared", "directories")

    def _words(self, name: str, key: str, what: str) -> tuple[str, ...]:
        table = self.tables.get(name, {})
        found = table.get(key, []) if isinstance(table, dict) else None
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise UserError(f"cannot use {self.path}: {key} in [{name}] is no list of {what}", "see the docs")
        return tuple(found)

    def _switch(self, name: str, key: str, *, usual: bool) -> bool:
        table = self.tables.get(name, {})
        found = table.get(key, usual) if isinstance(table, dict) else None
        if not isinstance(found, bool):
            raise UserError(
                f"cannot use {self.path}: {key} in [{name}] is neither true nor false",
                f"{key} = {str(not usual).lower()}",
            )
        return found


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
