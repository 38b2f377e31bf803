"""JupyterLab and a browser, once for all of these tests."""

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.capabilities import missing
from tests.kernels.conftest import home, python_image  # noqa: F401 (fixtures)


class Lab(NamedTuple):
    """A browser that shows JupyterLab, the folder and the home that this runs in."""

    browser: Any
    folder: str
    home: Any


@pytest.fixture(scope="package")
def lab(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:  # noqa: F811
    """Give a running JupyterLab and a browser."""
    for name in ("chromium", "chromedriver"):
        if missing(f"program:{name}"):
            pytest.skip(f"needs program:{name}: {missing(f'program:{name}')}")
    for module in ("jupyterlab", "selenium"):
        pytest.importorskip(module, reason=f"{module} is not installed")
    from tests.browser import lab as labs

    folder = str(tmp_path_factory.mktemp("notebooks"))
    os.chmod(folder, 0o777)
    with labs.served(home, folder) as address, labs.browser() as browser:
        browser.load(address)
        yield Lab(browser, folder, home)
