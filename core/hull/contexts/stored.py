"""Hull's own list of contexts: one file each in the directory of settings, 0600, replaced whole by rename.

A file holds the PEM texts too: one rename publishes an address and its keys together.
"""

import json
import os

from hull.contexts import chosen
from hull.contexts.context import DEFAULT, DOCKER, HULL, MOST, THEIRS, Context, checked
from hull.errors import Conflict, HostError, HullError, Missing, UserError
from hull.light import Any

LOCAL = Context(DEFAULT, description="This machine")


class Stored:
    """The list in one directory of settings; Docker's own contexts are found after hull's."""

    def __init__(self, config: str, environ: dict[str, str]) -> None:
        self._config = config
        self._places = f"{config}/contexts"
        self._environ = environ

    def all(self) -> list[Context]:
        """Return every context: this machine, hull's by name, Docker's by name where hull has none of that name.

        One whose file is broken is there with its `fault`: it does not hide the others.
        """
        from hull.contexts import dockers

        own = [self._readable(name) for name in self._names()]
        taken = {one.name for one in own}
        theirs = dockers.all_(self._environ)
        return [LOCAL, *own, *(one if one.name not in taken else dockers.prefixed(one) for one in theirs)]

    def find(self, name: str) -> Context:
        """Return a context, or Missing."""
        if name in ("", DEFAULT):
            return LOCAL
        if not name.startswith(THEIRS) and os.path.lexists(self._path(name)):
            return self.read(name)
        from hull.contexts import dockers

        found = next((one for one in dockers.all_(self._environ) if name in (one.name, f"docker:{one.name}")), None)
        if found is None:
            raise Missing(f"no such context: {name}", "hull context ls lists them; hull context create makes one")
        if found.fault:
            raise HostError(found.fault, "docker context ls tells what Docker's client says of it")
        return found

    def read(self, name: str) -> Context:
        """Return one of hull's own."""
        path = self._path(name)
        try:
            with open(path, encoding="utf-8") as file:
                return decode(name, json.loads(file.read(MOST)))
        except FileNotFoundError:
            raise Missing(f"no such context: {name}", "hull context ls lists them") from None
        except (OSError, ValueError, TypeError) as error:
            raise HostError(f"cannot read the context {name}: {path}: {error}", f"hull context rm -f {name}") from None

    def _readable(self, name: str) -> Context:
        try:
            return self.read(name)
        except HullError as error:
            return Context(name, kind=HULL, fault=error.message)

    def add(self, context: Context) -> None:
        """Keep a new one."""
        checked(context.name)
        if os.path.lexists(self._path(context.name)):
            raise Conflict(f"context {context.name!r} already exists", f"hull context update {context.name} …")
        self.write(context)

    def write(self, context: Context) -> None:
        """Keep one, in the place of what had its name."""
        os.makedirs(self._places, 0o700, exist_ok=True)
        _publish(self._path(context.name), json.dumps(encode(context), indent=2))

    def remove(self, name: str, *, force: bool) -> None:
        """Forget one; that which is in use only by force."""
        if name == DEFAULT:
            raise UserError("cannot remove the context default: it is this machine", "hull context ls lists the others")
        if not force and chosen.used(self._config) == name:
            raise Conflict(f"context {name!r} is in use", f"hull context use default, or hull context rm -f {name}")
        try:
            os.unlink(self._path(name))
        except FileNotFoundError:
            if self.find(name).owner != "hull":
                raise UserError(f"cannot remove {name}: it is Docker's", f"docker context rm {name}") from None
            raise Missing(f"no such context: {name}", "hull context ls lists them") from None
        if chosen.used(self._config) == name:
            self.use(DEFAULT)

    def use(self, name: str) -> None:
        """Let commands that name none go there."""
        self.find(name)
        if name == DEFAULT:
            if os.path.lexists(f"{self._config}/context"):
                os.unlink(f"{self._config}/context")
            return
        os.makedirs(self._config, 0o700, exist_ok=True)
        _publish(f"{self._config}/context", name)

    def _names(self) -> list[str]:
        try:
            return sorted(file[:-5] for file in os.listdir(self._places) if file.endswith(".json"))
        except FileNotFoundError:
            return []

    def _path(self, name: str) -> str:
        if not name or "/" in name or name.startswith("."):
            raise Missing(f"no such context: {name}", "hull context ls lists them")
        return f"{self._places}/{name}.json"


def encode(context: Context) -> dict[str, Any]:
    """Return plain JSON types."""
    return {key: value for key, value in context._asdict().items() if key not in ("name", "owner", "fault")}


def decode(name: str, data: dict[str, Any]) -> Context:
    """Rebuild one; a kind that this hull does not know is an error, and so is a field of another type."""
    found = Context(name, **data)
    odd = [field for field, usual in Context._field_defaults.items() if type(getattr(found, field)) is not type(usual)]
    if odd:
        raise TypeError(f"{odd[0]} is no {type(Context._field_defaults[odd[0]]).__name__}")
    if found.kind not in (HULL, DOCKER):
        raise ValueError(f"unknown kind {found.kind!r}")
    return found


def _publish(path: str, text: str) -> None:
    import tempfile

    fd, scratch = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")  # 0600
    try:
        with open(fd, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.rename(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise
