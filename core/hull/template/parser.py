"""Tokens become a tree. Every node knows where it stands, so that a failure while rendering names its place."""

import ast
import re

from hull.light import Any, NamedTuple
from hull.template.lexer import Token, refusal, tokens
from hull.template.render import Template

BLOCKS = ("if", "with", "range")
ENDS = ("end", "else")
ODD_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\[^abfnrtvxuU0-7\\\"']")  # what Python reads and Go does not
CONSTANTS = {"true": True, "false": False, "nil": None}


class Node(NamedTuple):
    """One piece of a template; `parts` is what its kind has.

    text: the text · action: pipe · if, with, range: pipe, body, otherwise · break, continue: nothing ·
    pipe: variables, whether they are new, commands · command: operands · name: function · constant: value ·
    chain: operand, fields · dot: nothing · variable: name.
    """

    kind: str
    at: int
    parts: tuple[Any, ...] = ()


def parse(source: str, *, escapes: bool = False) -> Template:
    r"""Return the template. With `escapes`, `\t` and `\n` in its text are a tab and a line's end, as in docker ps."""
    return _Parser(source, escapes=escapes).template()


class _Parser:
    def __init__(self, source: str, *, escapes: bool) -> None:
        self._source = source
        self._escapes = escapes
        self._tokens = list(tokens(source))
        self._place = 0
        self._loops = 0
        self._scopes: list[set[str]] = [{"$"}]

    def template(self) -> Template:
        body, stop = self._body()
        if stop != "":
            raise self._error(f"unexpected {{{{{stop}}}}}")
        return Template(self._source, body)

    def _next(self) -> Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _peek(self) -> Token:
        return self._tokens[self._place]

    def _take(self, text: str) -> bool:
        if self._peek().text == text and self._peek().kind in ("mark", "name", "close"):
            self._place += 1
            return True
        return False

    def _error(self, reason: str, token: Token | None = None) -> Exception:
        return refusal(self._source, (token or self._tokens[self._place - 1]).at, reason)

    def _body(self) -> tuple[list[Node], str]:
        """Read until what ends the block: `end`, `else`, or "" at the end of the source."""
        nodes: list[Node] = []
        self._scopes.append(set(self._scopes[-1]))
        while True:
            token = self._next()
            if token.kind == "end":
                break
            if token.kind == "text":
                text = token.text.replace("\\t", "\t").replace("\\n", "\n") if self._escapes else token.text
                nodes.append(Node("text", token.at, (text,)))
            elif token.kind == "name" and token.text in ENDS:
                self._scopes.pop()
                return nodes, token.text
            else:
                nodes += self._action(token)
        self._scopes.pop()
        return nodes, ""

    def _action(self, token: Token) -> list[Node]:
        if token.kind == "name" and token.text in BLOCKS:
            return self._block(token.text, token)
        if token.kind == "name" and token.text in ("break", "continue"):
            if not self._loops:
                raise self._error(f"{{{{{token.text}}}}} outside {{{{range}}}}", token)
            self._close()
            return [Node(token.text, token.at)]
        self._place -= 1
        return [Node("action", token.at, (self._pipe("close"),))]

    def _block(self, kind: str, token: Token) -> list[Node]:
        self._scopes.append(set(self._scopes[-1]))
        try:
            pipe = self._pipe("close", ranging=kind == "range")
            self._loops += kind == "range"
            body, stop = self._body()
            self._loops -= kind == "range"
            otherwise: list[Node] = []
            if stop == "else" and self._peek().text == kind != "range":
                otherwise = self._block(kind, self._next())
            else:
                if stop == "else":
                    self._close()
                    otherwise, stop = self._body()
                self._end(stop, kind, token)
            return [Node(kind, token.at, (pipe, body, otherwise))]
        finally:
            self._scopes.pop()

    def _end(self, stop: str, kind: str, token: Token) -> None:
        if stop != "end":
            raise self._error(f"{{{{{kind}}}}} has no {{{{end}}}}", token)
        self._close()

    def _close(self) -> None:
        if self._next().kind != "close":
            raise self._error(f"unexpected {self._tokens[self._place - 1].text!r}, '}}}}' was expected")

    def _pipe(self, stop: str, *, ranging: bool = False) -> Node:
        start = self._peek()
        names, new = self._variables(ranging=ranging)
        commands = [self._command()]
        while self._take("|"):
            commands.append(self._command())
        token = self._next()
        if not (token.kind == "close" if stop == "close" else token.text == stop):
            raise self._error(f"unexpected {token.text or 'end'!r} in a pipeline")
        for position, command in enumerate(commands):
            if position and command.parts[0].kind in ("constant", "dot", "variable"):
                raise self._error("a stage of a pipeline is a function or a method, this is a value", command.parts[0])
        if new:
            self._scopes[-1] |= set(names)
        return Node("pipe", start.at, (names, new, commands))

    def _variables(self, *, ranging: bool) -> tuple[tuple[str, ...], bool]:
        ahead = [(t.kind, t.text) for t in self._tokens[self._place : self._place + 4]]
        names: tuple[str, ...] = ()
        if len(ahead) > 1 and ahead[0][0] == "variable" and ahead[1][1] in (":=", "="):
            names = (ahead[0][1],)
        elif (
            ranging and [a[1] for a in ahead[1:2]] == [","] and ahead[2][0] == "variable" and ahead[3][1] in (":=", "=")
        ):
            names = (ahead[0][1], ahead[2][1])
        if not names:
            return (), False
        self._place += 2 * len(names)
        new = self._tokens[self._place - 1].text == ":="
        for name in names if not new else ():
            self._defined(name)
        return names, new

    def _command(self) -> Node:
        start = self._peek()
        operands: list[Node] = []
        while (token := self._peek()).kind != "close" and token.text not in ("|", ")"):
            if operands and not token.apart:
                raise self._error(f"unexpected {token.text!r}, a space was expected", token)
            operands.append(self._operand())
        if not operands:
            raise self._error("a value was expected", self._peek())
        return Node("command", start.at, tuple(operands))

    def _operand(self) -> Node:
        token = self._next()
        if token.kind == "variable":
            self._defined(token.text)
            node = Node("variable", token.at, (token.text,))
        elif token.kind == "field" or token.text == ".":
            node = Node("dot", token.at)
            self._place -= token.kind == "field"
        elif token.kind == "mark" and token.text == "(":
            node = self._pipe(")")
        elif token.kind in ("string", "char", "number") or token.text in CONSTANTS:
            return Node("constant", token.at, (self._value(token),))
        elif token.kind == "name":
            return Node("name", token.at, (token.text,))
        else:
            raise self._error(f"unexpected {token.text or 'end'!r}")
        fields = []
        while (field := self._peek()).kind == "field" and (field is token or not field.apart):
            fields.append(self._next().text[1:])
        return Node("chain", token.at, (node, tuple(fields))) if fields else node

    def _defined(self, name: str) -> None:
        if name not in self._scopes[-1]:
            raise self._error(f"undefined variable {name}")

    def _value(self, token: Token) -> Any:
        try:
            return _constant(token)
        except (ValueError, SyntaxError):
            raise self._error(f"cannot read {token.text}", token) from None


def _constant(token: Token) -> Any:
    text = token.text
    if token.kind in ("string", "char") and text[0] != "`" and ODD_ESCAPE.search(text):
        raise ValueError(text)
    if token.kind == "string":
        return text[1:-1] if text[0] == "`" else ast.literal_eval(text.replace("\n", "\\n"))
    if token.kind == "char":
        return ord(ast.literal_eval(text))
    if token.kind == "number":
        plain = text.lstrip("+-")
        if plain.isdigit() and plain.startswith("0") and plain.strip("0"):
            return int(text, 8)
        try:
            return int(text, 0)
        except ValueError:
            return float(text)
    return CONSTANTS[text]
