"""rename gives a container another name, one that nobody has."""


def test_rename(cli, name):
    old, new, other = name(), name(), name()
    for one in (old, other):
        cli("create", "--name", one, "busybox", "true", check=True)
    cli("rename", old, new, check=True)
    assert cli("start", "-a", new, check=True).returncode == 0
    assert b"no such container" in cli("inspect", "--type", "container", old).stderr
    done = cli("rename", new, other)
    assert (done.returncode, b"the name is in use by container" in done.stderr) == (125, True)
    for bad in ("", new, "-x", "a b"):
        assert cli("rename", new, bad).returncode == 125
