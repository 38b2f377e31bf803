"""A document folds, is searched, and keeps its place when it is read again."""

from hull.ui.glyphs import UTF8
from hull.ui.tree import Tree

DOCUMENT = {"Id": "abc", "State": {"Status": "running", "Pids": [1, 2]}, "Empty": {}}


def seen(tree, height=20):
    return ["".join(part for _, part in line).strip() for _, line in tree.view(height, UTF8)]


def test_branches_fold():
    tree = Tree(DOCUMENT)
    assert seen(tree) == ['Id: "abc"', '▸ State: {"Status": "running", "Pids": [1, 2]}', "Empty: {}"]
    tree.move(1)
    tree.toggle()
    assert seen(tree)[1:4] == ["▾ State:", 'Status: "running"', "▸ Pids: [1, 2]"]
    tree.toggle()
    assert len(tree) == 3


def test_a_newer_document_keeps_what_is_open():
    tree = Tree(DOCUMENT)
    tree.move(1)
    tree.toggle()
    tree.put({**DOCUMENT, "State": {"Status": "exited", "Pids": []}})
    assert 'Status: "exited"' in seen(tree)
    assert tree.place == 1


def test_everything_and_json():
    tree = Tree(DOCUMENT)
    tree.unfold()
    assert len(tree) == 7
    tree.unfold()
    assert len(tree) == 3
    tree.flip()
    assert seen(tree)[1] == '"Id": "abc",'


def test_search_opens_branches():
    tree = Tree(DOCUMENT)
    assert tree.find("pids")
    assert seen(tree)[tree.place].startswith("▾ Pids")
    assert tree.find("RUNNING", -1)
    assert not tree.find("nowhere")


def test_the_view_follows():
    tree = Tree({str(n): n for n in range(50)})
    tree.move(30)
    assert seen(tree, 5)[-1] == "30: 30"


def test_hostile_values_are_harmless():
    tree = Tree({"\x1b[2J": "\x1b]0;x\x07", "\u202e": 1})
    tree.flip()
    assert all(line.isprintable() for line in seen(tree))
    tree.flip()
    assert all(line.isprintable() for line in seen(tree))
