"""JupyterLab on loopback with a token, and a browser without a window that looks at it."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException, TimeoutException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.kernels.home import Home
from tests.waiting import until

PATIENCE = 60
TOKEN = "only-for-this-test"
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--force-device-scale-factor=1",
)  # fmt: skip
STALE = (NoSuchElementException, StaleElementReferenceException)  # JupyterLab draws anew while one looks
SEEN = "return document.querySelector('#main')?.innerText"
CONNECTED = """
const context = jupyterapp.shell.currentWidget?.sessionContext
const kernel = context?.session?.kernel
return !!kernel && kernel.info.then(() => context.isReady && kernel.connectionStatus === 'connected')
"""
# A click would go astray where outputs that still come move the cells.
FOCUS = """
const content = jupyterapp.shell.currentWidget.content
content.activeCellIndex = arguments[0]
content.mode = 'edit'
content.activeCell.editor.focus()
return content.activeCell.editor.hasFocus()
"""
CLOSE = """
const widget = jupyterapp.shell.currentWidget
return widget.context.save().then(() => widget.sessionContext.shutdown()).then(() => (widget.dispose(), true))
"""
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/themes": {"theme": "JupyterLab Light"},
}


@contextlib.contextmanager
def served(home: Home, folder: str) -> Iterator[str]:
    """Run JupyterLab over a folder; give its address."""
    for name, value in SETTINGS.items():
        file = f"{home.path}/config/lab/user-settings/@jupyterlab/{name}.jupyterlab-settings"
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as stream:
            json.dump(value, stream)
    words = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", "--expose-app-in-browser"]
    words += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    words += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with open(f"{home.path}/lab.log", "wb") as log:
        argv = [sys.executable, "-m", "jupyter", "lab", *words]
        server = subprocess.Popen(argv, env=home.env, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield until(lambda: _address(server, home), lambda: _read(log.name), PATIENCE)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _address(server: "subprocess.Popen[bytes]", home: Home) -> str:
    assert server.poll() is None, _read(f"{home.path}/lab.log")
    with contextlib.suppress(OSError, ValueError), open(f"{home.path}/runtime/jpserver-{server.pid}.json") as file:
        return str(json.load(file)["url"])
    return ""


def _read(path: str) -> str:
    with open(path, errors="replace") as file:
        return file.read()


class Browser:
    """Chromium; what is asked for is waited for."""

    def __init__(self, profile: str) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or "chromium"
        for word in (*QUIET, "--window-size=1100,760", f"--user-data-dir={profile}"):
            options.add_argument(word)
        service = webdriver.ChromeService(shutil.which("chromedriver") or "chromedriver")
        self.driver = webdriver.Chrome(options, service)
        self.driver.set_script_timeout(PATIENCE)

    def load(self, address: str) -> None:
        """Open JupyterLab and wait until it stands, its side bar away."""
        self.driver.get(f"{address}lab?reset&token={TOKEN}")
        self.wait(lambda: self.script("return !!(window.jupyterapp && document.querySelector('#main'))"), "JupyterLab")
        self.script("return jupyterapp.restored.then(() => true)")
        self.command("application:toggle-left-area")

    def wait(self, check: Callable[[], Any], what: str = "") -> Any:
        """Wait for a check that is true."""
        try:
            return WebDriverWait(self.driver, PATIENCE, 0.05, STALE).until(lambda _: check())
        except TimeoutException:
            self.picture("failed")
            raise AssertionError(f"waited {PATIENCE} s for {what}; seen: {self.script(SEEN)}") from None

    def script(self, code: str, *words: Any) -> Any:
        """Run JavaScript."""
        return self.driver.execute_script(code, *words)

    def command(self, name: str, **arguments: Any) -> Any:
        """Carry out one of JupyterLab's commands, to its end."""
        return self.script(
            "return Promise.resolve(jupyterapp.commands.execute(...arguments)).then(() => true)", name, arguments
        )

    def all(self, selector: str) -> list[Any]:
        """Return what matches and can be seen, now."""
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return [element for element in found if element.is_displayed()]

    def one(self, selector: str) -> Any:
        """Return the first that matches, as soon as it is there to be seen."""
        return self.wait(lambda: next(iter(self.all(selector)), None), selector)

    def click(self, selector: str) -> None:
        """Click what matches."""
        self.one(selector).click()

    def picture(self, name: str) -> None:
        """Keep what is seen, where HULL_PICTURES says; else nothing."""
        place = os.environ.get("HULL_PICTURES")
        if place:
            self.driver.save_screenshot(f"{place}/{name}.png")

    def close(self) -> None:
        """Close it."""
        self.driver.quit()


class Notebook:
    """The notebook that is open in a browser; cells count from 0."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def ready(self) -> None:
        """Wait until its kernel is connected and idle: a cell that is run before is not sent."""
        self.browser.wait(lambda: self.browser.script(CONNECTED), "the kernel")
        self.browser.one('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def close(self) -> None:
        """Shut its kernel down, save and close it."""
        self.browser.script(CLOSE)

    def _cell(self, number: int) -> str:
        return f'.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="{number}"]'

    def write(self, number: int, source: str) -> None:
        """Put text into a cell's editor and leave the cursor there."""
        self.browser.wait(lambda: self.browser.script(FOCUS, number), "the cell's editor")
        self.browser.script(
            "jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(arguments[0])", source
        )

    def run(self, number: int) -> None:
        """Press Shift-Enter in a cell."""
        self.browser.wait(lambda: self.browser.script(FOCUS, number), "the cell's editor")
        ActionChains(self.browser.driver).key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT).perform()

    def outputs(self, number: int) -> list[Any]:
        """Return a cell's outputs, elements."""
        return self.browser.all(f"{self._cell(number)} .jp-OutputArea-output")

    def text(self, number: int) -> str:
        """Return what a cell's outputs say."""
        return str(
            self.browser.script(
                "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('')",
                f"{self._cell(number)} .jp-OutputArea-output",
            )
        )

    def says(self, number: int, what: str) -> str:
        """Wait until a cell's outputs contain the text; return them."""
        return str(self.browser.wait(lambda: (said := self.text(number)) and what in said and said, what))

    def ended(self, number: int, count: int) -> None:
        """Wait until a cell has its number and the kernel is idle: after an error it refuses what comes before."""
        self.browser.wait(lambda: self.prompt(number) == f"[{count}]:", f"[{count}]")
        self.browser.one('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-ExecutionIndicator[data-status="idle"]')

    def prompt(self, number: int) -> str:
        """Return what stands beside a cell: [*] while it runs, [3] afterwards."""
        return str(self.browser.one(f"{self._cell(number)} .jp-InputPrompt").text)


def notebook_of(path: str, cells: list[str], kernel: str) -> None:
    """Write a notebook of code cells."""
    made = {
        "cells": [
            {"cell_type": "code", "id": f"c{n}", "execution_count": None, "metadata": {}, "outputs": [], "source": text}
            for n, text in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    with open(path, "w") as file:
        json.dump(made, file)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Give a browser with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        made = Browser(profile)
        try:
            yield made
        finally:
            made.close()
