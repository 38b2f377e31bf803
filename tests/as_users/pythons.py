"""The other supported Pythons of this machine, each with a virtual environment beside the first."""

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

SUPPORTED = ("3.11", "3.12", "3.13")


def others(tree: str) -> Iterator[tuple[str, str]]:
    """Yield (version, python of a ready environment) for every supported Python but the running one."""
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version in SUPPORTED:
        python = find(version) if version != running else ""
        if python:
            venv = f".venv-{version}"
            env = os.environ | {"PYTHON": python}
            done = subprocess.run(["sh", "tests/setup/venv.sh", venv], cwd=tree, env=env, check=False)
            if done.returncode == 0:
                yield version, f"{tree}/{venv}/bin/python"
            else:
                print(f"setup: Python {version}: no environment (exit {done.returncode})", flush=True)


def find(version: str) -> str:
    """Return an interpreter that really is of that version, "" where there is none."""
    root = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    named = [shutil.which(f"python{version}") or "", f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"]
    for path in (*named, *sorted(glob.glob(f"{root}/versions/{version}.*/bin/python3"), reverse=True)):
        if path and os.access(path, os.X_OK):
            code = "import sys; print('%d.%d' % sys.version_info[:2])"
            done = subprocess.run([path, "-c", code], capture_output=True, check=False)
            if done.stdout.decode().strip() == version:
                return path
    return ""
