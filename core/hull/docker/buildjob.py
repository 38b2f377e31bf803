"""One build of BuildKit's clients, carried out: from what the client lends to what it is answered."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import IO

from hull.builder import history, session, workshop
from hull.builder.building import Built
from hull.builder.granted import Granted
from hull.docker import buildkit, buildlent, buildstatus
from hull.engine import Engine
from hull.images.credentials import Credentials
from hull.output import Piece
from hull.storage import overlay

Tell = Callable[[bytes], object]
HUB = "registry-1.docker.io"  # what BuildKit calls Docker's own registry
STREAMS = ("local", "tar", "docker", "oci")  # exporters whose result the client gets


class Lent(Granted):
    """Secrets, agents and credentials of the client, asked for when a step needs them."""

    def __init__(self, client: buildlent.Client, place: str, owner: tuple[int, int] | None) -> None:
        super().__init__()
        self._client = client
        self.agents = Agents(client, place, owner)

    def secret(self, ident: str) -> bytes | None:
        """Return a secret's content, None where the client lends none of that name."""
        return self._client.secret(ident)

    def credentials(self, registry: str) -> Credentials | None:
        """Return who the client is at a registry; None where it names nobody."""
        host = HUB if registry == "docker.io" else registry
        user, secret = self._client.credentials(host)
        if user or secret:
            return Credentials(user, secret) if user else Credentials(token=secret)
        fetch = partial(self._client.token, host)
        return Credentials(fetch=fetch) if fetch("", "", []) else None


class Agents(dict[str, str]):
    """The sockets of the client's agents by their names, each made when it is first asked for: `owner`'s, or ours."""

    def __init__(self, client: buildlent.Client, place: str, owner: tuple[int, int] | None) -> None:
        super().__init__()
        self._client, self._place, self._owner = client, place, owner
        self._turn = threading.Lock()

    def get(self, ident: str, usual: str = "") -> str:  # type: ignore[override]  # it is always a text
        """Return the socket of an agent, `usual` where the client lends none of that name."""
        with self._turn:
            if ident not in self and self._client.agent(ident):
                path = f"{self._place}/agent{len(self)}"
                self._client.lend(ident, path)
                if self._owner:
                    os.chown(path, *self._owner)
                os.chmod(path, 0o600)
                self[ident] = path
            return super().get(ident, usual)


def build(
    engine: Engine, wanted: buildkit.Wanted, client: buildlent.Client, told: buildstatus.Statuses, tell: Tell
) -> dict[str, str]:
    """Build; return what the exporters answer. Everything that is told is an encoded Status."""
    buildkit.refuse(wanted)
    with contextlib.ExitStack() as stack:
        owner = overlay.owner_of(engine.identity())
        sockets = stack.enter_context(tempfile.TemporaryDirectory(prefix="buildkit-", dir=engine.paths.runtime))
        os.chmod(sockets, 0o711 if owner else 0o700)
        place = stack.enter_context(workshop.scratch(engine))
        found = buildlent.find(wanted.attributes, client, lambda text: tell(told.note(text)))
        if found.sent is not None and found.sent.file is not None:
            stack.enter_context(found.sent.file)
        told.read(found)
        names = tuple(_kept(name, value, place) for name, value in buildlent.named(wanted.attributes, client))
        places = [f"{place}/out{number}" for number in range(len(wanted.exporters))]
        asked = buildkit.asked(wanted, found, places, names)
        about = (wanted.about or history.About(""))._replace(attributes=tuple(wanted.attributes.items()))
        steps = session.run(engine, asked, told, Lent(client, sockets, owner), about)
        with contextlib.closing(steps):
            built = _followed(steps, tell)
        for number, (kind, _) in enumerate(wanted.exporters):
            if kind in STREAMS:
                with open(places[number], "rb") as file:
                    client.send(file, number, tree=kind == "local")
        tell(told.exported(built))
    return history.answered(built)


def _followed(steps: Generator[Piece, None, Built], tell: Tell) -> Built:
    while True:
        try:
            tell(next(steps).data)
        except StopIteration as end:
            built: Built = end.value
            return built


def _kept(name: str, value: str | IO[bytes], place: str) -> str:
    """Return the word of --build-context that a further context is."""
    if isinstance(value, str):
        return f"{name}={value.replace('docker-image:', 'docker-image://', 1) if '://' not in value else value}"
    path = f"{place}/context-{os.urandom(6).hex()}"
    with value, open(path, "wb") as file:
        while chunk := value.read(1 << 20):
            file.write(chunk)
    return f"{name}={path}"
