"""Platforms in queries."""

import pytest
from hull.docker import platform
from hull.errors import UserError


def test_a_platform_comes_as_text_and_as_json():
    assert str(platform.read('{"os":"linux","architecture":"arm64","variant":"v8"}')) == "linux/arm64/v8"
    assert str(platform.read("linux/arm64")) == "linux/arm64"
    for bad in ("{", '{"os":"linux"}', "{}", '{"os":' * 5000):
        with pytest.raises(UserError, match="invalid platform"):
            platform.read(bad)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("       ", "is an invalid component"),
        ("/", "is an invalid component"),
        ("linux/", "is an invalid component"),
        ("macos", "operating system is not supported"),
        ("macos/arm64", "operating system is not supported"),
        ("windows/amd64", "operating system is not supported"),
        ("nintendo64", "unknown operating system or architecture"),
    ],
)
def test_what_no_image_here_is_made_for_is_refused(text, words):
    with pytest.raises(UserError, match=words):
        platform.asked(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("", ""), ("arm64", "linux/arm64"), ("linux/x86_64", "linux/amd64"), ("Linux/arm/v7", "linux/arm/v7")],
)
def test_what_is_asked_is_spelt_out(text, meant):
    assert platform.asked(text) == meant
