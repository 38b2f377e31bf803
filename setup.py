"""Compile the launcher (one static executable in hull/bin) and the cffi module; pyproject.toml says the rest."""

import os
import shutil
import subprocess
from pathlib import Path

from setuptools import Command, setup
from setuptools.command.build import build

SOURCES = Path("core/hull/runtime/launcher")
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-ffunction-sections"]


def compilers() -> list[list[str]]:
    """Return the C compilers to try, the usual one last; `CC` in the environment is the only one."""
    if os.environ.get("CC"):
        return [os.environ["CC"].split()]
    musl = shutil.which("musl-gcc")
    if musl is None:
        return [["cc"]]
    asked = subprocess.run([musl, "-print-multiarch"], check=False, capture_output=True, text=True)
    kernel = [f"/usr/include/{asked.stdout.strip()}", "/usr/include"]  # musl has no headers of the kernel's own
    return [[musl, "-static", *(word for place in kernel for word in ("-idirafter", place))], ["cc"]]


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
        sources = [name for name in self.get_source_files() if name.endswith(".c")]
        words = [*FLAGS, *os.environ.get("CFLAGS", "").split(), "-o", str(fresh), *sources]
        # Static: it starts without a loader and carries no library of this host into another. musl's start-up is the
        # shorter: no cpuid, which traps in a virtual machine, and a fifth of the pages. Where libc has no static part
        # it is linked as usual.
        *preferred, usual = compilers()
        for compiler in (*preferred, [*usual, "-static"]):
            command = [*compiler, *words, "-Wl,--gc-sections"]
            if subprocess.run(command, check=False, capture_output=True).returncode == 0:
                break
        else:
            subprocess.run([*usual, *words, "-Wl,--gc-sections"], check=True)
        fresh.chmod(0o755)
        fresh.replace(target)

    def get_source_files(self) -> list[str]:
        return sorted(str(path) for path in SOURCES.glob("*.[ch]"))

    def get_outputs(self) -> list[str]:
        return [str(self.target())]

    def get_output_mapping(self) -> dict[str, str]:
        return {}


build.sub_commands.append(("build_launcher", None))

setup(
    cmdclass={"build_launcher": build_launcher},
    cffi_modules=["core/hull/kernel/_build.py:ffibuilder", "core/hull/state/_build.py:ffibuilder"],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
