"""--network and its relatives: Docker's words, and podman's NAME:key=value."""

import pytest
from hull.commands._network_words import Scoped, read
from hull.errors import UserError
from hull.model import Endpoint


@pytest.mark.parametrize(
    ("words", "scoped", "found"),
    [
        ((), Scoped(), ("default", ())),
        (("bridge",), Scoped(), ("default", ())),
        (("none",), Scoped(), ("none", ())),
        (("slirp4netns:mtu=1500",), Scoped(), ("slirp4netns:mtu=1500", ())),
        (("container:web",), Scoped(), ("container:web", ())),
        (("a", "b"), Scoped(), ("a", (Endpoint("a"), Endpoint("b")))),
        (("default", "a"), Scoped(), ("default", (Endpoint("a"),))),
        (("a:ip=10.0.0.5,alias=x,alias=y,mac=02-00-00-00-00-0A",), Scoped(),
         ("a", (Endpoint("a", ("x", "y"), "10.0.0.5", "", "02:00:00:00:00:0a"),))),
        (("name=a,alias=x,ip6=FD00::5",), Scoped(), ("a", (Endpoint("a", ("x",), "", "fd00::5"),))),
        (("a:alias=x", "b"), Scoped(("y",), "10.0.0.7", "fd00::7", "02:00:00:00:00:01"),
         ("a", (Endpoint("a", ("x", "y"), "10.0.0.7", "fd00::7", "02:00:00:00:00:01"), Endpoint("b")))),
    ],
)  # fmt: skip
def test_words(words, scoped, found):
    assert read(words, scoped) == found


@pytest.mark.parametrize(
    ("words", "scoped", "why"),
    [
        (("none", "a"), Scoped(), "together"),
        (("host", "default"), Scoped(), "together"),
        (("container:web", "a"), Scoped(), "together"),
        (("a", "a"), Scoped(), "twice"),
        ((), Scoped(("x",)), "without a network"),
        (("none",), Scoped((), "10.0.0.5"), "without a network"),
        (("a:port=5",), Scoped(), "unknown"),
        (("a:ip=",), Scoped(), "unknown"),
        (("name=",), Scoped(), "no name"),
        (("a:ip=fd00::1",), Scoped(), "other family"),
        (("a:ip6=10.0.0.1",), Scoped(), "other family"),
        (("a:ip=ten",), Scoped(), "not an IP address"),
        (("a:mac=01:00:00:00:00:00",), Scoped(), "MAC"),
        (("a:mac=02:00",), Scoped(), "MAC"),
        (("a:alias=x y",), Scoped(), "alias"),
    ],
)
def test_refused(words, scoped, why):
    with pytest.raises(UserError, match=why):
        read(words, scoped)
