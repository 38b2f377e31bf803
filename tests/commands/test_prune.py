"""prune removes what has ended and nothing else, says what, and asks on a terminal only."""

import json


def made(cli, name, *flags):
    cli(
        "run",
        "--name",
        name,
        "--network",
        "none",
        *flags,
        "busybox",
        "sh",
        "-c",
        "head -c 5000 /dev/zero >/f",
        check=True,
    )


def names(cli):
    return set(cli("ps", "-a", "--format", "{{.Names}}", check=True).stdout.decode().split())


def test_prune(fresh_cli):
    cli = fresh_cli
    for one, flags in (("a", ("-l", "k=v")), ("b", ("-l", "k")), ("c", ())):
        made(cli, one, *flags)
    cli("create", "--name", "d", "busybox", "true", check=True)
    cli("run", "-d", "--name", "r", "--network", "none", "busybox", "sleep", "1000", check=True)
    done = cli("prune")
    assert (done.returncode, b"hull prune --force" in done.stderr) == (125, True)
    assert names(cli) == {"a", "b", "c", "d", "r"}
    for filters, left in (
        (("until=24h",), {"a", "b", "c", "d", "r"}),
        (("label=k=v",), {"b", "c", "d", "r"}),
        (("label!=k", "label!=z"), {"b", "r"}),
    ):
        words = [word for text in filters for word in ("--filter", text)]
        cli("container", "prune", "-f", *words, check=True)
        assert names(cli) == left
    assert cli("prune", "-f", "--filter", "color=red").returncode == 125
    ident = json.loads(cli("inspect", "b", check=True).stdout)[0]["Id"]
    done = cli("container", "prune", "--force", check=True)
    assert done.stdout.decode() == f"Deleted Containers:\n{ident}\n\nTotal reclaimed space: 5kB\n"
    assert cli("container", "prune", "--force", check=True).stdout == b"Total reclaimed space: 0B\n"
    assert names(cli) == {"r"}
    cli("rm", "-f", "r", check=True)


def test_all_takes_images_without_a_name(fresh_cli):
    cli = fresh_cli
    made(cli, "a")
    ident = cli("commit", "a", check=True).stdout.decode().strip()
    done = cli("prune", "all", "-f", check=True).stdout.decode()
    assert f"Deleted Images:\ndeleted: {ident}\n" in done
    assert cli("images", "-a", "-q", "--no-trunc", check=True).stdout.count(b"\n") == 1
