"""diff tells what a scan of both whole trees would, whatever happened to the upper directory on the way."""

import io
import random
import tarfile

import pytest

from tests.commandline import CommandLine

PLACEHOLDERS = {"proc", "sys", "dev", "etc/resolv.conf", "etc/hostname", "etc/hosts"}
BASE = (
    "mkdir -p /w/d1/s /w/d2 /w/d3/x/y;"
    "for i in 1 2 3 4; do echo $i >/w/f$i; echo $i >/w/d1/f$i; echo $i >/w/d3/x/f$i; done;"
    "ln -s f1 /w/l; ln /w/f1 /w/h; mkfifo /w/p; echo a >/w/same; touch -d @1000 /w/same"
)
STEPS = (
    "rm -rf /w/d1; mkdir /w/d1; echo new >/w/d1/f2",  # opaque
    "rm -rf /w/d3/x",
    "rm /w/f1",
    "chmod 700 /w/d2",
    "chmod 600 /w/f2; chmod 644 /w/f2",  # copied up, no change
    "chmod 600 /w/f3",
    "rm -rf /w/d2; echo file >/w/d2",
    "rm /w/f4; mkdir /w/f4; echo x >/w/f4/x",
    "touch -d @5 /w/f4",
    "ln -sf f2 /w/l",
    "echo b >/w/same; touch -d @1000 /w/same",  # only the content differs
    "mkdir -p /n/m; echo 1 >/n/m/o; rm -rf /n/m",
    "touch /w/.wh.name /w/d3/.wh..wh..opq",
    "mv /w/d1 /w/moved 2>/dev/null || cp -a /w/d1 /w/moved",
    "echo more >>/w/h",
    "rm /w/p",
)


@pytest.fixture(scope="module")
def based(cli: CommandLine) -> str:
    """Give an image with a few files of every kind."""
    cli("run", "--name", "diff-base", "--network", "none", "busybox", "sh", "-c", BASE, check=True)
    ident = cli("commit", "diff-base", "diff-image", check=True).stdout.decode().strip()
    cli("rm", "diff-base", check=True)
    return ident


def scan(cli: CommandLine, container: str) -> dict[str, tuple[object, ...]]:
    """Return everything of the exported tree that a change could touch."""
    with tarfile.open(fileobj=io.BytesIO(cli("export", container, check=True).stdout)) as tar:
        found = {}
        for info in tar:
            content = tar.extractfile(info).read() if info.isreg() or info.islnk() else b""
            kind = "-" if info.islnk() else info.type  # a hard link is a file with two names
            kind = "-" if info.isreg() else kind
            mtime = info.pax_headers.get("mtime", str(info.mtime))
            found[info.name] = (kind, info.mode, info.uid, info.gid, mtime, info.linkname * info.issym(), content)
    return found


def expected(before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> set[str]:
    """Compare two scans by Docker's rules."""
    gone = {p for p in before.keys() - after.keys() if p.rpartition("/")[0] in after or "/" not in p}
    lines = {f"D /{p}" for p in gone} | {f"A /{p}" for p in after.keys() - before.keys() if p not in PLACEHOLDERS}
    changed = {p for p in before.keys() & after.keys() if before[p] != after[p]}
    for path in {line[3:] for line in lines} | set(changed):
        parts = path.split("/")
        changed |= {p for n in range(1, len(parts)) if (p := "/".join(parts[:n])) in before and p in after}
    return lines | {f"C /{p}" for p in changed if p != "."}


@pytest.mark.parametrize("seed", range(4))
def test_as_a_scan_of_both_trees_tells(cli: CommandLine, based: str, seed: int) -> None:
    steps = list(STEPS) if seed == 0 else random.Random(seed).choices(STEPS, k=8)
    name = f"diff-{seed}"
    cli("create", "--name", "diff-pristine", "diff-image", check=True)
    cli("run", "--name", name, "--network", "none", "diff-image", "sh", "-c", ";".join(steps), check=True)
    try:
        lines = cli("diff", name, check=True).stdout.decode().splitlines()
        before, after = scan(cli, "diff-pristine"), scan(cli, name)
        if before["etc"][:4] == after["etc"][:4]:
            after["etc"] = before["etc"]  # its time: mount points were made in it, by hull
        assert set(lines) == expected(before, after), steps
        assert [line[2:] for line in lines] == sorted({line[2:] for line in lines}, key=lambda p: p.split("/"))
    finally:
        cli("rm", "-f", "diff-pristine", name, check=True)


def test_nothing_changed(cli: CommandLine) -> None:
    cli("run", "--name", "diff-none", "--network", "none", "busybox", "true", check=True)
    try:
        assert cli("diff", "diff-none", check=True).stdout == b""
    finally:
        cli("rm", "diff-none", check=True)


@pytest.mark.needs("range", "fuse", "program:fuse-overlayfs", "ordinary")
def test_keep_id_has_an_upper_of_another_kind(cli: CommandLine) -> None:
    script = "echo 1 >/tmp/new; rm /tmp/gone; rm -rf /tmp/d; mkdir /tmp/d"
    made = "touch /tmp/gone; mkdir /tmp/d; touch /tmp/d/a; chmod -R 777 /tmp"
    cli("run", "--name", "diff-made", "--network", "none", "busybox", "sh", "-c", made, check=True)
    cli("commit", "diff-made", "diff-made", check=True)
    flags = ("--userns", "keep-id", "--name", "diff-kept", "--network", "none")
    cli("run", *flags, "diff-made", "sh", "-c", script, check=True)
    try:
        lines = cli("diff", "diff-kept", check=True).stdout.decode().split("\n")
        assert lines == ["C /tmp", "C /tmp/d", "D /tmp/d/a", "D /tmp/gone", "A /tmp/new", ""]
    finally:
        cli("rm", "-f", "diff-made", "diff-kept", check=True)
