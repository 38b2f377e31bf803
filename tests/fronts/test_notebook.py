"""%hull in a kernel: live streams, interrupts, what a notebook cannot give."""

import os
import signal
import time

import pytest

from tests.fronts.notebooks import Notebook, failure, text
from tests.fronts.terminal import processes
from tests.waiting import until

RUN = "%hull run --network none --rm busybox"


def test_streams_are_told_apart_and_whole(notebook):
    messages = notebook.run(f"{RUN} sh -c 'seq 20000; echo err >&2; printf \"caf\\303\\251\"'")
    assert text(messages) == "".join(f"{n}\n" for n in range(1, 20001)) + "café"
    assert text(messages, "stderr") == "err\n"


def test_output_is_live(notebook, mark):
    ident = notebook.send(f"{RUN} sh -c 'echo first; sleep {mark}'")
    messages = notebook.messages(ident)
    assert "first" in text([next(m for m in messages if m["msg_type"] == "stream")])
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"


@pytest.mark.parametrize("ignoring", ["", 'trap "" INT TERM; '])
def test_an_interrupt_ends_the_tree_within_two_seconds(notebook, ignoring, mark):
    ident = notebook.send(
        f"%%hull busybox --network none\n{ignoring}sleep {mark} & sleep {mark} &\necho ready\nsleep {mark}; wait"
    )
    messages = notebook.messages(ident)
    assert "ready" in text([next(m for m in messages if m["msg_type"] == "stream")])
    until(lambda: len(processes(mark)) >= 3, "the tree")
    start = time.monotonic()
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"
    until(lambda: not processes(mark), "the tree to end", 1)
    assert time.monotonic() - start < 3
    assert "alive" in text(notebook.run("print('alive')"))


def test_a_terminal_is_refused(notebook):
    name, shown = failure(notebook.run("%hull run -it busybox sh"))
    assert name == "UserError"
    assert "a cell has none" in shown
    assert "hint: " in shown
    assert "Traceback" not in shown


def test_a_failing_line_raises(notebook):
    name, shown = failure(notebook.run(f"{RUN} sh -c 'exit 3'"))
    assert name == "ContainerError"
    assert "ended with exit code 3" in shown


def test_standard_input_is_empty(notebook):
    assert text(notebook.run(f"{RUN} cat")) == ""
    assert text(notebook.run(f"{RUN} wc -c")).strip() == "0"


def test_rows_are_a_table_in_html_and_text(notebook):
    (shown,) = [m["content"]["data"] for m in notebook.run("%hull images") if m["msg_type"] == "execute_result"]
    assert "<table>" in shown["text/html"]
    assert "REPOSITORY" in shown["text/plain"]
    assert "busybox" in shown["text/html"]


def test_values_in_html_are_escaped():
    from typing import NamedTuple

    from hull.faces.shown import Table

    class Row(NamedTuple):
        name: str

    assert "<script>" not in Table([Row("<script>")])._repr_html_()


def test_the_kernels_end_is_the_containers_end(kernel_env, mark):
    notebook = Notebook(kernel_env)
    ident = notebook.send(f"{RUN} sh -c 'echo ready; sleep {mark}'")
    assert "ready" in text([next(m for m in notebook.messages(ident) if m["msg_type"] == "stream")])
    os.kill(notebook.manager.provisioner.pid, signal.SIGKILL)
    try:
        until(lambda: not processes(mark), "the container to end")
    finally:
        for pid in processes(mark):
            os.kill(pid, signal.SIGKILL)
        notebook.close()
