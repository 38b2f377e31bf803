"""Values in notebooks: what is seen, and that nothing of it is somebody else's markup."""

import time

import pytest
from hull.commands._listing import ContainerRow
from hull.commands.doctor import Report, Row
from hull.commands.images import ImageRow
from hull.commands.stats import StatsRow
from hull.faces import cards, shown, trees
from hull.output import Piece
from hull.trials import reporting

from tests.faces.test_markup import HOSTILE, parsed

ALLOWED = {
    "style", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "code", "pre", "br", "i", "h4", "details",
    "summary",
}  # fmt: skip
ATTRIBUTES = {"class", "title", "style", "colspan", "open"}


def container(**given):
    row = ContainerRow(
        "0123456789ab", "busybox", '"sh"', time.time() - 200, "running", "Up 3 minutes", 0, "", 1.0, 0.0, "80/tcp",
        "web", {"app": "shop"}, ("data",), 1, ("default",),
    )  # fmt: skip
    return row._replace(**given)


class Printer:
    """What IPython gives `_repr_pretty_`."""

    def __init__(self, value):
        self.said = ""
        value._repr_pretty_(self, False)

    def text(self, text):
        self.said += text


def made_of(word):
    """Return every output with a hostile word in every place."""
    row = container(**dict.fromkeys(("id", "image", "command", "status", "ports", "names", "health", "state"), word))
    row = row._replace(labels={word: word}, mounts=(word,), networks=(word,))
    document = {word: {word: [word, {word: word}]}, "Name": word, "Id": word, "RepoTags": [word]}
    document["Config"] = {"Cmd": [word], "Labels": {word: word}, "User": word, "ExposedPorts": {word: {}}}
    yield shown.Table([row])._repr_html_()
    yield shown.Table([ImageRow(word, word, word, 0.0, 0, word)])._repr_html_()
    yield shown.Documents([document])._repr_html_()
    yield shown.Lines([f"A {word}"])._repr_html_()
    yield shown.Log([Piece(1, word.encode()), Piece(2, word.encode())])._repr_html_()
    yield cards.container(row)
    yield cards.image(document)
    yield cards.gone(word, word)


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_is_somebody_elses_markup(word):
    for output in made_of(word):
        for tag, attributes in parsed(output).tags:
            assert tag in ALLOWED
            assert set(attributes) <= ATTRIBUTES


def test_a_table_is_the_list_that_it_shows():
    rows = [container()]
    table = shown.face(rows, ContainerRow)
    assert table == rows
    assert Printer(table).said.splitlines()[0].startswith("CONTAINER ID")
    text = parsed(table._repr_html_()).text
    assert text.index("web") < text.index("busybox")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "good"),
        ({"health": "unhealthy"}, "bad"),
        ({"state": "paused"}, "busy"),
        ({"state": "exited"}, "dot "),
        ({"state": "exited", "exit_code": 1}, "bad"),
    ],
)
def test_a_state_is_a_dot(given, kind):
    dots = [
        a["class"]
        for tag, a in parsed(shown.Table([container(**given)])._repr_html_()).tags
        if "dot" in a.get("class", "")
    ]
    assert [kind in dot for dot in dots] == [True]


def test_an_age_has_its_date_and_a_name_its_labels():
    titles = {a.get("title") for _, a in parsed(shown.Table([container()])._repr_html_()).tags}
    assert "app=shop" in titles
    assert any(title and title.startswith("20") for title in titles)


def test_no_rows_are_said_to_be_none():
    assert parsed(shown.face([], ContainerRow)._repr_html_()).text.endswith("none")
    assert Printer(shown.face([], ContainerRow)).said.startswith("CONTAINER ID")


def test_shares_are_bars():
    row = StatsRow("0" * 12, "web", 250.0, 1, 4, 0, 0, 0, 0, 1, "cgroup")
    widths = [a["style"] for tag, a in parsed(shown.Table([row])._repr_html_()).tags if tag == "i"]
    assert widths == ["width:100%", "width:25%"]


def test_documents_fold_and_are_json_in_a_terminal():
    documents = shown.face([{"Name": "/db", "A": {"B": 1}, "L": ["x", "y"], "E": []}])
    assert '"B": 1' in Printer(documents).said
    found = parsed(documents._repr_html_())
    assert [("open" in a) for tag, a in found.tags if tag == "details"] == [True, False]
    assert "x y" in found.text
    deep = value = {}
    for _ in range(2000):
        value["k"] = value = {}
    value["k"] = 1
    assert trees.html(deep)


def test_lines_of_diff_are_coloured_and_others_are_not():
    assert shown.face(["A /a", "D /b"])._repr_html_().count("<span") == 2
    assert shown.face(["abc"])._repr_html_() is None
    assert Printer(shown.face(["a", "b"])).said == "a\nb"


def test_a_log_marks_standard_error():
    found = parsed(shown.Log([Piece(1, b"\x1b[32mok\x1b[0m\n"), Piece(2, b"bad")])._repr_html_())
    assert {"style": "color:#2da44e"} in [a for _, a in found.tags]
    assert {"class": "err"} in [a for _, a in found.tags]


def test_a_report_is_sentences_in_a_terminal():
    report = shown.face(Report((Row("warn", "limit memory", "no", "do that"),)))
    assert Printer(report).said == "warn  limit memory: no\n      do that"
    assert "do that" in report._repr_html_()


def test_text_is_text_and_nothing_is_nothing():
    assert Printer(shown.face("a\nb")).said == "a\nb"
    assert shown.face("") is None


@pytest.mark.parametrize("word", HOSTILE)
def test_lines_with_colours_keep_them_in_a_notebook_and_obey_nothing(word):
    value = shown.face(reporting.Lines([[reporting.Piece("A ", "32"), reporting.Piece(f"/x{word}")]]))
    assert value == [f"A /x{word}"]
    html = value._repr_html_()
    assert {tag for tag, _ in parsed(html).tags} <= ALLOWED
    assert '<span style="color:#2da44e">A </span>' in html
    assert Printer(value).said == f"A /x{word}"
