"""`RUN --mount`: what each kind needs, put into the step's directory or the store, and the plan's mounts."""

import fcntl
import hashlib
import os
from collections.abc import Callable

from hull.builder.collecting import Selection
from hull.builder.origins import Origin
from hull.builder.state import State
from hull.builder.workshop import Workshop
from hull.dockerfile.model import Run, RunMount
from hull.errors import HullError, UserError
from hull.light import Any, NamedTuple
from hull.model import Mount

CACHES = "build-cache"  # below the store's data
SOCKET = "/run/buildkit/ssh_agent.{}"


class Mounted(NamedTuple):
    """What a step's mounts add: `mounts`, variables, and the locks of cache mounts, held until the step is done."""

    mounts: tuple[Mount, ...] = ()
    env: tuple[str, ...] = ()
    locks: tuple[int, ...] = ()


class Ways:
    """Where mounts come from: `origin` finds a stage, image or context."""

    def __init__(self, shop: Workshop, origin: Callable[[str], Origin]) -> None:
        self._shop, self._origin = shop, origin

    def key(self, mount: RunMount) -> list[Any]:
        """Return what of a mount decides the step's result: a secret's and a cache's content do not."""
        made = [mount.kind, mount.target, mount.readonly, mount.id, mount.env, mount.mode, mount.uid, mount.gid]
        if mount.kind == "bind":
            made.append(self._origin(mount.origin).select(self._shop, _selection(mount)).digest())
        return [*made, mount.size]

    def attach(self, state: State, instruction: Run, step: str) -> Mounted:
        """Make what the mounts need; on failure no lock is left."""
        mounts: list[Mount] = []
        env: list[str] = []
        locks: list[int] = []
        try:
            for number, mount in enumerate(instruction.mounts):
                made = getattr(self, f"_{mount.kind}")(state, mount, f"{step}/mount{number}", number, locks)
                if isinstance(made, str):
                    env.append(made)
                elif made is not None:
                    mounts.append(made)
                    if mount.kind == "ssh":
                        env.append(f"SSH_AUTH_SOCK={made.target}")
        except BaseException as error:
            for fd in locks:
                os.close(fd)
            if isinstance(error, HullError) and not hasattr(error, "line"):
                raise instruction.at.error(f"--mount: {error.message}", error.hint) from None
            raise
        return Mounted(tuple(mounts), tuple(env), tuple(locks))

    def _bind(self, state: State, mount: RunMount, place: str, _number: int, _locks: list[int]) -> Mount:
        """Copy what is bound: owners are the container's, and what is written to it is gone with the step."""
        picked = self._origin(mount.origin).select(self._shop, _selection(mount))
        self._shop.worker.ask("prepare", step=place, top="", stubs=[])
        single = picked.found is None or picked.found.single
        spot = {"path": "/source", "single": single, "chown": "", "chmod": ""}
        picked.place(place, [], state.directories, spot)
        return Mount("bind", f"{place}/upper/source", _target(state, mount.target), mount.readonly)

    def _cache(self, state: State, mount: RunMount, _place: str, _number: int, locks: list[int]) -> Mount:
        target = _target(state, mount.target)
        name = hashlib.sha256((mount.id or target).encode()).hexdigest()[:24]
        base = f"{self._shop.engine.paths.data}/{CACHES}"
        os.makedirs(base, 0o711, exist_ok=True)
        if self._shop.owner and os.stat(base).st_uid != self._shop.owner[0]:
            os.chown(base, *self._shop.owner)
        path, fd = _claimed(f"{base}/{name}", mount.sharing, self._shop.flavour)
        locks.append(fd)
        mode = 0o755 if mount.mode is None else mount.mode
        if mount.origin and not os.path.isdir(path):
            self._filled(state, mount, path)
        self._shop.worker.ask("cache", path=path, mode=mode, uid=mount.uid, gid=mount.gid)
        return Mount("bind", path, target, mount.readonly)

    def _filled(self, state: State, mount: RunMount, path: str) -> None:
        """Begin a cache with what `from` names."""
        picked = self._origin(mount.origin).select(self._shop, _selection(mount))
        place = f"{path}.new"
        self._shop.worker.ask("prepare", step=place, top="", stubs=[])
        spot = {"path": "/source/", "single": False, "chown": "", "chmod": ""}
        picked.place(place, [], state.directories, spot)
        os.rename(f"{place}/upper/source", path)
        self._shop.worker.ask("remove", paths=[place])

    def _tmpfs(self, state: State, mount: RunMount, _place: str, _number: int, _locks: list[int]) -> Mount:
        options = (f"size={mount.size}",) if mount.size else ()
        return Mount("tmpfs", "", _target(state, mount.target), options=("exec", "mode=1777", *options))

    def _secret(self, state: State, mount: RunMount, _place: str, number: int, _locks: list[int]) -> Mount | str | None:
        """Give a secret as a file on the runtime directory's memory, or as a variable; never in a layer."""
        ident = mount.id or os.path.basename(mount.source or mount.target)
        data = self._shop.granted.secret(ident)
        if data is None:
            if mount.required:
                raise UserError(f"the secret {ident} is required", f"give it: --secret id={ident},src=FILE")
            return None
        if mount.env and not mount.target:
            return f"{mount.env}={data.decode('utf-8', 'surrogateescape')}"
        directory = self._shop.private()
        path = f"{directory}/secret{number}-{os.urandom(4).hex()}"
        mode = 0o400 if mount.mode is None else mount.mode
        self._shop.worker.ask(
            "file", feed=lambda sink: sink.write(data), path=path, mode=mode, uid=mount.uid, gid=mount.gid
        )
        return Mount("bind", path, _target(state, mount.target or f"/run/secrets/{ident}"), readonly=True)

    def _ssh(self, state: State, mount: RunMount, _place: str, number: int, _locks: list[int]) -> Mount | None:
        ident = mount.id or "default"
        socket = self._shop.granted.agents.get(ident, "")
        if not socket:
            if mount.required:
                raise UserError(f"the agent {ident} is required", f"give it: --ssh {ident}")
            return None
        return Mount("bind", socket, _target(state, mount.target or SOCKET.format(number)))


def _target(state: State, path: str) -> str:
    return os.path.normpath(os.path.join(state.workdir, path))


def _selection(mount: RunMount) -> Selection:
    return Selection((mount.source or ".",), label="mount")


def _claimed(path: str, sharing: str, flavour: str) -> tuple[str, int]:
    """Return a cache's directory and its lock: shared, alone (locked), or alone on one that nobody has (private)."""
    number = 0
    while True:
        found = f"{path}-{flavour}" + (f"-{number}" if number else "")
        fd = os.open(f"{found}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if sharing == "private":
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                fcntl.flock(fd, fcntl.LOCK_EX if sharing == "locked" else fcntl.LOCK_SH)
        except BlockingIOError:
            os.close(fd)
            number += 1
            continue
        os.utime(fd)  # prune asks when it was last used
        return found, fd
