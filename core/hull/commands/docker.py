"""hull docker: the real docker client, against a server that is there for the command."""

import os

from hull.commands._serving import Program
from hull.commands._verb import Word
from hull.engine import Engine
from hull.errors import HostError
from hull.light import Annotated

Many = tuple[str, ...]
OTHERS = ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_TLS")  # would lead to another engine


def docker(
    engine: Engine,
    arguments: Annotated[Many, Word("the docker client's own", "ARGUMENT", rest=True)] = (),
) -> Program:
    """Run the docker client that is installed here, over hull's containers and images."""
    from shutil import which

    from hull.commands._serving import held_open, socket_of

    client = which("docker")
    if client is None:
        raise HostError(
            "cannot run docker: there is no docker client on the PATH",
            "apt install docker-cli (Debian 13), docker.io (older); or docker-ce-cli from Docker's own packages",
        )
    path = socket_of(engine)
    held = held_open(engine, path)
    environ = {name: value for name, value in os.environ.items() if name not in OTHERS}
    environ["DOCKER_HOST"] = f"unix://{path}"
    return Program(("hull", "docker", *arguments), (client, *arguments), environ, (held.detach(),))
