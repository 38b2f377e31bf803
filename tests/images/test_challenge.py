import pytest
from hull.images.challenge import Challenge, parse
from hypothesis import given
from hypothesis import strategies as st

REALM = "https://auth.docker.io/token"
BEARER = Challenge("bearer", {"realm": REALM, "service": "registry", "scope": "repository:x:pull,push"})

B26_TABLE = [
    (f'Bearer realm="{REALM}",service="registry",scope="repository:x:pull,push"', [BEARER]),
    (f'bearer scope="repository:x:pull,push" , service = "registry",realm="{REALM}"', [BEARER]),
    (f'Bearer realm={REALM},service=registry,scope="repository:x:pull,push"', [BEARER]),
    (f'Basic realm="a, b", Bearer realm="{REALM}",service="registry",scope="repository:x:pull,push"',
     [Challenge("basic", {"realm": "a, b"}), BEARER]),
    (f'Negotiate, Bearer realm="{REALM}",service="registry",scope="repository:x:pull,push"',
     [Challenge("negotiate", {}), BEARER]),
    ('Negotiate YWJj==, Basic realm="x"', [Challenge("negotiate", {}), Challenge("basic", {"realm": "x"})]),
    (r'Basic realm="quote \" and \\ back"', [Challenge("basic", {"realm": 'quote " and \\ back'})]),
    ("Basic", [Challenge("basic", {})]),
    ('Bearer REALM="r",Error="denied"', [Challenge("bearer", {"realm": "r", "error": "denied"})]),
    ('Bearer realm="first",realm="second"', [Challenge("bearer", {"realm": "first"})]),
    (', ,Bearer realm="r",,', [Challenge("bearer", {"realm": "r"})]),
    ('Bearer realm="unfinished', [Challenge("bearer", {"realm": "unfinished"})]),
    ('"x", Basic realm="r"', [Challenge("basic", {"realm": "r"})]),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("header", "expected"), B26_TABLE, ids=[row[0][:40] for row in B26_TABLE])
def test_b26_challenges(header, expected):
    assert parse(header) == expected


@given(st.text(alphabet='aB ,="\\\t:/\0é', max_size=60))
def test_any_header_ends(header):
    for found in parse(header):
        assert found.scheme == found.scheme.lower()
