"""docker-py's own integration tests against hull: HULL_DOCKER_PY_SUITE is a checkout of theirs, 7.2.0 where these hold.

Nothing of theirs is kept here. What a rootless engine of Docker's passes must pass; KNOWN fail, each with the
reason, and docs/API.md holds the same table. Swarm's files (services, nodes, secrets,
configs) and plugins' are not run.
"""

import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from tests import registries
from tests.api.serving import Server
from tests.busybox import rootfs
from tests.commandline import CommandLine

SUITE = os.environ.get("HULL_DOCKER_PY_SUITE", "")
FILES = (
    *("api_build", "api_client", "api_container", "api_exec", "api_healthcheck", "api_image", "api_network"),
    *("api_volume", "client", "errors", "models_containers", "models_images", "models_networks", "models_resources"),
    *("models_volumes", "regression"),
)
IMAGES = ("busybox:latest", "alpine:3.10", "alpine:latest", "hello-world:latest")
PEOPLE = b"root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\nnobody:x:65534:65534::/:/bin/false\n"
LIMITS = "wants a limit told as if it were in force, and no control group is delegated"
KNOWN = {
    "test_build_with_network_mode": "busybox's ping wants a raw socket, which a named network's containers cannot have",
    "test_create_with_binds_rw_rshared": "shared propagation out of a user namespace, which the kernel refuses",
    "test_container_cpu_shares": LIMITS,
    "test_container_cpuset": LIMITS,
    "test_update_container": LIMITS,
    "test_update": LIMITS,
    "test_run_container_reading_socket_ws": "their client hands its own web socket a URL that it cannot read",
    "test_exec_command_as_user": "wants a user postgres in the image",
    "test_pull_with_sha": "wants one digest of one image of the public registry",
    "test_run_with_image_that_does_not_exist": "wants the public registry to answer",
}


@pytest.fixture
def engine(fresh_cli: CommandLine) -> Iterator[Server]:
    """Give a server over a store of its own, whose public registry is a mirror on this machine."""
    with registries.plain() as registry:
        fill(fresh_cli, registry.address)
        os.makedirs(f"{fresh_cli.root}/config", exist_ok=True)
        with open(f"{fresh_cli.root}/config/config.toml", "w", encoding="utf-8") as file:
            file.write(f'[registry."docker.io"]\nmirror = "http://{registry.address}"\n')
        server = Server(fresh_cli, "--limits", "warn")
        for image in IMAGES:
            server.docker("pull", image, check=True)
        yield server
        left = server.docker("ps", "-aq", check=True).stdout.decode().split()
        if left:
            server.docker("rm", "-f", *left, check=True)
        server.close()


def fill(cli: CommandLine, registry: str) -> None:
    """Push the images that the tests use."""
    tree = rootfs({"etc/passwd": PEOPLE, "etc/group": b"root:x:0:\nnobody:x:65534:\n", "home": b""})
    for image in IMAGES:
        name = f"{registry}/library/{image}"
        cli("import", "--change", 'CMD ["sh"]', "-", name, input=tree, check=True)
        cli("push", name, check=True)
        cli("rmi", name, check=True)


@pytest.mark.slow
@pytest.mark.skipif(not SUITE, reason="needs HULL_DOCKER_PY_SUITE: a checkout of docker/docker-py, whose tests are run")
@pytest.mark.needs("program:docker", "program:docker-registry")
@pytest.mark.parametrize("name", FILES if SUITE else ("no checkout",))
def test_their_file(name: str, engine: Server, tmp_path: pathlib.Path) -> None:
    report = tmp_path / "report.xml"
    (tmp_path / "paramiko.py").write_text("")  # their helpers import it, for tests over ssh
    env = engine.env(PYTHONPATH=f"{SUITE}:{tmp_path}", HOME=str(tmp_path), PYTHONDONTWRITEBYTECODE="1")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout=90", f"--junitxml={report}"]
    subprocess.run(
        [sys.executable, *words, f"tests/integration/{name}_test.py"],
        cwd=SUITE,
        env=env,
        check=False,
        capture_output=True,
        timeout=800,
    )
    cases = list(ET.parse(report).getroot().iter("testcase"))
    assert cases
    failed = {str(case.get("name")): case for case in cases if {part.tag for part in case} & {"failure", "error"}}
    unknown = {name: ET.tostring(case).decode()[-3000:] for name, case in failed.items() if name not in KNOWN}
    assert not unknown, json.dumps(unknown, indent=1)
