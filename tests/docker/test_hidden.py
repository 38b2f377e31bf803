"""Hidden and read-only paths of a body, and which list a client's version is told."""

import pytest
from hull.docker import hidden
from hull.docker.fields import Fields
from hull.docker.versions import Version
from hull.runtime import protect

OLD, NEW = Version(1, 47), Version(1, 48)


@pytest.mark.parametrize(
    ("said", "hides"),
    [
        ({}, protect.usual_masked()),
        ({"MaskedPaths": None}, protect.usual_masked()),
        ({"MaskedPaths": list(hidden.BEFORE)}, protect.usual_masked()),
        ({"MaskedPaths": [*hidden.BEFORE, "/proc/mine"]}, (*hidden.BEFORE, "/proc/mine")),
        ({"MaskedPaths": ["/proc/kcore", "/proc/keys"]}, ("/proc/kcore", "/proc/keys")),
        ({"MaskedPaths": []}, ()),
        ({"MaskedPaths": [], "ReadonlyPaths": []}, ()),
    ],
)
def test_a_list_replaces_the_usual_one(said, hides):
    security = protect.parse_security(hidden.asked(Fields(said)))
    assert security.masked == hides
    assert security.readonly == (() if "ReadonlyPaths" in said else protect.READONLY)


@pytest.mark.parametrize(
    ("masked", "version", "told"),
    [
        (protect.usual_masked(), OLD, hidden.BEFORE),
        (protect.usual_masked(), NEW, protect.usual_masked()),
        (("/proc/kcore",), OLD, ("/proc/kcore",)),
        ((), OLD, ()),
    ],
)
def test_a_client_is_told_the_usual_list_of_its_time(masked, version, told):
    host = {"MaskedPaths": list(masked)}
    hidden.told(host, version)
    assert host["MaskedPaths"] == list(told)
    again = protect.parse_security(hidden.asked(Fields(host)))
    assert again.masked == masked
