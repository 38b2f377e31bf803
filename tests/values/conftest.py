"""A container with a Python, and with this Python's modules where a test asks for them."""

import sysconfig
from typing import Any

import pytest

from tests.commandline import CommandLine
from tests.kernels.image import boxed


@pytest.fixture(scope="session")
def python_box(cli: CommandLine) -> dict[str, Any]:
    """Put the image `pybox` into the shared store; return the flags of run that complete it, without packages."""
    box = boxed()
    cli("import", "-", "pybox", input=box.rootfs, check=True)
    return {"volume": [box.words[1]], "network": "none"}


@pytest.fixture
def cell(cli: CommandLine, python_box: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give `cell(source, in_, out, …)` in that image; `packages` shows it this Python's."""
    import hull

    monkeypatch.setenv("HULL_ROOT", cli.root)

    def run(source: str, in_: Any = None, out: Any = (), *, packages: bool = False, **flags: Any) -> Any:
        words = {**python_box, **flags}
        if packages:
            words["volume"] = [*words["volume"], f"{sysconfig.get_path('purelib')}:/packages:ro"]
            words["env"] = {"PYTHONPATH": "/packages", "PYTHONDONTWRITEBYTECODE": "1"}
        return hull.cell("pybox", source, in_=in_, out=out, **words)

    return run
