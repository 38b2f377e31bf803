"""An image with a Python's program: its modules are for a volume, they are many."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from typing import NamedTuple

from tests.busybox import rootfs

LOADED_BY_WHEELS = (
    "librt.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "libutil.so.1",
    "libm.so.6",
    "libgcc_s.so.1",
    "libstdc++.so.6",
)
ASK = "import sys, sysconfig; print(sys.version_info[1], sysconfig.get_path('stdlib'), sys.executable)"


class Python(NamedTuple):
    """An image's tar with /usr/local/bin/python3, and the words of run that mount its standard library."""

    rootfs: bytes
    words: tuple[str, ...]


def boxed(python: str = "") -> Python:
    """Return that Python, or this one, in a small root file system."""
    python = python or getattr(sys, "_base_executable", sys.executable)
    said = subprocess.run([python, "-I", "-c", ASK], check=True, capture_output=True, text=True).stdout.split()
    minor, stdlib, python = said[0], said[1], os.path.realpath(said[2])
    stream = io.BytesIO(rootfs())
    with tarfile.open(fileobj=stream, mode="a") as tar:
        tar.add(python, f"usr/local/bin/python3.{minor}", filter=_plain)
        link = tarfile.TarInfo("usr/local/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, f"python3.{minor}"
        tar.addfile(link)
        for library in _libraries([python, *_extensions(stdlib)]):
            tar.add(os.path.realpath(library), library.lstrip("/"), filter=_plain)
    return Python(stream.getvalue(), ("-v", f"{stdlib}:/usr/local/lib/python3.{minor}:ro"))


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode |= 0o444
    return info


def _extensions(stdlib: str) -> list[str]:
    place = f"{stdlib}/lib-dynload"
    return [f"{place}/{name}" for name in os.listdir(place)]


def _libraries(programs: list[str]) -> set[str]:
    """Return the shared objects that these load, by the names they look them up."""
    listed = subprocess.run(
        [shutil.which("ldd") or "/usr/bin/ldd", *programs], capture_output=True, text=True, check=False
    )
    words = (word for line in listed.stdout.splitlines() if line.startswith("\t") for word in line.split())
    found = {word for word in words if word.startswith("/")}
    beside = os.path.dirname(next(word for word in found if os.path.basename(word) == "libc.so.6"))
    return found | {f"{beside}/{name}" for name in LOADED_BY_WHEELS if os.path.exists(f"{beside}/{name}")}
