"""B62: a volume's first use copies what the image has there, once, with owner, mode and xattrs (podman#7988)."""

import os

import pytest

from tests.commandline import CommandLine

SHOW = "stat -c '%u:%g %a' /data /data/f; cat /data/f; readlink /data/l"


def image(cli: CommandLine, tag: str, text: str) -> str:
    """Import an image whose /data is 1000:1000 0750 and holds a file and a link."""
    import io
    import tarfile

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar, open("/bin/busybox", "rb") as busybox:
        for name, mode in (
            ("bin", 0o755),
            ("proc", 0o755),
            ("sys", 0o755),
            ("dev", 0o755),
            ("etc", 0o755),
            ("data", 0o750),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            entry.uid = entry.gid = 1000 if name == "data" else 0
            tar.addfile(entry)
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = os.fstat(busybox.fileno()).st_size, 0o755
        tar.addfile(entry, busybox)
        for name in ("sh", "stat", "cat", "readlink"):
            entry = tarfile.TarInfo(f"bin/{name}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
        entry = tarfile.TarInfo("data/f")
        entry.size, entry.mode, entry.uid, entry.gid = len(text), 0o640, 1000, 1000
        tar.addfile(entry, io.BytesIO(text.encode()))
        entry = tarfile.TarInfo("data/l")
        entry.type, entry.linkname = tarfile.SYMTYPE, "../outside"
        tar.addfile(entry)
    cli("import", "-", tag, input=stream.getvalue(), check=True)
    return tag


@pytest.mark.needs("range")
def test_b62_the_first_use_copies_and_the_second_does_not_overwrite(fresh_cli: CommandLine) -> None:
    first, second = image(fresh_cli, "filled:1", "one"), image(fresh_cli, "filled:2", "two")
    expected = b"1000:1000 750\n1000:1000 640\none../outside\n"
    assert fresh_cli("run", "--rm", "-v", "b62:/data", first, "sh", "-c", SHOW, check=True).stdout == expected
    assert fresh_cli("run", "--rm", "-v", "b62:/data", second, "sh", "-c", SHOW, check=True).stdout == expected


def test_b62_nocopy_leaves_the_volume_empty(fresh_cli: CommandLine) -> None:
    first = image(fresh_cli, "filled:1", "one")
    assert (
        fresh_cli("run", "--rm", "-v", "b62n:/data:nocopy", first, "sh", "-c", "echo /data/*", check=True).stdout
        == b"/data/*\n"
    )


def test_b62_an_anonymous_volume_is_filled_and_goes_with_its_container(fresh_cli: CommandLine) -> None:
    first = image(fresh_cli, "filled:1", "one")
    assert fresh_cli("run", "--rm", "-v", "/data", first, "cat", "/data/f", check=True).stdout == b"one"
