"""What a cell's program writes, and what a verb returns, as a notebook gets it."""

import pytest

from tests.fronts.notebooks import failure, text
from tests.fronts.terminal import processes
from tests.waiting import until

CELL = "%%hull busybox --network none\n"
MEBIBYTES = 64


def shown(messages, kind="text/html"):
    """Return what was displayed, in order, updates included."""
    kinds = ("execute_result", "display_data", "update_display_data")
    return [m["content"]["data"].get(kind, "") for m in messages if m["msg_type"] in kinds]


def peak(notebook):
    """Return the most memory that the kernel has had, in MiB."""
    with open(f"/proc/{notebook.manager.provisioner.pid}/status") as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith("VmHWM"))


@pytest.mark.parametrize("cell", [CELL, "%%hull -n big busybox --network none\n"])
def test_a_flood_does_not_fill_the_kernel(notebook, cell):
    before = peak(notebook)
    messages = notebook.messages(notebook.send(f"{cell}yes 0123456789abcde | head -c {MEBIBYTES << 20}; echo end"), 120)
    assert text(messages).endswith("end\n")
    assert peak(notebook) - before < MEBIBYTES / 2


def test_characters_in_pieces_bars_and_bytes(notebook):
    pieces = "printf '\\303'; sleep 0.01; printf '\\251 1%%\\r2%%\\r'; printf '\\377\\000\\n'; printf '\\342\\202'"
    assert text(notebook.run(CELL + pieces)) == "é 1%\r2%\r\ufffd\0\n\ufffd"


def test_python_is_live_and_its_interpreter_is_found(notebook, mark):
    source = f"%%hull host --network none --interpreter python3\nimport time\nprint('ready')\ntime.sleep({mark})"
    messages = notebook.messages(notebook.send(source))
    notebook.until(messages, "ready")
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"


@pytest.mark.parametrize(
    "source",
    [
        "(setsid sleep {mark} &)\n(setsid sh -c 'trap \"\" INT TERM HUP; sleep {mark}; :' &)\necho ready; sleep {mark}",
        "trap '' INT TERM; f() {{ sleep {mark} & }}; f; f; f; echo ready; wait; sleep {mark}",
    ],
)
def test_nothing_escapes_an_interrupt(notebook, source, mark):
    messages = notebook.messages(notebook.send(CELL + source.format(mark=mark)))
    notebook.until(messages, "ready")
    until(lambda: len(processes(mark)) >= 3, "the tree")
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] == "KeyboardInterrupt"
    until(lambda: not processes(mark), "the tree to end", 2)


def test_rows_documents_and_objects_have_faces(notebook):
    notebook.run("%%hull -n faces busybox --network none\ntouch /new")
    (table,) = shown(notebook.run("%hull ps"))
    assert 'class="dot good"' in table
    assert "faces" in table
    (tree,) = shown(notebook.run("%hull inspect faces"))
    assert "<details" in tree
    (changes,) = shown(notebook.run("%hull diff faces"))
    assert 'class="added">A /new' in changes
    (card,) = shown(notebook.run("import hull; hull.container('faces')"))
    assert 'class="card"' in card
    (card,) = shown(notebook.run("hull.image('busybox')"))
    assert 'class="card"' in card
    (table,) = shown(notebook.run("hull.ps()"))
    assert "faces" in table
    notebook.run("%hull rm -f faces")


def test_statistics_update_one_output(notebook):
    notebook.run("%%hull -n counted busybox --network none\ntrue")
    messages = notebook.messages(notebook.send("%hull stats"))
    kinds = []
    while "update_display_data" not in kinds:
        message = next(messages)
        kinds.append(message["msg_type"])
    assert kinds.count("display_data") == 1
    notebook.manager.interrupt_kernel()
    assert failure(list(messages)) == ("", "")
    notebook.run("%hull rm -f counted")


def test_progress_is_one_output_that_folds(notebook):
    source = (
        "from IPython.display import display\nfrom hull.ipython.display import Bars\nfrom hull.log import Event\n"
        "bars = Bars(display, print)\n"
        "for n in range(5): bars(Event('progress', 'abc', 'pulling', n << 20, 4 << 20))\n"
        "bars(Event('progress', 'abc', 'done', 4 << 20, 4 << 20))\nbars(Event('note', 'abc', 'a note'))\nbars.close()"
    )
    messages = notebook.run(source)
    assert [m["msg_type"] for m in messages].count("display_data") == 1
    outputs = shown(messages)
    assert 'class="bar"' in outputs[0]
    assert "<details><summary" in outputs[-1]
    assert "abc: done, 4.19MB" in outputs[-1]
    assert text(messages) == "hull: abc: a note\n\n"


def test_many_at_once_from_one_cell(notebook):
    source = (
        "import asyncio, hull\n"
        "found = await asyncio.gather(*(hull.arun('busybox', ['sh', '-c', f'echo {n}'], network='none', stream=True,\n"
        "                               prefix=f'c{n}') for n in range(5)))\n"
        "print(sum(done.returncode for done in found))"
    )
    lines = text(notebook.run(source)).splitlines()
    assert sorted(lines[:-1]) == [f"c{n} | {n}" for n in range(5)]
    assert lines[-1] == "0"


def test_an_interrupt_ends_what_is_awaited(notebook, mark):
    source = (
        "import asyncio, hull\n"
        f"await asyncio.gather(*(hull.arun('busybox', ['sleep', '{mark}'], network='none') for _ in range(3)))"
    )
    messages = notebook.messages(notebook.send(source))
    until(lambda: len(processes(mark)) >= 3, "the containers")
    notebook.manager.interrupt_kernel()
    assert failure(list(messages))[0] in ("CancelledError", "KeyboardInterrupt")
    until(lambda: not processes(mark), "the containers to end")
