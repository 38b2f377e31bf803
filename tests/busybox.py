"""A small root file system made of this machine's static busybox, as a tar for `hull import`."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Mapping

Entry = bytes | str  # a regular file's content, or where a symbolic link points


def rootfs(entries: Mapping[str, Entry] | None = None) -> bytes:
    """Return the tar of a root file system: busybox, its applets, a passwd file, and some more entries."""
    entries = entries or {}
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name in ("bin", "etc", "tmp", "root", "usr", "var"):
            if name not in entries:
                tar.addfile(_info(name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755))
        with open(shutil.which("busybox") or "/bin/busybox", "rb") as program:
            content = program.read()
        tar.addfile(_info("bin/busybox", tarfile.REGTYPE, 0o755, len(content)), io.BytesIO(content))
        applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
        for applet in applets:
            if applet != "busybox":
                tar.addfile(_info(f"bin/{applet}", tarfile.SYMTYPE, 0o777, link="busybox"))
        for name, entry in {"etc/passwd": b"root:x:0:0::/root:/bin/sh\n", **entries}.items():
            if isinstance(entry, str):
                tar.addfile(_info(name, tarfile.SYMTYPE, 0o777, link=entry))
            else:
                tar.addfile(_info(name, tarfile.REGTYPE, 0o644, len(entry)), io.BytesIO(entry))
    return stream.getvalue()


def _info(name: str, kind: bytes, mode: int, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, size, link
    return info
