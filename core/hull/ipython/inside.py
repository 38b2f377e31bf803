"""A Python in a container that carries out one cell after another: its source is the argument of `python3 -c`.

It imports nothing of hull and runs on Python 3.6 and later. Standard input is a socket; everything else is the
program's own. A message is a line of JSON, `{"seq": N, "text": SOURCE}`; the answer is `SEQ CODE` and a line feed. What
a cell assigns stays in `__main__`; the value of its last expression is shown, as a notebook does.
"""

import array
import ast
import json
import linecache
import os
import signal
import socket
import sys
import traceback
import types
import typing

INTERRUPTED = 130
CLOEXEC = 0x40000000  # MSG_CMSG_CLOEXEC
AWAITS = getattr(ast, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0)


class Resident:
    """The names of the cells, and the socket that brings them."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.module = types.ModuleType("__main__")
        self.module.__dict__["__builtins__"] = __builtins__
        self.running = False
        self.pid = os.getpid()
        sys.modules["__main__"] = self.module
        signal.signal(signal.SIGINT, self.interrupt)

    def interrupt(self, number: int, frame: object) -> None:
        """End the cell, never what stands between two cells."""
        if self.running:
            self.running = False
            raise KeyboardInterrupt

    def serve(self) -> None:
        """Carry out every message until the socket ends."""
        for line, descriptors in self.messages():
            message = json.loads(line.decode())
            code = self.visit(message, descriptors) if descriptors else self.cell(message)
            if os.getpid() != self.pid:
                os._exit(code)
            self.control.sendall(("%d %d\n" % (message["seq"], code)).encode())

    def messages(self) -> "typing.Iterator[typing.Any]":
        """Yield each line, and the descriptors that came with it."""
        data, descriptors = b"", array.array("i")
        while True:
            while b"\n" in data:
                line, _, data = data.partition(b"\n")
                yield line, list(descriptors)
                descriptors = array.array("i")
            more, beside, _, _ = self.control.recvmsg(1 << 16, 256, CLOEXEC)
            for _, _, numbers in beside:
                descriptors.frombytes(numbers[: len(numbers) // descriptors.itemsize * descriptors.itemsize])
            if not more:
                return
            data += more

    def visit(self, message: "dict[str, typing.Any]", descriptors: "list[int]") -> int:
        """Return the exit code of a cell that came with values: hull.values.exchange has sent it."""
        with open(descriptors[0], closefd=False) as program:
            exec(program.read(), {})

        def run(text: str) -> int:
            return self.cell(dict(message, text=text))

        visit = sys.modules["hull_inside.cell"].visit  # type: typing.Any
        return int(visit(descriptors, self.module.__dict__, run))

    def cell(self, message: "dict[str, typing.Any]") -> int:
        """Return the exit code of one cell."""
        try:
            return self.carry_out(message["text"], "<cell %d>" % message["seq"])
        except SystemExit as error:
            if error.code is None or isinstance(error.code, int):
                return error.code or 0
            sys.stderr.write("%s\n" % (error.code,))
            return 1
        except KeyboardInterrupt:
            return INTERRUPTED
        except BaseException as error:
            self.tell(error)
            return 1
        finally:
            self.running = False
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except Exception:
                    pass

    def carry_out(self, text: str, name: str) -> int:
        """Run the statements, show the last one's value where it is an expression."""
        lines = text.splitlines(True)
        linecache.cache[name] = (len(text), None, lines, name)
        tree = compile(text, name, "exec", ast.PyCF_ONLY_AST | AWAITS)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        self.running = True
        if tree.body:
            self.evaluate(compile(tree, name, "exec", AWAITS))
        if last is not None and not text.rstrip().endswith(";"):
            sys.displayhook(self.evaluate(compile(ast.Expression(last.value), name, "eval", AWAITS)))
        elif last is not None:
            self.evaluate(compile(ast.Expression(last.value), name, "eval", AWAITS))
        return 0

    def evaluate(self, code: types.CodeType) -> object:
        """Evaluate in the cells' names; where the code awaits, in an event loop."""
        value = eval(code, self.module.__dict__)
        if code.co_flags & 0x80:  # CO_COROUTINE
            import asyncio

            return asyncio.run(value)
        return value

    def tell(self, error: BaseException) -> None:
        """Print the traceback from the cell's own line on."""
        while error.__traceback__ and error.__traceback__.tb_frame.f_code.co_filename == "<string>":
            error.__traceback__ = error.__traceback__.tb_next
        try:
            traceback.print_exception(type(error), error, error.__traceback__)
        except Exception:
            sys.stderr.write("%s\n" % type(error).__name__)


def main() -> None:
    """Take standard input for the messages, give the cells an empty one."""
    control = socket.socket(fileno=os.dup(0))
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(line_buffering=True, errors="backslashreplace")
    sys.argv = [""]
    sys.path.insert(0, "")
    Resident(control).serve()


if __name__ == "__main__":
    main()
