"""A kernel in a container, chosen in JupyterLab's launcher."""

import os

import pytest

pytestmark = [pytest.mark.real, pytest.mark.serial, pytest.mark.needs("launcher", "userns")]


def test_a_container_is_chosen_run_and_restarted(lab):
    from tests.browser.lab import Notebook

    browser, notebook = lab.browser, Notebook(lab.browser)
    browser.command("launcher:create")
    card = '.jp-LauncherCard[data-category="Notebook"][title*="(hull: python:"]'
    browser.one(f"{card} img")
    browser.picture("kernel-launcher")
    browser.click(card)
    notebook.ready()
    source = (
        "import os, platform\n\n"
        "print('in', platform.node(), 'with Python', platform.python_version())\n"
        "print('busybox:', os.path.exists('/bin/busybox'), ' folder:', os.path.basename(os.getcwd()))"
    )
    notebook.write(0, source)
    notebook.run(0)
    said = notebook.says(0, "folder: ")
    assert f"busybox: True  folder: {os.path.basename(lab.folder)}" in said
    (container,) = lab.home.containers()
    assert said.split()[1] == container
    browser.picture("kernel-notebook")
    browser.click('[data-command="notebook:restart-kernel"]')
    browser.click(".jp-Dialog .jp-mod-accept")
    browser.wait(lambda: (now := lab.home.containers()) != [container] and len(now) == 1, "another container")
    notebook.ready()
    notebook.run(0)
    browser.wait(lambda: notebook.text(0).split()[1:2] == lab.home.containers(), "the new container's name")
    notebook.close()
    browser.wait(lambda: lab.home.containers() == [], "the container to go")
