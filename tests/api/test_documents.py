"""Bodies of JSON, refused in Docker's words."""

import pytest
from hull.api.documents import parse
from hull.errors import UserError

JSON = "application/json"


@pytest.mark.parametrize("text", [b"", b" \n", b"null", b"{}"])
def test_nothing_said_is_an_empty_object(text):
    assert parse(text, JSON) == {}


@pytest.mark.parametrize("media_type", [JSON, "Application/JSON; charset=utf-8"])
def test_an_object_is_read(media_type):
    assert parse(b'{"a": [1, "\\u00e4"]}', media_type) == {"a": [1, "\u00e4"]}


def test_a_backslash_before_u0000_is_no_nul():
    assert parse(b'{"a": ["\\\\u0000", "x\\\\\\\\u0000"]}', JSON) == {"a": ["\\u0000", "x\\\\u0000"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{invalid", "invalid JSON: invalid character 'i' looking for beginning of object key string"),
        (b"{} trailing", "unexpected content after JSON"),
        (b'{"a":1,', "invalid JSON: unexpected EOF"),
        (b'{"a" 1}', "invalid JSON: invalid character '1' after object key"),
        (b"[1]", "invalid JSON: an object is wanted"),
        (b"[" * 100_000, "invalid JSON: maximum recursion depth exceeded"),
        (b'{"a": NaN}', "invalid JSON: NaN is no number of JSON"),
        (b'{"a": "\\u0000"}', "invalid JSON: a NUL in a word"),
        (b'{"a": "\\\\\\u0000"}', "invalid JSON: a NUL in a word"),
        ('{"a": "\\u0000"}'.encode("utf-16"), "invalid JSON: 'utf-8' codec can't decode"),
        (b'{"a": "\\ud800"}', "invalid JSON: 'utf-8' codec can't encode"),
        (b'{"a": "\xff"}', "invalid JSON: 'utf-8' codec can't decode"),
        (b'{"a": ' + b"9" * 5000 + b"}", "invalid JSON: Exceeds the limit"),
    ],
)
def test_what_is_no_object_is_refused(text, words):
    with pytest.raises(UserError) as refused:
        parse(text, JSON)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize(
    ("media_type", "words"),
    [
        ("text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"),
        ("", "malformed Content-Type header (): mime: no media type"),
    ],
)
def test_another_type_is_refused_where_there_is_a_body(media_type, words):
    assert parse(b"", media_type) == {}
    with pytest.raises(UserError) as refused:
        parse(b"{}", media_type)
    assert str(refused.value) == words
