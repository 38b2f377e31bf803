"""How the program of a cell gets into the container: by its first words, which fetch the rest from a descriptor."""

from importlib import resources

PACKAGE = "hull.values.inside"
NAME = "hull_inside"  # what it is called there: the container may have a hull of its own
FILES = ("layout", "plain", "arrays", "frames", "libraries", "pickles", "packing", "unpacking", "cell")

# Standard input is a socket with one message: descriptors of the program, the letter, the answer, the cell's own input.
BOOT = """\
"a cell with values"
import array, os, socket, sys
fds = array.array("i")
try:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(0))
    for _, _, data in channel.recvmsg(1, 256, 0x40000000)[1]:
        fds.frombytes(data[: len(data) // fds.itemsize * fds.itemsize])
    channel.close()
except OSError:
    sys.exit("hull: the values did not arrive: something stands between this and the container's standard input")
os.dup2(fds[3], 0)
os.close(fds[3])
exec(open(fds[0], closefd=False).read(), {})
sys.modules["hull_inside.cell"].main(fds[:3])
"""
LOADER = """\
import sys, types
for name, text in {sources!r}:
    if name not in sys.modules:
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = []
        exec(compile(text, "<" + name + ">", "exec"), module.__dict__)
"""


def program() -> str:
    """Return what loads the package hull_inside into a Python, once."""
    home = resources.files(PACKAGE)
    sources = [(NAME, "")]
    sources += [(f"{NAME}.{name}", home.joinpath(f"{name}.py").read_text("utf-8")) for name in FILES]
    return LOADER.format(sources=[(name, text.replace(PACKAGE, NAME)) for name, text in sources])
