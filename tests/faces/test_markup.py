"""Text in HTML: nothing of it is markup, its colours are."""

import html.parser
import time

import pytest
from hull.faces import markup

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "&lt;&amp;",
    "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07",
    '\x1b[31"><script>m',
    "\x1b[38;5;999999999m\x1b[38;2;1;2m\x1b[38m\x1b[48;5mtext",
    "a\x00b\x7f\u202egnp.exe",
]


class Tags(html.parser.HTMLParser):
    """Collects tags and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def parsed(source):
    tags = Tags()
    tags.feed(source)
    tags.close()
    return tags


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("make", [markup.text, markup.ansi])
def test_hostile_text_is_text(make, word):
    found = parsed(make(word))
    assert all(tag == "span" and set(attrs) == {"style"} for tag, attrs in found.tags)
    assert not any(ord(c) < 32 or c in "\x7f\u202e" for c in found.text)


@pytest.mark.parametrize("word", HOSTILE)
def test_an_attribute_stays_one(word):
    (tag,) = parsed(f'<i title="{markup.text(word)}">').tags
    assert set(tag[1]) == {"title"}


@pytest.mark.parametrize(
    ("sequence", "style"),
    [
        ("31", "color:#cf3f3f"),
        ("92", "color:#4ac26b"),
        ("44", "background:#3f83d0"),
        ("1;4", "font-weight:bold;text-decoration:underline"),
        ("38;5;208", "color:#ff8700"),
        ("38;5;244", "color:#808080"),
        ("48;2;10;20;90", "background:#0a145a"),
        ("38:5:1", "color:#cf3f3f"),
    ],
)
def test_colours(sequence, style):
    assert markup.ansi(f"a\x1b[{sequence}mb\x1b[0mc") == f'a<span style="{style}">b</span>c'


def test_what_ends_a_colour():
    assert markup.ansi("\x1b[1;31ma\x1b[22mb\x1b[39mc\x1b[mD").endswith('<span style="color:#cf3f3f">b</span>cD')


def test_bars_that_return_the_carriage_leave_their_last_state():
    assert markup.ansi("10%\r50%\r100%\r\nnext\r\n") == "100%\nnext\n"


def test_other_sequences_are_dropped():
    assert markup.ansi("\x1b[2J\x1b[1;1Ha\x1b]0;title\x07b\x1b(Bc\x1b7\x1b[?25ld") == "abcd"
    assert markup.ansi("\x1b]0;no end <b>") == "0;no end &lt;b&gt;"


@pytest.mark.parametrize("piece", ["\x1b]", "\x1b[", "\r", "\x1b[31m", "\x1b[" + "1;" * 50, "x" * 99])
def test_long_hostile_text_takes_no_time(piece):
    text = piece * (400_000 // len(piece))
    start = time.process_time()
    markup.ansi(text)
    assert time.process_time() - start < 5
