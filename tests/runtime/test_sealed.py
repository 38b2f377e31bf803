"""The launcher's copy is whole, cannot be changed, and can be executed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hull.errors import HostError
from hull.runtime import sealed


def test_the_copy_is_whole_sealed_and_runs() -> None:
    program = shutil.which("true") or "/bin/true"
    fd = sealed.copy(program)
    try:
        with open(program, "rb") as file:
            assert os.pread(fd, 1 << 24, 0) == file.read()
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(fd, 0)
        assert not os.get_inheritable(fd)
        assert subprocess.run([program], executable=f"/proc/self/fd/{fd}", pass_fds=(fd,), check=False).returncode == 0
    finally:
        os.close(fd)


def test_a_file_that_shrinks_is_not_run_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "launcher").write_bytes(b"x" * 100)
    monkeypatch.setattr(os, "sendfile", lambda *_: 0)
    with pytest.raises(HostError, match="shrinks"):
        sealed.copy(str(tmp_path / "launcher"))


def test_what_another_owns_or_root_runs_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "launcher").touch()
    path, own = str(tmp_path / "launcher"), os.stat(tmp_path).st_uid
    for uid, expected in ((own or 1000, own != 0), (own + 1, False), (0, False)):
        monkeypatch.setattr(os, "geteuid", lambda uid=uid: uid)
        assert sealed.owned(path) is expected, uid


@pytest.mark.parametrize(("content", "expected"), [("1\n", True), ("2\n", True), ("0\n", False), (None, False)])
def test_a_host_that_names_its_programs_by_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, expected: bool
) -> None:
    if content is not None:
        (tmp_path / "restrict").write_text(content)
    monkeypatch.setattr(sealed, "_APPARMOR", str(tmp_path / "restrict"))
    assert sealed.by_path() is expected


def test_a_kernel_that_does_not_know_the_flag_is_asked_without(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = os.memfd_create, []

    def memfd_create(name: str, flags: int) -> int:
        asked.append(flags)
        if flags & 0x10:
            raise OSError(22, "Invalid argument")
        return real(name, flags)

    monkeypatch.setattr(os, "memfd_create", memfd_create)
    os.close(sealed.copy("/bin/sh"))
    assert len(asked) == 2


def test_a_host_that_forbids_programs_in_memory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "memfd_create", refuse)
    with pytest.raises(HostError, match="Permission denied") as caught:
        sealed.copy("/bin/sh")
    assert "install hull as root" in caught.value.hint
