"""hull kernel install, ls, rm: real images, and once the real package index."""

import json
import os
import subprocess
import sys

import pytest

from tests.as_users import pythons
from tests.kernels.image import boxed
from tests.waiting import gone, until

pytestmark = [pytest.mark.real, pytest.mark.needs("launcher", "userns")]


def spec(home, name):
    with open(f"{home.path}/jupyter/kernels/{name}/kernel.json") as file:
        return json.load(file)


def test_it_is_listed_and_says_how_it_starts(home, python_image):
    (row,) = json.loads(home("kernel", "ls", "--json"))
    assert (row["name"], row["image"]) == ("boxed", python_image[-1])
    made = spec(home, "boxed")
    assert made["display_name"] == f"Python 3.{sys.version_info[1]} (hull: {python_image[-1]})"
    assert made["metadata"]["kernel_provisioner"]["provisioner_name"] == "hull"
    assert "--network=none" in made["argv"]
    assert made["argv"][-2:] == [python_image[-1], "--"]


def test_flags_of_run_are_kept_and_in_force(home, python_image, folder):
    flags = ("-e", "GREETING=hello, world", "--hostname", "boat", "--no-folder", "--read-only", "--tmpfs", "/tmp")
    packages = [word for word in spec(home, "boxed")["argv"] if "packages" in word]
    home("kernel", "install", "--name", "kept", "--network", "none", *flags, *packages, *python_image)
    with home.started("kept", folder) as running:
        said = "import os, platform; print(os.environ['GREETING'], platform.node(), os.getcwd(), os.path.exists({!r}))"
        assert running.printed(said.format(folder)) == "hello, world boat / False\n"
        assert "OSError" in running.printed("open('/bin/x', 'w')")
    assert home("kernel", "rm", "kept") == "kept\n"
    assert not os.path.exists(f"{home.path}/jupyter/kernels/kept")


def test_a_relative_path_is_kept_as_it_was_meant(home, python_image, tmp_path):
    packages = [word for word in spec(home, "boxed")["argv"] if "packages" in word]
    (tmp_path / "data").mkdir()
    done = home.cli(
        *("kernel", "install", "--name", "rel", "-v", "./data:/data", *packages, *python_image),
        env=home.env, cwd=tmp_path, check=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert f"--volume={tmp_path}/data:/data" in spec(home, "rel")["argv"]
    home("kernel", "rm", "rel")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("install", "busybox"), "it has no Python"),
        (("install", "--python", "sh", "busybox"), "cannot"),
        (("install", "-t", "busybox"), "cannot use --tty for a kernel"),
        (("install", "--restart", "always", "busybox"), "cannot use --restart for a kernel"),
        (("install", "--name", "a b", "busybox"), "cannot name a kernel"),
        (("install",), "needs a name"),
        (("install", "a", "b"), "does not take 'b'"),
        (("rm", "none-such"), "no such kernel"),
        (("ls", "x"), "does not take 'x'"),
        (("start", "busybox"), "needs -f FILE"),
    ],
)
def test_what_cannot_be_is_told_with_a_next_step(home, words, reason):
    said = home("kernel", *words, check=False)
    assert reason in said
    assert "hint: " in said
    assert home.containers() == []


def bound(home):
    return sum(name.startswith("s-") for place in home.sockets() for name in os.listdir(f"{home.kernels}/{place}"))


def test_a_client_with_ports_is_served(home, folder):
    from jupyter_client import BlockingKernelClient, write_connection_file

    file, _ = write_connection_file(f"{folder}/connection.json", key=b"secret")
    argv = [word.replace("{connection_file}", file) for word in spec(home, "boxed")["argv"]]
    server = subprocess.Popen(argv, env=home.env, cwd=folder, stdin=subprocess.DEVNULL)
    until(lambda: bound(home) == 5, "the kernel's sockets")  # a client without a manager gives up after a second
    client = BlockingKernelClient(connection_file=file)
    client.load_connection_file()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        printed = []
        client.execute_interactive(
            "print(len('x' * 5_000_000)); print([line.split(':')[0].strip() for line in open('/proc/net/dev')][2:])",
            output_hook=lambda message: printed.append(message["content"].get("text", "")), timeout=60,
        )  # fmt: skip
        assert "".join(printed) == "5000000\n['lo']\n"
        client.shutdown()
        assert server.wait(60) == 0
    finally:
        client.stop_channels()
        server.kill()
        server.wait()
    assert home.containers() == home.sockets() == []


def _other() -> str:
    """Return another Python than the one that runs, if there is one: its wheels are other ones, too."""
    running = f"3.{sys.version_info[1]}"
    return next((found for version in ("3.13", "3.12") if version != running and (found := pythons.find(version))), "")


def _reachable() -> bool:
    argv = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--dest", "/dev/null/none", "wcwidth"]
    done = subprocess.run([*argv, "--dry-run"], capture_output=True, check=False)
    return b"No matching distribution" not in done.stderr


def test_ipykernel_is_provided_for_another_python(home, folder):
    made = boxed(_other())
    home.cli("import", "-", "other:1", input=made.rootfs, check=True)
    if not _reachable():
        pytest.skip("the package index is out of reach")
    home("kernel", "install", "--network", "none", *made.words, "other:1")
    (layer,) = os.listdir(f"{home.cli.root}/kernels")
    assert f"--packages={layer}" in spec(home, "hull-other-1")["argv"]
    with home.started("hull-other-1", folder) as running:
        where = running.printed("import ipykernel, sys; print(ipykernel.__file__, sys.path[-1]); print(sys.version)")
        assert where.startswith("/run/hull-packages/ipykernel/__init__.py /run/hull-packages\n3.")
        compiled = running.printed("import ipykernel.kernelapp as m, os; print(os.path.exists(m.__cached__))")
        assert compiled == "True\n"
        assert "OSError" in running.printed("open('/run/hull-packages/x', 'w')")
        assert "numpy" not in running.printed("import sys; print([m for m in sys.modules if m == 'numpy'])")
    home("kernel", "install", "--name", "again", "--network", "none", *made.words, "other:1")  # from the same layer
    assert os.listdir(f"{home.cli.root}/kernels") == [layer]
    home("kernel", "rm", "hull-other-1")
    assert os.listdir(f"{home.cli.root}/kernels") == [layer]
    home("kernel", "rm", "again")
    assert os.listdir(f"{home.cli.root}/kernels") == []


def test_a_layer_that_is_gone_is_told(home, folder):
    (row,) = [word for word in spec(home, "boxed")["argv"] if word.startswith("python:")]
    file = f"{folder}/c.json"
    with open(file, "w") as stream:
        ports = dict.fromkeys(("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"), 0)
        json.dump({"transport": "tcp", "ip": "127.0.0.1", "key": "", **ports}, stream)
    said = home("kernel", "start", "--packages", "0" * 24, "-f", file, row, check=False)
    assert "are gone from this store" in said
    assert home.containers() == home.sockets() == []


def test_killing_in_a_start_leaves_nothing(home, folder):
    """The process may be anywhere between nothing and ready."""
    from jupyter_client.manager import KernelManager

    with pytest.MonkeyPatch.context() as patch:
        for name, value in home.env.items():
            patch.setenv(name, value)
        manager = KernelManager(kernel_name="boxed")
        manager.start_kernel(cwd=folder)
        pid = manager.provisioner.pid
        manager.shutdown_kernel(now=True)
    assert gone(pid)
    assert home.containers() == home.sockets() == []
