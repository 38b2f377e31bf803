"""What this host can do: one table, filled by trying, once a boot.

Nothing is probed behind anyone's back: `has` answers from the table and is hopeful about what nobody tried, so a start
costs no probe; `probe` tries, in a child, and remembers. The table is a file beside the sockets that do not survive a
boot; another boot, user, hull or helper binary starts it anew.
"""

import os
from collections.abc import Callable

from hull import __version__
from hull.kernel import programs
from hull.light import TYPE_CHECKING, Any
from hull.paths import Paths

if TYPE_CHECKING:
    from subprocess import Popen

HELPERS = ("newuidmap", "newgidmap", "fuse-overlayfs", "slirp4netns", "pasta")
FEATURES = (
    "user-namespace",
    "subordinate-range",
    "proc-mount",
    "overlay",
    "overlay-lowerdir-plus",
    "fuse-overlay",
    "link-up",
    "tun",
    "time-namespace",
)
TIMEOUT = 20  # seconds; an effect takes milliseconds

# Starts a program as root of a user namespace with the caller's map: engine.confine.
Run = Callable[..., "Popen[bytes]"]


class Host:
    """One machine, as one user may use it."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._programs: dict[str, str] = {}
        self._table: dict[str, str] | None = None

    def program(self, name: str) -> str:
        """Return a helper program's absolute path, "" if it is not installed."""
        if name not in self._programs:
            self._programs[name] = programs.find(name)
        return self._programs[name]

    def has(self, feature: str) -> bool:
        """Whether the feature works, or was never tried."""
        return not self.why(feature)

    def why(self, feature: str) -> str:
        """Return why the feature failed when it was tried, "" if it worked or was not tried."""
        return self._read().get(feature, "")

    def tried(self, feature: str) -> bool:
        """Whether the table knows the feature."""
        return feature in self._read()

    def probe(self, feature: str, run: Run) -> str:
        """Try a feature unless the table knows it; return why it fails, "" if it works."""
        if not self.tried(feature):
            self._write(feature, self.attempt("hull.kernel.effects", feature, run, self.program("fuse-overlayfs")))
        return self.why(feature)

    def help(self, program: str) -> str:
        """Return what `program` --help prints, asked once a boot: options are looked for there, never a version."""
        key = f"help {program}"
        if not self.tried(key):
            import subprocess

            done = subprocess.run(
                [program, "--help"], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False
            )
            self._write(key, (done.stdout + done.stderr).decode(errors="replace"))
        return self.why(key)

    def attempt(self, module: str, subject: str, run: Run, *words: str) -> str:
        """Run `python -m MODULE SUBJECT DIRECTORY WORDS…`, DIRECTORY in the store; return the last line if it fails."""
        import shutil
        import subprocess
        import sys
        import tempfile

        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        place = tempfile.mkdtemp(prefix="probe-", dir=self.paths.scratch)
        if os.geteuid() == 0:
            os.chmod(place, 0o777)  # noqa: S103 (for the mapped root; its name is not to be guessed below a 0711)
        argv = [sys.executable, "-m", module, subject, place, *words]
        child = run(argv, env=environment(), **options)
        try:
            text = child.communicate(timeout=TIMEOUT)[0].decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return f"no answer within {TIMEOUT} seconds"
        finally:
            shutil.rmtree(place, ignore_errors=True)
        return "" if child.returncode == 0 else text.splitlines()[-1] if text else f"exit code {child.returncode}"

    def forget(self) -> None:
        """Empty the table: everything is tried anew."""
        self._table = {}
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            return

    @property
    def _path(self) -> str:
        return f"{self.paths.runtime}/features"

    def _key(self) -> str:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            words = [file.read().strip(), str(os.geteuid()), __version__]
        paths = map(self.program, HELPERS)
        return " ".join([*words, *(str(os.stat(path).st_mtime_ns) if path else "-" for path in paths)])

    def _read(self) -> dict[str, str]:
        if self._table is None:
            self._table = {}
            try:
                with open(self._path, encoding="utf-8", errors="replace") as file:
                    records = file.read().split("\0")
            except FileNotFoundError:
                return self._table
            if records[0] == self._key():
                self._table = dict(zip(records[1::2], records[2::2], strict=False))
        return self._table

    def _write(self, feature: str, reason: str) -> None:
        table = self._read()
        table[feature] = reason.replace("\0", "")
        words = [self._key(), *(word for pair in table.items() for word in pair), ""]
        draft = f"{self._path}.{os.getpid()}"
        with open(draft, "w", encoding="utf-8") as file:
            file.write("\0".join(words))
        os.replace(draft, self._path)


def environment() -> dict[str, str]:
    """Return this process's environment, in which a child Python finds the same hull."""
    core = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (core, os.environ.get("PYTHONPATH", ""))))}
