"""`hull enter` on the command line: a shell inside, and what becomes of the container."""

import pytest

pytestmark = pytest.mark.single_id
NAME = "enter-test"
IN = b"hostname; pwd; id -u; exit 4\n"


@pytest.fixture
def ended(cli):
    """Remove what a test named."""
    yield
    cli("rm", "-f", NAME)


def state(cli):
    return cli("inspect", "-f", "{{.State.Status}}", NAME, check=True).stdout.decode().strip()


def test_a_new_container_is_a_shell_and_is_removed(cli, others):
    done = cli("enter", "--network", "none", "-w", "/tmp", "-e", "A=1", "busybox", input=b"echo $A; " + IN)
    assert done.returncode == 4, done.stderr
    assert done.stdout.split()[0::2] == [b"1", b"/tmp"]
    assert cli.containers() <= others


def test_a_kept_one_comes_back(cli, ended):
    cli("enter", "--network", "none", "--name", NAME, "busybox", input=b"touch /been\n", check=True)
    assert state(cli) == "exited"
    done = cli("enter", NAME, input=b"ls /been\n", check=True)
    assert done.stdout == b"/been\n"
    assert b"runs on: hull stop" in done.stderr
    assert state(cli) == "running"


def test_one_that_runs_is_left_running(cli, ended):
    cli("run", "-d", "--network", "none", "--name", NAME, "busybox", "sleep", "1000", check=True)
    done = cli("enter", "-w", "/etc", NAME, input=IN)
    assert (done.returncode, done.stdout.split()[1:]) == (4, [b"/etc", b"0"])
    assert state(cli) == "running"


def test_flags_of_a_new_container_are_refused_for_one_that_is_there(cli, ended):
    cli("create", "--network", "none", "--name", NAME, "busybox", "sleep", "1000", check=True)
    done = cli("enter", "--read-only", NAME)
    assert done.returncode == 125
    assert b"cannot enter enter-test with --read-only: it is there already" in done.stderr
    assert b"hint: hull enter --name NEW --read-only" in done.stderr


def test_a_recipe_knows_of_no_shell(cli, ended):
    cli("run", "-d", "--network", "none", "--name", NAME, "busybox", "sleep", "1000", check=True)
    cli("enter", NAME, input=IN)
    assert b"command -v bash" not in cli("recipe", "--no-shell", NAME, check=True).stdout
