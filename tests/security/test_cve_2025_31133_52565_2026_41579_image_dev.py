"""The image's /dev, or a device in it, is a link to something of the host's or of /proc."""

import pytest

from tests.cases.conftest import MakeImage
from tests.security.conftest import Canary, Run

PATTERN = "/proc/sys/kernel/core_pattern"
NAMES = ("null", "zero", "full", "tty", "ptmx", "console", "fd", "shm", "mqueue", "pts/0", "pts/ptmx")


def test_cve_2025_31133_and_52565_links_in_dev(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image({f"dev/{name}": target for name, target in zip(NAMES, [PATTERN, canary.file] * 6, strict=False)})
    with open(PATTERN) as file:
        before = file.read()
    script = """
        echo '|/evil' >/dev/null; echo x >/dev/zero; ls -ld /dev/null | cut -c1; readlink /dev/null /dev/console
        cat /proc/kcore | wc -c; cat /proc/keys | wc -c; grep -c . /proc/timer_list
    """
    done = run(image, "sh", "-c", script)
    assert done.stdout.split() == [b"c", b"0", b"0", b"0"], done
    with open(PATTERN) as file:
        assert file.read() == before
    canary.assert_untouched()


@pytest.mark.parametrize("climb", ["", "../../../../../.."])
def test_cve_2026_41579_dev_itself_is_a_link(make_image: MakeImage, run: Run, canary: Canary, climb: str) -> None:
    image = make_image({"dev": climb + canary.directory})
    done = run(image, "sh", "-c", "ls /dev/; echo x >/dev/planted; ls -l /dev/null")
    canary.assert_untouched()
    assert done.returncode == 125, done
    assert b"symbolic link" in done.stderr


def test_cve_2026_41579_dev_is_a_file(make_image: MakeImage, run: Run) -> None:
    done = run(make_image({"dev": b"not a directory"}), "true")
    assert done.returncode == 125
    assert b"/dev" in done.stderr


def test_cve_2025_52565_the_console_is_the_containers_own_terminal(
    make_image: MakeImage, run: Run, canary: Canary
) -> None:
    image = make_image({"dev/pts/0": canary.file, "dev/console": canary.file, "dev/ptmx": canary.file})
    done = run("-t", image, "sh", "-c", "tty; stty size; ls -l /dev/pts; echo typed >/dev/console")
    assert b"file" not in done.stdout, done
    canary.assert_untouched()
