"""A mount option reaches the kernel as it was written."""

import pytest

from tests.security.conftest import Canary, Run


@pytest.mark.parametrize("word", ["suid", "dev", "exec", "private,suid", "upperdir=/tmp", "remount", "bind", "nosuch"])
def test_cve_2024_9407_volume_words(run: Run, canary: Canary, word: str) -> None:
    done = run("-v", f"{canary.directory}:/mnt:{word}", "busybox", "true")
    assert done.returncode == 125
    assert b"unknown option" in done.stderr


@pytest.mark.parametrize("word", ["bind-propagation=suid", "bind-propagation=shared,dev", "options=suid", "o=dev"])
def test_cve_2024_9407_mount_words(run: Run, canary: Canary, word: str) -> None:
    done = run("--mount", f"type=bind,source={canary.directory},target=/mnt,{word}", "busybox", "true")
    assert done.returncode == 125, done


@pytest.mark.parametrize("word", ["upperdir=/tmp", "nosuch=1", "size=1m,source=/"])
def test_cve_2024_9407_tmpfs_words(run: Run, word: str) -> None:
    done = run("--tmpfs", f"/mnt:{word}", "busybox", "true")
    assert done.returncode == 125, done
