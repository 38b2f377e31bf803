"""What the kernel refuses in the middle of a keep is met while there is a way back: all or nothing, never stuck."""

import errno
import os
import sys
import tempfile

import pytest
from hull.errors import HostError, UserError
from hull.kernel import syscalls
from hull.storage import trialmounts
from hull.trials import journal, journal_copying, journal_prints, journal_recovery, journal_steps, undoing

from tests.trials import keep_rig
from tests.trials.test_keep_properties import tick

pytestmark = [pytest.mark.real, pytest.mark.needs("userns", "ordinary")]
SHARED = "/dev/shm"
ATTRIBUTE = "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'x')"


@pytest.fixture
def trying():
    with tempfile.TemporaryDirectory(prefix="hull-") as base:
        made = keep_rig.engine(f"{base}/s")
        host = f"{base}/up/host"
        for name in ("one", "two", "gone/deep/inner"):
            os.makedirs(os.path.dirname(f"{host}/{name}"), exist_ok=True)
            with open(f"{host}/{name}", "w") as file:
                file.write(name)
        tick()
        yield keep_rig.Trying(made, host)
        made.close()
        keep_rig.remove(base)


def refused(trying, match: str) -> None:
    """Keep, which fails, and find everything as it was and nothing under way."""
    tick()
    before = keep_rig.snapshot(trying.host)
    with pytest.raises(HostError, match=match):
        trying.keep()
    assert keep_rig.snapshot(trying.host) == before
    assert not journal.unfinished(trying.engine.paths.data)
    assert undoing.rows(trying.engine) == []


def test_attributes_that_the_file_system_refuses(trying, monkeypatch) -> None:
    trying.run("sh", "-c", f"echo more >> {trying.host}/one")
    trying.run(sys.executable, "-c", ATTRIBUTE, f"{trying.host}/two")

    def refuse(_path, wanted) -> None:
        if "user.note" in wanted:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), f"{trying.host}/two")

    monkeypatch.setattr(journal_copying, "set_attributes", refuse)
    refused(trying, "two': Operation not supported; nothing was changed")


def test_names_of_one_file_that_cannot_be_linked(trying, monkeypatch) -> None:
    """Inside all is one file system; outside a name may lie on another one, or on one without hard links."""
    trying.run("sh", "-c", f"cd {trying.host} && echo x > added && ln added other && echo more >> two")

    def refuse(*_words, **_named) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), b".hidden", None, b".other")

    monkeypatch.setattr(os, "link", refuse)
    tick()
    trying.keep()
    for name in ("added", "other"):
        with open(f"{trying.host}/{name}") as file:
            assert file.read() == "x\n"
    with open(f"{trying.host}/two") as file:
        assert file.read() == "twomore\n"


def test_a_refusal_names_the_file(trying, monkeypatch) -> None:
    trying.run("sh", "-c", f"mkdir {trying.host}/deep && echo x > {trying.host}/deep/added")

    def full(*_words, **_named) -> None:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), b".hull-k1-hidden")

    monkeypatch.setattr(journal_copying, "content", full)
    refused(trying, f"cannot change '{trying.host}/deep/added': Disk quota exceeded; nothing was changed")


def test_a_file_system_that_cannot_exchange(trying, monkeypatch) -> None:
    trying.run("sh", "-c", f"echo x > {trying.host}/added && echo more >> {trying.host}/one")
    rename = syscalls.rename

    def plain(source, name, target, new, flags=0) -> None:
        if flags & syscalls.RENAME_EXCHANGE:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), name)
        rename(source, name, target, new, flags)

    monkeypatch.setattr(syscalls, "rename", plain)
    refused(trying, f"{trying.host}/one': its file system cannot exchange two names in one step")


def test_a_disk_that_is_full_once_all_is_exchanged(trying, monkeypatch) -> None:
    trying.run("sh", "-c", f"cd {trying.host} && echo x > added && echo more >> one && rm -r gone")
    write = journal._write

    def full(plan) -> None:
        if plan.head.state in (journal.APPLIED, journal.REVERTING):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), f"{plan.directory}/plan.new")
        write(plan)

    monkeypatch.setattr(journal, "_write", full)
    refused(trying, "No space left on device; nothing was changed")


def test_a_mount_in_a_directory_that_goes(trying, monkeypatch) -> None:
    """It would go along to the store, and be emptied with it."""
    trying.run("rm", "-r", f"{trying.host}/gone")
    tick()
    there = f"{trying.host}/gone/deep"
    monkeypatch.setattr(trialmounts, "read", lambda: (trialmounts.Mounted(there, "tmpfs"),))
    with pytest.raises(UserError, match=f"something is mounted at '{there}'"):
        trying.keep()
    assert os.path.exists(f"{there}/inner")
    trying.keep(skip=(f"{trying.host}/gone",))
    assert os.path.exists(f"{there}/inner")


def test_old_versions_that_cannot_be_put_away(trying, monkeypatch) -> None:
    """All is exchanged: the next command has to go on, and is told where things are until it can."""
    trying.run("sh", "-c", f"echo more >> {trying.host}/one")
    tick()
    data, told = trying.engine.paths.data, []
    with monkeypatch.context() as patch:
        patch.setattr(journal_steps, "put_away", refuse)
        with pytest.raises(HostError, match=r"changed all, but cannot put away what was there before: .* No space"):
            trying.keep()
        journal_recovery.recover(data, told.append)
    journal_recovery.recover(data, told.append)
    assert [event.kind for event in told] == ["warning", "note"]
    assert f"{data}/kept/k1" in told[0].text
    assert not journal.unfinished(data)
    undoing.undo(trying.engine)
    with open(f"{trying.host}/one") as file:
        assert file.read() == "one"


def refuse(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_undo_may_not_look_at_is_said(trying, monkeypatch) -> None:
    trying.run("sh", "-c", f"echo more >> {trying.host}/one")
    tick()
    ident = trying.keep()
    monkeypatch.setattr(journal_prints, "changed", refuse)
    with pytest.raises(HostError, match="No space left on device; nothing was changed"):
        undoing.undo(trying.engine, ident)


@pytest.mark.parametrize(
    ("line", "match"), [("[", "damaged"), ('{"x": 1}', "damaged"), ('["k1"]', "another"), ("", "damaged")]
)
def test_a_plan_that_cannot_be_read(trying, line, match) -> None:
    """It stops nobody who wants something else, and shows no traceback."""
    data, told = trying.engine.paths.data, []
    os.makedirs(f"{journal.home(data)}/k1/slots")
    os.symlink("k1", f"{journal.home(data)}/unfinished")
    with open(f"{journal.home(data)}/k1/plan", "w") as file:
        file.write(line)
    journal_recovery.recover(data, told.append)
    assert match in told[0].text
    assert undoing.rows(trying.engine) == []


@pytest.mark.skipif(os.stat(SHARED).st_uid == os.geteuid(), reason="a directory of somebody else's")
def test_a_directory_of_somebody_elses(trying) -> None:
    """Whoever may name things there may not set its times: the kernel does."""
    with tempfile.NamedTemporaryFile("w", dir=SHARED, prefix="hull-", delete=False) as file:
        file.write("mine")
    try:
        tick()
        other = keep_rig.Trying(trying.engine, SHARED)
        other.run("rm", file.name)
        tick()
        ident = other.keep(paths=(file.name,))
        assert not os.path.exists(file.name)
        undoing.undo(trying.engine, ident)
        assert os.path.getsize(file.name) == 4
    finally:
        os.unlink(file.name)
