import pytest
from hull.errors import UserError
from hull.runtime import caps

DOCKER = 0x00000000A80425FB  # the mask that Docker documents for its default fourteen


def test_the_default_is_dockers_fourteen_and_nothing_ambient():
    names, bounding, ambient = caps.resolve((), ())
    assert int(bounding, 16) == DOCKER
    assert len(names) == 14
    assert int(ambient, 16) == 0
    assert "CAP_NET_RAW" in names


def mask(add=(), drop=()):
    return int(caps.resolve(add, drop)[1], 16)


def test_add_and_drop_by_name_in_any_spelling():
    for word in ("NET_ADMIN", "net_admin", "CAP_NET_ADMIN", "cap_net_admin"):
        assert mask((word,)) == DOCKER | 1 << 12
    assert mask((), ("cap_chown", "NET_RAW")) == DOCKER & ~(1 | 1 << 13)
    assert mask(("chown",), ("chown",)) == DOCKER, "what is added by name stays"


def test_all():
    with open("/proc/sys/kernel/cap_last_cap") as file:
        every = (1 << (int(file.read()) + 1)) - 1
    assert mask(("all",)) == every
    assert mask(("ALL",), ("SYS_ADMIN",)) == every & ~(1 << 21)
    assert mask((), ("ALL",)) == 0
    assert mask(("KILL", "chown"), ("ALL",)) == 0b100001
    assert mask(("ALL",), ("ALL",)) == every


@pytest.mark.parametrize(("word", "hint"), [("SYS_ADMN", "SYS_ADMIN"), ("cap_net_rw", "NET_RAW"), ("qqq", "man 7")])
def test_an_unknown_name_is_refused_with_the_nearest(word, hint):
    with pytest.raises(UserError, match=word) as caught:
        caps.resolve((), (word,))
    assert hint in caught.value.hint


def test_a_capability_newer_than_the_kernel_is_refused_and_not_in_all(monkeypatch):
    monkeypatch.setattr(caps, "_last", lambda: 37)
    assert mask(("ALL",)) == (1 << 38) - 1
    with pytest.raises(UserError, match="this kernel"):
        caps.resolve(("BPF",), ())
