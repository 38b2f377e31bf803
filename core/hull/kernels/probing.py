"""What Python an image has, as the image's own Python says."""

from hull.light import NamedTuple

# Old Pythons run this, too.
SCRIPT = """
import json, os, platform, sys, sysconfig
try:
    import ipykernel
    own = ipykernel.__version__
except Exception:
    own = ""
try:
    libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
except Exception:
    libc = ""
print(json.dumps([sys.executable, list(sys.version_info[:3]), sysconfig.get_config_var("SOABI") or "",
                  platform.machine(), libc, platform.python_implementation(), own]))
"""
MUSL = ("musllinux_1_2", "musllinux_1_1")


class Python(NamedTuple):
    """An image's Python. `abi` is a wheel's tag (cp312); `glibc` the minor of 2.x, 0 for musl; `ipykernel` its own."""

    executable: str
    version: tuple[int, int, int]
    abi: str
    machine: str
    glibc: int
    ipykernel: str

    @property
    def short(self) -> str:
        """Return major and minor: 3.12."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Return the platform tags of wheels that it can load, the newest first."""
        if not self.glibc:
            return tuple(f"{name}_{self.machine}" for name in MUSL)
        return tuple(f"manylinux_2_{minor}_{self.machine}" for minor in range(self.glibc, 4, -1)) + tuple(
            f"{name}_{self.machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")
        )

    @property
    def tag(self) -> str:
        """Return what decides which wheels it takes, as one word."""
        libc = f"glibc2.{self.glibc}" if self.glibc else "musl"
        return f"{self.abi}-{libc}-{self.machine}"


def read(text: str) -> Python | None:
    """Return what SCRIPT printed; None where it is anything else, as from a PyPy."""
    import json

    try:
        executable, version, soabi, machine, libc, kind, own = json.loads(text)
    except ValueError:
        return None
    if kind != "CPython":
        return None
    abi = soabi.split("-")[1] if soabi.startswith("cpython-") else "".join(map(str, version[:2]))
    glibc = int(libc.split(".")[1]) if libc.startswith("glibc 2.") else 0
    return Python(executable, tuple(version), f"cp{abi}", machine, glibc, own)
