"""A mount point that is a link in the image: it is made, found and mounted inside the root, never on the host."""

import pytest

from tests.cases.conftest import MakeImage
from tests.security.conftest import Canary, Run


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a directory that a container may be given."""
    directory = tmp_path_factory.mktemp("source")
    (directory / "given").write_text("volume\n")
    directory.chmod(0o755)
    return str(directory)


@pytest.mark.parametrize("places", [(c, b) for c in ("", "../" * 9) for b in ("", "/new", "/new/deeper/still")])
def test_cve_2019_18837_and_2025_24965_directories(
    make_image: MakeImage, run: Run, canary: Canary, source: str, places: tuple[str, str]
) -> None:
    climb, below = places
    image = make_image({"to": climb + canary.directory})
    done = run("-v", f"{source}:/to{below}", image, "cat", f"/to{below}/given")
    assert done.stdout == b"volume\n", done
    canary.assert_untouched()


def test_cve_2024_45310_files(make_image: MakeImage, run: Run, canary: Canary, probe: str) -> None:
    image = make_image({"to": canary.directory, "dangling": f"{canary.directory}/made"})
    for target in ("/to/made", "/dangling", "/to/sub/made"):
        done = run("-v", f"{probe}:{target}:ro", image, "test", "-s", target)
        assert done.returncode == 0, done
        canary.assert_untouched()


def test_mount_points_of_devices_and_tmpfs(make_image: MakeImage, run: Run, canary: Canary) -> None:
    image = make_image({"to": canary.directory})
    done = run("--tmpfs=/to/t", "--device=/dev/null:/to/null", image, "ls", "/to")
    assert done.stdout.split() == [b"null", b"t"], done
    canary.assert_untouched()
