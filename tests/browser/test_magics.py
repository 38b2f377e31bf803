"""%hull and %%hull as a person sees them in JupyterLab."""

import os
import threading

import pytest

from tests import imagebuild, registries
from tests.fronts.terminal import processes
from tests.waiting import until

pytestmark = [pytest.mark.real, pytest.mark.serial, pytest.mark.needs("launcher", "userns")]
PARTS = 3


@pytest.fixture
def notebook(lab, request):
    """Open a notebook with these cells, hull loaded; its kernel is this environment's own Python."""
    from tests.browser.lab import Notebook, notebook_of

    def opened(*cells):
        name = f"{request.node.name.removeprefix('test_')}.ipynb"
        notebook_of(f"{lab.folder}/{name}", ["%load_ext hull", *cells], "python3")
        lab.browser.command("docmanager:open", path=name)
        made.append(Notebook(lab.browser))
        made[0].ready()
        made[0].run(0)
        made[0].ended(0, 1)
        return made[0]

    made = []
    yield opened
    for one in made:
        one.close()


def test_output_is_live(lab, notebook):
    opened = notebook(
        "%%hull busybox --network none -v .:/notebooks\n"
        "for step in fetch build test; do\n"
        '    echo "$step …"\n'
        '    while [ ! -e "/notebooks/$step.go" ]; do sleep 0.1; done\n'
        "done\n"
        "echo all is well"
    )
    opened.run(1)
    for step in ("fetch", "build", "test"):
        assert "all is well" not in opened.says(1, f"{step} …")
        assert opened.prompt(1) == "[*]:"
        if step == "test":
            lab.browser.picture("cell-live")
        with open(f"{lab.folder}/{step}.go", "w"):
            pass
    opened.says(1, "all is well")
    opened.ended(1, 2)


def test_the_stop_button_ends_the_tree(lab, notebook):
    mark = f"1{os.getpid()}71"
    opened = notebook(
        f"%%hull busybox --network none\nsleep {mark} & sleep {mark} &\necho ready\nwait", "print('alive')"
    )
    opened.run(1)
    opened.says(1, "ready")
    until(lambda: len(processes(mark)) == 2, "the tree")
    lab.browser.click('[data-command="notebook:interrupt-kernel"]')
    opened.says(1, "KeyboardInterrupt")
    until(lambda: not processes(mark), "the tree to end")
    opened.ended(1, 2)
    opened.run(2)
    opened.says(2, "alive")


@pytest.fixture
def registry():
    """Give a registry on loopback that holds its layers back, half of each, until its event is set."""
    layers = [imagebuild.layer(imagebuild.member(f"part{n}", os.urandom(3_000_000 * (n + 1)))) for n in range(PARTS)]
    made = imagebuild.image(*layers, how="plain")
    honest = registries.image_answer(made.blobs, {"1": made.manifest})
    go = threading.Event()

    def answer(request):
        reply = honest(request)
        key = request.path.rpartition("/")[2]
        if key not in made.layers or request.method != "GET":
            return reply
        return reply._replace(body=reply.body, cut=len(reply.body), stall=go) if go.is_set() else _half(reply, go)

    with registries.served(answer) as stub:
        stub_made = (stub, go)
        yield stub_made
        go.set()


def _half(reply, go):
    return reply._replace(cut=len(reply.body) // 2, stall=go)


def test_progress_updates_in_place(lab, notebook, registry):
    stub, go = registry
    opened = notebook(f"%hull pull {stub.address}/team/model:1")
    opened.run(1)
    opened.says(1, "pulling")
    assert len(opened.outputs(1)) == 1
    lab.browser.wait(lambda: "MB" in opened.text(1), "bytes")
    assert "done" not in opened.text(1)
    lab.browser.picture("pull-progress")
    go.set()
    opened.ended(1, 2)
    assert len(opened.outputs(1)) <= 2  # the progress and, last, what was pulled
    assert "pulling" not in opened.text(1)
    assert "done" in opened.text(1)


def test_rows_are_a_table(lab, notebook):
    opened = notebook(
        "import hull\n"
        "for name in ('web', 'worker', 'db'):\n"
        "    hull.run('busybox', 'sleep 1000'.split(), name=name, network='none', detach=True)",
        "%hull ps",
        "%hull images",
    )
    try:
        opened.run(1)
        opened.ended(1, 2)
        opened.run(2)
        for name in ("web", "worker", "db", "busybox"):
            assert name in opened.says(2, name)
        assert len(lab.browser.all(".jp-OutputArea-output table tr")) >= 4
        opened.run(3)
        opened.says(3, "busybox")
        lab.browser.picture("tables-light")
        lab.browser.command("apputils:change-theme", theme="JupyterLab Dark")
        lab.browser.one('body[data-jp-theme-light="false"]')
        lab.browser.wait(lambda: not lab.browser.all("#jupyterlab-splash"), "the theme")
        lab.browser.picture("tables-dark")
        lab.browser.command("apputils:change-theme", theme="JupyterLab Light")
    finally:
        lab.home("rm", "-f", "web", "worker", "db")
