import pytest
from hull.images import ranges


@pytest.mark.parametrize(("header", "start", "size", "expected"), [
    ("bytes 5-9/10", 5, 10, True), ("bytes 5-9/10", 5, -1, True), ("bytes 5-9/*", 5, 10, True),
    ("Bytes 5-9/10", 5, 10, True),
    ("bytes 0-9/10", 5, 10, False), ("bytes 6-9/10", 5, 10, False), ("bytes 5-8/10", 5, 10, False),
    ("bytes 5-9/11", 5, 10, False), ("bytes 5-10/11", 5, 10, False), ("bytes 5-9/*", 5, 11, False),
    ("bytes */10", 5, 10, False), ("", 5, 10, False), ("bytes 5-9", 5, 10, False), ("items 5-9/10", 5, 10, False),
    ("bytes 5-4/10", 5, -1, False), ("bytes \u0665-9/10", 5, 10, False),
])  # fmt: skip
def test_content_range(header, start, size, expected):
    assert ranges.fits(header, start, size) is expected


@pytest.mark.parametrize(("header", "expected"), [
    ("0-99", 100), ("bytes=0-99", 100), ("0-0", 0), ("", -1), ("1-5", -1), ("x-y", -1), ("0-", -1),
])  # fmt: skip
def test_range_of_an_upload(header, expected):
    assert ranges.received(header) == expected
