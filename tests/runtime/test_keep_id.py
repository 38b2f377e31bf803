"""--userns keep-id: the caller is themself inside, the image's files are whose they were."""

import os

import pytest

pytestmark = [pytest.mark.needs("launcher", "range", "ordinary", "fuse", "program:fuse-overlayfs")]


def keep(cli, *words):
    done = cli("run", "--rm", "--network", "none", "--userns", "keep-id", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().split()


def test_the_caller_keeps_their_ids_and_their_files(cli, tmp_path):
    text = keep(
        cli, "-v", f"{tmp_path}:/mnt", "busybox", "sh", "-c", "id -u; id -g; touch /mnt/made; stat -c %u /mnt/made"
    )
    assert text == [str(os.getuid()), str(os.getgid()), str(os.getuid())]
    assert os.stat(tmp_path / "made").st_uid == os.getuid()


def test_the_images_files_are_roots_and_not_the_callers(cli):
    assert keep(cli, "busybox", "sh", "-c", "stat -c %u /bin /etc; touch /etc/x 2>/dev/null || echo refused") == [
        "0",
        "0",
        "refused",
    ]


def test_another_user_can_be_asked_for(cli):
    script = "id -u; touch /x; chown 7:7 /x; stat -c %u:%g /x"
    assert keep(cli, "-u", "0", "busybox", "sh", "-c", script) == ["0", "7:7"]


def test_the_caller_may_have_another_number_inside(cli, tmp_path):
    (tmp_path / "mine").write_text("")
    script = "id -u; id -g; touch /mnt/made; stat -c %u:%g /mnt/mine /mnt/made /bin"
    done = cli(
        "run", "--rm", "--network", "none", "--userns", "keep-id:uid=200,gid=210", "-v", f"{tmp_path}:/mnt",
        "busybox", "sh", "-c", script, check=True,
    )  # fmt: skip
    assert done.stdout.decode().split() == ["200", "210", "200:210", "200:210", "0:0"]
    assert os.stat(tmp_path / "made").st_uid == os.getuid()
