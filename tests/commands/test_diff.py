"""diff tells what a scan of both whole trees would, whatever happened to the upper directory on the way."""

import io
import json
import os
import random
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

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


IN_TRY = (
    "echo more >>text; printf 'a\\0b' >binary; chmod 755 script; rm -r gone; mv moved there; ln -sf b link;"
    "mkdir new; echo 1 >new/1; touch same; touch -r text.was same; : >'odd\nname';"
    "rm -r again; mkdir again; echo x >again/x"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Give a directory of every kind of file, whose owner the caller is."""
    made = tmp_path / "place"
    for name in ("gone", "again"):
        (made / name).mkdir(parents=True)
        (made / name / "old").write_text("old")
    files = {"text": "1\n2\n3\n", "text.was": "", "script": "#!/bin/sh\n", "moved": "content", "same": "s"}
    for name, text in files.items():
        (made / name).write_text(text)
    (made / "link").symlink_to("a")
    os.utime(made / "same", ns=(1, 1))
    os.utime(made / "text.was", ns=(1, 1))
    return made


@pytest.fixture
def trial(cli: CommandLine, place: Path) -> Iterator[str]:
    name = f"diff-{os.urandom(4).hex()}"
    cli("try", "--name", name, "-w", str(place), "--show", str(place), "sh", "-c", IN_TRY, check=True)
    yield name
    cli("drop", name, check=True)


@pytest.mark.needs("fuse")
@pytest.mark.single_id
@pytest.mark.as_root
def test_a_try_is_told_as_list_patch_numbers_and_document(
    cli: CommandLine, trial: str, place: Path, tmp_path: Path
) -> None:
    before = sorted(place.rglob("*"))
    document = json.loads(cli("diff", "--json", trial, check=True).stdout)
    told = {change["path"].removeprefix(f"{place}/"): change for change in document["changes"]}
    kinds = {path: (change["kind"], change["what"]) for path, change in told.items() if change["what"] != ["time"]}
    assert kinds == {
        "again/old": ("removed", []), "again/x": ("added", []), "binary": ("added", []), "gone": ("removed", []),
        "link": ("changed", ["content", "time"]), "moved": ("removed", []), "new": ("added", []),
        "new/1": ("added", []),
        "odd\nname": ("added", []), "script": ("changed", ["mode"]), "text": ("changed", ["content", "time"]),
        "there": ("added", []),
    }  # fmt: skip
    assert told["there"]["renamed"] == f"{place}/moved"
    assert told["text"]["old"]["size"] == 6
    assert told["text"]["copied"] > told["text"]["old"]["mtime"]

    lines = cli("diff", trial, check=True).stdout.decode().splitlines()
    assert any(line.split() == ["R", f"{place}/there", "was", f"{place}/moved"] for line in lines), lines
    assert any(line.startswith(f'A "{place}/odd\\nname"') for line in lines)
    assert cli("diff", "--name-only", "--path", f"{place}/new", trial).stdout.decode().split() == [
        f"{place}/new", f"{place}/new/1",
    ]  # fmt: skip
    assert cli("diff", "--exit-code", "--stat", trial).returncode == 1
    assert cli("diff", "--exit-code", "--path", f"{place}/ne", trial).returncode == 0
    assert cli("diff", "--name-only", "--path", f"{place}/gone/old", trial).stdout.decode() == f"{place}/gone\n"

    patch = cli("diff", "-p", trial, check=True).stdout
    copy = tmp_path / "copy"
    shutil.copytree(place, f"{copy}{place}", symlinks=True)
    subprocess.run(["git", "apply", "-"], cwd=copy, input=patch, check=True)
    made = Path(f"{copy}{place}")
    assert (made / "text").read_text() == "1\n2\n3\nmore\n"
    assert os.readlink(made / "link") == "b"
    assert os.access(made / "script", os.X_OK)
    assert (made / "there").read_text() == "content"
    assert (made / "new/1").read_text() == "1\n"
    assert not (made / "moved").exists()
    assert b"# Binary files /dev/null and b%s/binary differ (nothing " % os.fsencode(place) in patch
    assert sorted(place.rglob("*")) == before


@pytest.mark.needs("fuse", "ordinary", "range")
def test_what_other_ids_closed_is_compared_by_content(cli: CommandLine, trial: str, place: Path) -> None:
    script = "chown 5:5 text; chmod 600 text; mkdir -m 700 shut; touch shut/in; chown -R 6 shut"
    cli("try", "--in", trial, "-w", str(place), "sh", "-c", script, check=True)
    told = {c["path"]: c for c in json.loads(cli("diff", "--json", trial, check=True).stdout)["changes"]}
    text = told[f"{place}/text"]
    assert (text["what"], text["new"]["uid"]) == (["content", "mode", "owner", "time"], 5)
    assert told[f"{place}/shut/in"]["new"]["uid"] == 6
    assert b"+more\n" in cli("diff", "-p", trial, check=True).stdout


def test_a_container_is_told_richly_where_it_is_asked(cli: CommandLine) -> None:
    script = r"printf 'x\033[2J\n' >/new; rm /bin/cat; chmod 700 /bin"
    cli("run", "--name", "diff-rich", "busybox", "sh", "-c", script, check=True)
    try:
        assert cli("diff", "diff-rich", check=True).stdout.decode().splitlines() == ["C /bin", "D /bin/cat", "A /new"]
        document = json.loads(cli("diff", "--json", "diff-rich", check=True).stdout)
        assert [(c["kind"], c["path"], c["what"]) for c in document["changes"]] == [
            ("changed", "/bin", ["mode", "time"]), ("removed", "/bin/cat", []), ("added", "/new", []),
        ]  # fmt: skip
        assert b"+x\033[2J\n" in cli("diff", "-p", "diff-rich", check=True).stdout
        assert b"+x\\x1b[2J\033[m\n" in cli("diff", "-p", "--color", "always", "diff-rich", check=True).stdout
        assert b"two ways at once" in cli("diff", "-p", "--json", "diff-rich").stderr
        assert b"cannot pick" in cli("diff", "--pick", "diff-rich", "diff-rich").stderr
        cli("checkpoint", "diff-rich", check=True)
        assert cli("diff", "diff-rich@0", "diff-rich", "--name-only", check=True).stdout == b"/bin\n/bin/cat\n/new\n"
        assert cli("diff", "diff-rich", "diff-rich@0", "--name-only", check=True).stdout == b"/bin\n/bin/cat\n/new\n"
        assert cli("diff", "diff-rich@1", "diff-rich", check=True).stdout == b""
    finally:
        cli("rm", "diff-rich", check=True)


@pytest.mark.needs("fuse", "ordinary", "range", "program:fuse-overlayfs")
def test_what_fuse_overlayfs_wrote_is_understood(cli: CommandLine) -> None:
    script = "rm /bin/cat; rm -r /usr; mkdir /usr; echo x >/usr/new; echo y >/new; rm /bin/ls; echo z >/bin/ls"
    options = ("--name", "diff-fuse", "--userns", "keep-id", "--user", "0")
    cli(
        "run", *options, "busybox", "/bin/busybox", "sh", "-c", f"export PATH=/bin; mkdir -p /usr; {script}", check=True
    )
    try:
        rows = json.loads(cli("diff", "--json", "diff-fuse", check=True).stdout)["changes"]
        letters = {"added": "A", "changed": "C", "removed": "D"}
        told = sorted(f"{letters[row['kind']]} {row['path']}" for row in rows)
        assert told == sorted(cli("diff", "diff-fuse", check=True).stdout.decode().splitlines())
        assert "D /bin/cat" in told
    finally:
        cli("rm", "diff-fuse", check=True)
