"""A default route is one without a prefix."""

import pytest
from hull.network import routes


@pytest.mark.parametrize(
    ("v4", "v6", "expected"),
    [
        ([], [], False),
        (["eth0 00000000 010200C0 0003 0 0 0 00000000"], [], True),
        (["eth0 000200C0 00000000 0001 0 0 0 00FFFFFF"], [], False),
        (["eth0 00000000 010200C0 0003 0 0 0 000000FF"], [], False),
        ([], [f"{'0' * 32} 00 {'0' * 32} 00 fe80 00000400 1 0 00000003 eth0"], True),
        ([], [f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 1 0 00200200 lo"], False),
        ([], [f"fe80{'0' * 28} 40 {'0' * 32} 00 {'0' * 32} 00000100 1 0 00000001 eth0"], False),
    ],
)
def test_a_default_route_is_one_of_no_prefix(monkeypatch, v4, v6, expected):
    rows = {"/proc/net/route": v4, "/proc/net/ipv6_route": v6}
    monkeypatch.setattr(routes, "_rows", lambda path: [line.split() for line in rows[path]])
    assert any(routes.read()) is expected
