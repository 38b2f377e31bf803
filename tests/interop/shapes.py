"""What an image may hold, made in a directory; a program: `shapes.py base|change DIRECTORY`, as root of a namespace.

`base` makes everything once. `change` is a second layer's worth: removals, replacements of every kind by others, a
directory made anew (opaque), metadata alone, a hard link to what lies below.
"""

import os
import shutil
import struct
import sys

# cap_net_bind_service+ep, with a byte that is no UTF-8 in the unused upper half.
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0x80, 0)


def base() -> None:
    """Fill the current directory."""
    os.makedirs("bin", exist_ok=True)
    shutil.copy(shutil.which("busybox") or "/bin/busybox", "bin/busybox")
    for applet in ("sh", "cat", "id", "true", "rm", "mkdir"):
        os.symlink("busybox", f"bin/{applet}")
    _modes()
    _names()
    _contents()
    for name in ("gone", "file-to-dir", "file-to-link", "mode-only", "owner-only", "time-only", "attribute-only"):
        _write(name, name.encode())
    for name in ("gone-dir", "anew", "dir-to-file", "dir-to-link", "keeps"):
        os.makedirs(f"{name}/below")
        _write(f"{name}/old", b"old")
        _write(f"{name}/below/old", b"old")
    os.symlink("gone", "link-to-file")
    os.symlink("keeps", "link-to-dir")
    _settle(1_500_000_000)


def change() -> None:
    """Change what `base` made."""
    os.unlink("gone")
    shutil.rmtree("gone-dir")
    shutil.rmtree("anew")
    os.mkdir("anew", 0o750)
    _write("anew/new", b"new")
    for name in ("file-to-dir", "file-to-link", "link-to-file", "link-to-dir"):
        os.unlink(name)
    for name in ("dir-to-file", "dir-to-link"):
        shutil.rmtree(name)
    for name in ("file-to-dir", "link-to-dir"):
        os.mkdir(name)
        _write(f"{name}/inside", b"inside")
    for name in ("dir-to-file", "link-to-file"):
        _write(name, b"now a file")
    for name in ("file-to-link", "dir-to-link"):
        os.symlink("keeps", name)
    os.unlink("keeps/old")
    _write("keeps/below/new", b"new")
    os.chmod("mode-only", 0o4711)
    os.chown("owner-only", 1234, 4321)
    os.utime("time-only", ns=(0, 1_234_567_890_123_456_789))
    os.setxattr("attribute-only", "user.added", b"value")
    os.link("hard/one", "hard/later")
    os.link("plain", "plain-later")


def _modes() -> None:
    for mode in (0o000, 0o400, 0o644, 0o755, 0o1644, 0o2755, 0o4755, 0o6711):
        _write(f"mode-{mode:o}", b"m")
        os.chmod(f"mode-{mode:o}", mode)
    for mode in (0o000, 0o555, 0o700, 0o1777, 0o2775, 0o3770):
        os.mkdir(f"dir-{mode:o}")
        _write(f"dir-{mode:o}/inside", b"i")
        os.chmod(f"dir-{mode:o}", mode)
    for uid, gid in ((0, 1), (1, 0), (1000, 1000), (65534, 65534), (65535, 3)):
        _write(f"owner-{uid}-{gid}", b"o")
        os.chown(f"owner-{uid}-{gid}", uid, gid)
    _write("owned-set-uid", b"s")
    os.chown("owned-set-uid", 7, 8)
    os.chmod("owned-set-uid", 0o6755)
    os.mkdir("owned-dir")
    os.chown("owned-dir", 7, 8)
    os.symlink("nowhere", "owned-link")
    os.chown("owned-link", 9, 10, follow_symlinks=False)
    os.mkfifo("pipe", 0o622)


def _names() -> None:
    os.mkdir("names")
    long = "/".join(["names", *("d" * 60 for _ in range(6))])
    os.makedirs(long)
    for name in ("x" * 255, "with space", "new\nline", "ünïcödé", "-dash", "back\\slash", ".hidden", "..dots", "a=b"):
        _write(f"names/{name}", b"n")
    _write(f"{long}/leaf", b"n")
    with open(b"names/latin-\xe9\xff", "wb") as file:
        file.write(b"n")
    os.symlink("t" * 300, "names/long-target")
    os.symlink("/bin/busybox", "names/absolute")
    os.symlink("../../../../outside", "names/upwards")
    os.symlink(b"latin-\xe9\xff", "names/latin-target")


def _contents() -> None:
    _write("plain", b"plain")
    _write("empty", b"")
    _write("block", b"b" * 512)
    os.mkdir("empty-dir")
    with open("sparse", "wb") as file:
        file.write(b"start")
        file.seek(3 << 20)
        file.write(b"middle")
        file.truncate(8 << 20)
    os.makedirs("hard/below")
    _write("hard/one", b"hard")
    for name in ("hard/two", "hard/below/three", "a-first"):
        os.link("hard/one", name)
    _write("capable", b"c")
    os.chmod("capable", 0o755)
    os.setxattr("capable", "security.capability", CAPABILITY)
    for name in ("attributes", "attributes-dir"):
        os.mkdir(name) if name.endswith("dir") else _write(name, b"a")
        os.setxattr(name, "user.text", b"some text")
        os.setxattr(name, "user.binary", bytes(range(256)))
        os.setxattr(name, "user.with space", b"=\n=")


def _write(name: str, data: bytes) -> None:
    with open(name, "wb") as file:
        file.write(data)


def _settle(start: int) -> None:
    """Give everything a time of its own in whole seconds: what some writers keep of one."""
    place = start
    for directory, directories, files in os.walk(b".", topdown=False):
        for name in sorted([*files, *directories]):
            place += 1
            os.utime(os.path.join(directory, name), (place, place), follow_symlinks=False)
    os.utime(".", (start, start))
    os.utime("names/-dash", (0, 0))
    os.utime("names/..dots", (1 << 33, 1 << 33))


if __name__ == "__main__":
    os.umask(0o022)
    os.chdir(sys.argv[2])
    {"base": base, "change": change}[sys.argv[1]]()
