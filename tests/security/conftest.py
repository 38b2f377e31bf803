"""What the escape tests share: hostile images, a probe that does what a shell cannot, a file of the host to guard."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.cases.conftest import make_image, terminal, up  # noqa: F401 (fixtures)
from tests.commandline import CommandLine, Done

Run = Callable[..., Done]


@pytest.fixture
def run(cli: CommandLine) -> Run:
    """Run `hull run --rm --network none WORDS…`, flags first."""

    def call(*words: str, **options: object) -> Done:
        return cli("run", "--rm", "--network", "none", *words, **options)

    return call


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the static program of probe.c, for `-v PROBE:/probe:ro`."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs program:cc: the probe is compiled here")
    path = str(tmp_path_factory.mktemp("probe") / "probe")
    source = os.path.join(os.path.dirname(__file__), "probe.c")
    subprocess.run([compiler, "-static", "-O1", "-o", path, source], check=True, capture_output=True)
    os.chmod(path, 0o755)
    return path


class Canary:
    """A directory and a file of the host that no container was given."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        self.file = f"{directory}/file"
        with open(self.file, "w") as file:
            file.write("canary\n")
        os.chmod(self.file, 0o666)
        os.chmod(directory, 0o777)  # mapped ids of root's containers would be able to write, if they could reach it
        self.before = self.state()

    def state(self) -> list[tuple[object, ...]]:
        """Return what is there: names, modes, sizes, contents."""
        found: list[tuple[object, ...]] = []
        for name in sorted(os.listdir(self.directory)):
            path = f"{self.directory}/{name}"
            with open(path, "rb") as file:
                found.append((name, os.stat(path).st_mode, file.read()))
        return found

    def assert_untouched(self) -> None:
        """Fail if anything was made, removed or changed."""
        assert self.state() == self.before


@pytest.fixture
def canary() -> Iterator[Canary]:
    """Make the canary in a place that every id can reach."""
    import tempfile

    directory = tempfile.mkdtemp(prefix="hull-canary-", dir="/tmp")
    yield Canary(directory)
    shutil.rmtree(directory)
