"""A log on the screen: follows, scrolls back, is searched while more comes."""

from hull.ui.scroll import Scroll


def fed(count, kept=10_000):
    scroll = Scroll(kept)
    scroll.feed(1, b"".join(b"line %d\n" % n for n in range(count)))
    return scroll


def seen(scroll, height=3, width=80):
    return ["".join(part for _, part in line) for line in scroll.view(width, height)]


def test_it_follows():
    scroll = fed(5)
    assert seen(scroll) == ["line 2", "line 3", "line 4"]
    scroll.feed(1, b"line 5\n")
    assert seen(scroll) == ["line 3", "line 4", "line 5"]


def test_scrolled_back_it_stays_where_it_is():
    scroll = fed(50)
    scroll.move(-10)
    before = seen(scroll)
    scroll.feed(1, b"more\nand more\n")
    assert seen(scroll) == before
    assert not scroll.following
    scroll.move(1 << 30)
    assert seen(scroll)[-1] == "and more"
    assert scroll.following


def test_old_lines_go():
    scroll = fed(50, kept=10)
    scroll.move(-(1 << 30))
    assert seen(scroll)[-1] == "line 40"


def test_a_line_is_shown_before_its_end():
    scroll = fed(1)
    scroll.feed(1, b"half")
    assert seen(scroll) == ["line 0", "half"]
    scroll.feed(2, b"error\n")
    scroll.feed(1, b" whole\n")
    assert seen(scroll) == ["line 0", "error", "half whole"]
    assert [style for line in scroll.view(80, 3) for style, _ in line] == ["", "class:stderr", ""]


def test_long_lines_wrap_or_are_cut():
    scroll = Scroll()
    scroll.feed(1, b"0123456789abcdef\n")
    scroll.wrap = True
    assert seen(scroll, width=6) == ["012345", "6789ab", "cdef"]
    assert seen(scroll, height=2, width=6) == ["6789ab", "cdef"]
    scroll.wrap, scroll.side = False, 8
    assert seen(scroll) == ["89abcdef"]


def test_search():
    scroll = fed(100)
    assert scroll.find("LINE 7")
    assert seen(scroll)[-1] == "line 79"
    assert scroll.find("line 7")
    assert seen(scroll)[-1] == "line 78"
    assert scroll.find("line 7", 1)
    assert seen(scroll)[-1] == "line 79"
    assert ("class:match", "line 7") in scroll.view(80, 1)[0]
    assert not scroll.find("nothing")


def test_bytes_that_are_no_text():
    scroll = Scroll()
    scroll.feed(1, b"\xff\xfe\x1b[2J ok\n")
    assert seen(scroll) == ["\ufffd\ufffd ok"]
