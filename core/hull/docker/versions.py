"""Which versions of Docker's API are spoken."""

from hull.light import NamedTuple

OLDEST = (1, 24)
NEWEST = (1, 50)


class Version(NamedTuple):
    """Of the API, as a client asked for it in its path."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


def read(text: str) -> Version | None:
    """Return a version of two numbers, None where the text is none."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal() and text.isascii() and len(text) < len("1000.1000")):
        return None
    return Version(int(major), int(minor))
