"""Marks, capability skips and the fixtures that every part of the suite shares."""

import os
import pathlib
import subprocess
import tempfile
from collections.abc import Iterator

import pytest
from hull.runtime import control

from tests.busybox import rootfs
from tests.capabilities import missing
from tests.commandline import CommandLine, remove_tree
from tests.town import Town

MARKS = (
    "needs(*names): skip unless the machine has these (tests/capabilities.py)",
    "real: starts containers or servers; everything else is a unit test (make check)",
    "serial: measures or fills the machine: never beside another test",
    "slow: more than ten seconds",
    "single_id: also run as a user without subordinate ids",
    "as_root: also run as root",
    "smoke: the few real runs repeated on every Python",
    "timeout(seconds): a limit other than pyproject.toml's; without pytest-timeout there is none",
)

# What lies in these places starts real programs; launcher tests hold for every kind of user.
REAL = (
    *("cases", "demos", "fronts", "fuzz", "interop", "launcher", "network", "security", "storm", "vm"),
    *("images/test_layouts.py", "images/test_registry.py", "images/test_store.py", "test_kernel.py", "test_leaks.py"),
)
EVERYONE = "launcher"
LONG, LIMIT = ("serial", "slow"), 900  # seconds, where pyproject.toml's limit for each test is too low


def pytest_configure(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        place = os.path.relpath(item.path, here)
        wanted = {"cli", "fresh_cli", "town"} & set(getattr(item, "fixturenames", ()))
        if wanted or any(place == real or place.startswith(f"{real}/") for real in REAL):
            item.add_marker("real")
        if place.startswith(f"{EVERYONE}/"):
            item.add_marker("single_id")
            item.add_marker("as_root")
        if any(item.get_closest_marker(mark) for mark in LONG) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LIMIT))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            reason = missing(name)
            if reason:
                pytest.skip(f"needs {name}: {reason}")


@pytest.fixture(scope="session", autouse=True)
def _private_places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test away from the user's own store and from a runtime directory that may be missing."""
    if os.geteuid() == 0:
        _let_through(tmp_path_factory.getbasetemp())
    with pytest.MonkeyPatch.context() as patch:
        base = tempfile.mkdtemp(prefix="hull-")
        runtime = f"{base}/runtime"
        os.mkdir(runtime, 0o700)
        patch.setenv("HULL_ROOT", f"{base}/default")
        patch.setenv("XDG_RUNTIME_DIR", runtime)
        if os.geteuid() == 0:
            _let_through(pathlib.Path(base))
        yield
        remove_tree(base)


@pytest.fixture
def tmp_path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give pytest's own; root's lets the mapped ids of root's containers pass, as hull asks of a store's place."""
    if os.geteuid() == 0:
        _let_through(tmp_path)
    return tmp_path


def _let_through(path: pathlib.Path) -> None:
    """Let everyone pass the directory and those between it and the place for temporary files."""
    while path != pathlib.Path(tempfile.gettempdir()) and path.is_relative_to(tempfile.gettempdir()):
        path.chmod(path.stat().st_mode & 0o7777 | 0o011)
        path = path.parent


def _store() -> CommandLine:
    for name in ("launcher", "userns", "program:busybox"):
        if missing(name):
            pytest.skip(f"needs {name}: {missing(name)}")
    base = tempfile.mkdtemp(prefix="hull-")
    os.chmod(base, 0o711 if os.geteuid() == 0 else 0o700)
    cli = CommandLine(f"{base}/s")
    cli("import", "--change", 'CMD ["sh"]', "-", "busybox", input=rootfs(), check=True)
    return cli


def _end(cli: CommandLine) -> None:
    """End what tests left to its monitor, then remove the store: else it would run on beside all later tests."""
    homes = f"{cli.root}/containers"
    idents = os.listdir(homes) if os.path.isdir(homes) else []  # a test may have reset the store
    left = [ident for ident in idents if os.path.exists(f"{homes}/{ident}/{control.SOCKET}")]
    if left:
        cli("rm", "-f", *left)
    remove_tree(os.path.dirname(cli.root))


@pytest.fixture(scope="session")
def cli() -> Iterator[CommandLine]:
    """Give the `hull` command over one store that the whole run shares and that holds `busybox`."""
    cli = _store()
    yield cli
    _end(cli)


@pytest.fixture
def others(cli: CommandLine) -> set[str]:
    """Give the containers that were in the store before the test."""
    return cli.containers()


@pytest.fixture
def fresh_cli() -> Iterator[CommandLine]:
    """Give the `hull` command over a store of this test alone, `busybox` in it."""
    cli = _store()
    yield cli
    _end(cli)


@pytest.fixture
def town(cli: CommandLine) -> Iterator[Town]:
    """Give a place to make networks and containers in; they are gone when the test is over."""
    made = Town(cli)
    yield made
    made.close()


@pytest.fixture
def children() -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Give a list: every process put there is ended and reaped when the test is over."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)
