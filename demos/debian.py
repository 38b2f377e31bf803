"""Where the demo's Debian image comes from: a public registry where one answers, else one started here and filled."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from typing import NamedTuple

from hull.images.reference import parse

from tests import imagebuild, registries

PATIENCE = 4.0
PUBLIC = "debian:12-slim"
SETUP = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "setup", "packages.sh")


class Debian(NamedTuple):
    """An image to pull: what to call it, and where it is, for people."""

    reference: str
    source: str


def find_debian(stack: contextlib.ExitStack) -> Debian:
    """Return a Debian image that can be pulled; what is started for it ends with the stack."""
    if _answers(parse(PUBLIC).host):
        return Debian(PUBLIC, "the public registry")
    return local_debian(stack)


def local_debian(stack: contextlib.ExitStack) -> Debian:
    """Start a registry on loopback and fill it with a Debian made of Debian's packages."""
    subprocess.run(["sh", SETUP, "registry"], check=False)
    for name in ("docker-registry", "mmdebstrap"):
        if not shutil.which(name):
            sys.exit(f"no public registry answers, and without {name} there is none to start here: install it")
    print("no public registry answers: starting one on loopback, filled with a Debian made by mmdebstrap", flush=True)
    address = stack.enter_context(registries.plain()).address
    return Debian(imagebuild.push(imagebuild.debian_image(), address, "debian", "12"), "a registry on loopback")


def _answers(host: str) -> bool:
    """Whether the registry speaks within a few seconds; asking for a password is an answer too."""
    try:
        urllib.request.urlopen(f"https://{host}/v2/", timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
