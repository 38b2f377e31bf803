"""Where things are: XDG places for a user, /var/lib/hull for root."""

import os
import stat

from hull.errors import HostError
from hull.light import NamedTuple


class Paths(NamedTuple):
    """The directories of one user's hull. `data` survives a reboot; `runtime` does not; all absolute."""

    data: str
    runtime: str
    config: str

    @property
    def database(self) -> str:
        """The SQLite file."""
        return f"{self.data}/hull.db"

    @property
    def blobs(self) -> str:
        """Manifests and configs by digest, tar-splits by their layer's: blobs/sha256/<hex>, blobs/tar-split/<hex>."""
        return f"{self.data}/blobs"

    @property
    def containers(self) -> str:
        """One directory a container."""
        return f"{self.data}/containers"

    @property
    def volumes(self) -> str:
        """One directory a named volume, its content in _data."""
        return f"{self.data}/volumes"

    @property
    def scratch(self) -> str:
        """Unfinished things; on the same file system as everything that is published from it by rename."""
        return f"{self.data}/tmp"  # noqa: S108 (not the system's)

    @property
    def locks(self) -> str:
        """Lock files."""
        return f"{self.data}/locks"

    def layers(self, flavour: str) -> str:
        """Return where unpacked layers of one map flavour (range, single) live."""
        return f"{self.data}/layers" if flavour == "range" else f"{self.data}/layers-{flavour}"

    def container(self, ident: str) -> str:
        """Return one container's directory."""
        return f"{self.containers}/{ident}"


def find(environ: dict[str, str] | None = None) -> Paths:
    """Return this user's places, made if missing. `HULL_ROOT` moves all of them under one directory."""
    env = os.environ if environ is None else environ
    uid = os.geteuid()
    home = env.get("HOME") or _home(uid)
    if env.get("HULL_ROOT"):
        base = os.path.abspath(env["HULL_ROOT"])
        paths = Paths(base, f"{base}/run", f"{base}/config")
    elif uid == 0:
        paths = Paths("/var/lib/hull", "/run/hull", "/etc/hull")
    else:
        paths = Paths(
            f"{env.get('XDG_DATA_HOME') or home + '/.local/share'}/hull",
            _runtime(env.get("XDG_RUNTIME_DIR", ""), uid),
            f"{env.get('XDG_CONFIG_HOME') or home + '/.config'}/hull",
        )
    return paths


def prepare(paths: Paths) -> None:
    """Make the directories; a place of somebody else's is refused.

    Root's store is traversable (0711): the mapped ids of its containers must reach their layers. Others' is 0700.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    for path in (paths.data, paths.runtime):
        make_own(path, mode)
    closed = closed_above(paths.data) if os.geteuid() == 0 else ""
    if closed:
        raise HostError(
            f"cannot keep a store in {paths.data}: the ids of root's containers may not pass {closed}",
            f"set HULL_ROOT to a place that everyone may pass (the default is /var/lib/hull), or chmod o+x {closed}",
        )
    blobs = (f"{paths.blobs}/{kind}" for kind in ("sha256", "tar-split"))
    for path in (paths.containers, paths.volumes, paths.scratch, paths.locks, *blobs):
        os.makedirs(path, mode, exist_ok=True)
    for flavour in ("range", "single"):
        os.makedirs(paths.layers(flavour), mode, exist_ok=True)


def make_own(path: str, mode: int = 0o700) -> None:
    """Make a directory; one that somebody else can change is refused."""
    try:
        os.makedirs(path, mode, exist_ok=True)
        found = os.stat(path)
    except OSError as error:
        raise HostError(
            f"cannot make {path}: {error.strerror}", "set HULL_ROOT to a directory of your own on a local disk"
        ) from None
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise HostError(f"cannot use {path}: it is not yours alone", f"chmod go-w {path}, or set HULL_ROOT")


def closed_above(path: str) -> str:
    """Return the first directory on the way to `path` that strangers may not pass, "" if there is none."""
    place = "/"
    for name in os.path.realpath(path).strip("/").split("/")[:-1]:
        place = os.path.join(place, name)
        try:
            if not os.stat(place).st_mode & stat.S_IXOTH:
                return place
        except OSError:
            return ""
    return ""


def _home(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_dir
    except KeyError:
        raise HostError(f"cannot find a home directory for uid {uid}", "set HOME or HULL_ROOT") from None


def _runtime(asked: str, uid: int) -> str:
    if asked:
        return f"{asked}/hull"
    return f"/run/user/{uid}/hull" if os.path.isdir(f"/run/user/{uid}") else f"/tmp/hull-{uid}"  # noqa: S108 (prepare checks it)
