"""Kernels in a store and a home of their own; the image holds this Python, the packages are a volume."""

import os
import sys
import sysconfig
from collections.abc import Iterator

import pytest

from tests.commandline import CommandLine
from tests.kernels.home import Home
from tests.kernels.image import boxed

NAME = "boxed"


@pytest.fixture(scope="session")
def python_image(cli: CommandLine) -> tuple[str, ...]:
    """Give an image with this version of Python and no packages, and the flags that it needs; words of run."""
    name = f"python:{sys.version_info[0]}.{sys.version_info[1]}"
    made = boxed()
    cli("import", "--change", 'CMD ["python3"]', "-", name, input=made.rootfs, check=True)
    return (*made.words, name)


@pytest.fixture(scope="session")
def home(cli: CommandLine, python_image: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Give a home where the kernel `boxed` is installed: no network, this environment's ipykernel."""
    pytest.importorskip("jupyter_client", reason="jupyter_client is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    made = Home(cli, str(tmp_path_factory.mktemp("home")))
    packages = ("-e", "PYTHONPATH=/packages", "-v", f"{sysconfig.get_path('purelib')}:/packages:ro")
    made("kernel", "install", "--name", NAME, "--network", "none", *packages, *python_image)
    yield made
    made.close()


@pytest.fixture
def folder(home: Home, tmp_path) -> str:
    """Give a notebook's folder, which the container's root may write."""
    os.chmod(tmp_path, 0o777)
    return str(tmp_path)
