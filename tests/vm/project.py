"""The virtual machine's second disk: this tree, what hull and its tests import, and the script that runs them."""

import compileall
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib

from tests.vm.system import PYTHON, SINGLE, USER

BESIDE = ("pytest", "jeepney")  # what the tests and limits need beside hull's own dependencies
TREE = ("core", "tests", "xontrib", "pyproject.toml")
SIZE = "512M"
# The tests run in login sessions, as a person's shell would; their reports leave by the second serial line.
START = f"""#!/bin/sh
stty -F /dev/ttyS0 -opost -echo
stty -F /dev/ttyS1 raw -echo
ip link set eth0 up && ip address add 10.0.2.15/24 dev eth0 && ip route add default via 10.0.2.2
echo nameserver 10.0.2.3 >/etc/resolv.conf
login() {{
    given="HULL_IN_VM=1 HULL_BOOT=$boot PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8"
    su --login "$1" -c "cd /project/hull && export $given && $2" </dev/null
}}
test_as() {{
    who=$1
    shift
    login "$who" "/project/venv/bin/python -m pytest -v --tb=short --color=no --durations=5 -p no:cacheprovider \\
        -o junit_suite_name=$who --junitxml=/tmp/$who.xml $*"
    cat "/tmp/$who.xml" >/dev/ttyS1
}}
again=/home/{USER}/reboot.json
boot=1
if [ ! -e $again ]; then
    test_as {USER} WORDS
    test_as {SINGLE} WORDS -m single_id
    if [ -e $again ]; then
        sync
        exec systemctl reboot --force
    fi
else
    boot=2
    test_as {USER} tests/vm/inside/test_reboot_after.py
fi
systemctl poweroff --force --force
"""


def build(tree: str, place: str, words: str) -> str:
    """Make the disk in the directory `place` from the project at `tree`; `words` are pytest's. Return its path."""
    top = f"{place}/project"
    for name in TREE:
        source, target = f"{tree}/{name}", f"{top}/hull/{name}"
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    with open(f"{tree}/pyproject.toml", "rb") as file:
        needs = tomllib.load(file)["project"]["dependencies"]
    _environment(f"{top}/venv", (*needs, *BESIDE))
    for part in ("hull", "venv"):  # compiling is dear inside
        compileall.compile_dir(f"{top}/{part}", quiet=2, workers=1, stripdir=top, prependdir="/project")
    with open(f"{top}/start", "w") as file:
        file.write(START.replace("WORDS", words))
    disk = f"{place}/project.disk"
    argv = ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-E", "root_owner=0:0", "-d", top, disk, SIZE]
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    subprocess.run(argv, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    shutil.rmtree(top)
    return disk


def _environment(venv: str, needs: tuple[str, ...]) -> None:
    """Lay out a virtual environment over the guest's interpreter: copies of what is installed here, hull in place."""
    site = f"{venv}/lib/python{PYTHON[0]}.{PYTHON[1]}/site-packages"
    os.makedirs(site)
    os.makedirs(f"{venv}/bin")
    for name in ("python", "python3"):
        os.symlink("/usr/bin/python3", f"{venv}/bin/{name}")
    script = "#!/project/venv/bin/python\nimport sys\nfrom hull.__main__ import main\nsys.exit(main())\n"
    for path, text, mode in (
        (f"{venv}/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\n", 0o644),
        (f"{site}/hull.pth", "/project/hull/core\n/project/hull\n", 0o644),
        (f"{venv}/bin/hull", script, 0o755),
    ):
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, mode)
    for name in sorted(_closure(needs)):
        _copy(importlib.metadata.distribution(name), site)


def _closure(requirements: tuple[str, ...]) -> set[str]:
    """Return the distributions that these need, themselves included, of those that are installed here."""
    found: set[str] = set()
    pending = list(requirements)
    while pending:
        match = re.match(r"[A-Za-z0-9._-]+", pending.pop())
        name = re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
        try:
            requires = [] if name in found else importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # asked for another Python
        found.add(name)
        pending += [line for line in requires if "extra ==" not in line]
    return found


def _copy(distribution: importlib.metadata.Distribution, site: str) -> None:
    for file in distribution.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        target = f"{site}/{file}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(str(distribution.locate_file(file)), target)


def unfit() -> str:
    """Return why what is installed here cannot run in the virtual machine, "" where it can."""
    machine = os.uname().machine
    if machine != "x86_64":
        return f"this machine is {machine}, the virtual one x86_64"
    if sys.version_info[:2] != PYTHON:
        return "this Python is {}.{}, the virtual machine's {}.{}".format(*sys.version_info[:2], *PYTHON)
    return ""
