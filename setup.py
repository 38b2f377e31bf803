"""Compile the launcher (one static executable in hull/bin) and the cffi module; pyproject.toml says the rest."""

import os
import subprocess
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build import build

SOURCES = Path("core/hull/runtime/launcher")
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-ffunction-sections"]


class build_launcher(Command):  # noqa: N801 (setuptools names commands so)
    """Build hull-launch beside the package: in the tree when editable, in build_lib for a wheel."""

    description = "compile hull-launch"
    user_options = []  # noqa: RUF012
    editable_mode = False

    def initialize_options(self) -> None:
        self.build_lib: str | None = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def target(self) -> Path:
        return Path("core" if self.editable_mode else str(self.build_lib)) / "hull/bin/hull-launch"

    def run(self) -> None:
        target = self.target()
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        compiler = [*os.environ.get("CC", "cc").split(), *FLAGS, *os.environ.get("CFLAGS", "").split()]
        command = [*compiler, "-o", str(fresh), *self.get_source_files()[:-1], "-Wl,--gc-sections"]
        # Static: it starts without a loader and carries no library of this host into another. Where libc has no
        # static part it is linked as usual.
        if subprocess.run([*command, "-static"], check=False, capture_output=True).returncode != 0:
            subprocess.run(command, check=True)
        fresh.chmod(0o755)
        fresh.replace(target)

    def get_source_files(self) -> list[str]:
        return [*sorted(str(path) for path in SOURCES.glob("*.c")), str(SOURCES / "hull.h")]

    def get_outputs(self) -> list[str]:
        return [str(self.target())]

    def get_output_mapping(self) -> dict[str, str]:
        return {}


build.sub_commands.append(("build_launcher", None))

setup(
    cmdclass={"build_launcher": build_launcher},
    cffi_modules=["core/hull/kernel/_build.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
