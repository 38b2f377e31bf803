"""The instructions that change files: RUN, COPY and ADD."""

from hull.dockerfile import heredocs, mounts
from hull.dockerfile.flags import Flags
from hull.dockerfile.model import Command, Copy, Heredoc, Run, RunMount
from hull.dockerfile.place import Malformed
from hull.dockerfile.statement import Statement, Word, blank_words, json_words

NETWORKS = ("default", "none", "host")
SECURITIES = ("sandbox", "insecure")


def run(statement: Statement) -> Run:
    """Read RUN."""
    flags = Flags(statement, ("network", "security"), (), ("mount", "device"))
    words = json_words(statement)
    asked = Command((statement.rest,)) if words is None else Command(tuple(words), shell=False)
    if not asked.words or asked.words == ("",):
        raise statement.error("RUN needs a command", "RUN make install")
    script = None
    if statement.heredocs:
        first = statement.heredocs[0]
        if len(statement.heredocs) == 1 and heredocs.parse(statement.rest):
            script = first._replace(content=heredocs.stripped(first))
        whole = statement.rest + "".join(f"\n{one.content}{one.name}" for one in statement.heredocs)
        asked = Command((whole if script is None else script.content,))
    return Run(
        statement.place, asked, tuple(_mount(flags, place, raw) for place, raw in enumerate(flags.all("mount"))),
        _choice(flags, "network", NETWORKS), _choice(flags, "security", SECURITIES), script, flags.all("device"),
    )  # fmt: skip


def _choice(flags: Flags, name: str, known: tuple[str, ...]) -> str:
    word = flags.text(name).lower() or known[0]
    if word not in known:
        raise flags.error(name, f"{word!r} is not known", f"{', '.join(known)} are")
    return word


def _mount(flags: Flags, place: int, raw: str) -> RunMount:
    try:
        return mounts.read(raw)
    except Malformed as error:
        raise flags.error("mount", str(error), place=place) from None


def copy(statement: Statement) -> Copy:
    """Read COPY or ADD."""
    add = statement.keyword == "ADD"
    texts, switches = ("chown", "chmod"), ("link",)
    extra = (("checksum",), ("keep-git-dir", "unpack")) if add else (("from",), ("parents",))
    flags = Flags(statement, texts + extra[0], switches + extra[1], ("exclude",))
    found = json_words(statement)
    words = blank_words(statement) if found is None else [Word(one, statement.offset) for one in found]
    if len(words) < 2:  # noqa: PLR2004 (a source and a destination)
        raise statement.error(
            f"{statement.keyword} needs a source and a destination", f"{statement.keyword} SOURCE… DESTINATION"
        )
    *sources, target = words
    if found is None and heredocs.parse(target.text):
        raise statement.error("a here-document is no destination", "name the file or directory last", target.offset)
    inline = [_inline(statement, word) if found is None else None for word in sources]
    return Copy(
        statement.place, tuple(word.text for word, file in zip(sources, inline, strict=True) if file is None),
        target.text, tuple(file for file in inline if file), add,
        flags.text("from") if not add else "", flags.text("chown"), flags.text("chmod"),
        bool(flags.boolean("link")), bool(flags.boolean("parents")) if not add else False, flags.all("exclude"),
        bool(flags.boolean("keep-git-dir")) if add else False, flags.text("checksum") if add else "",
        flags.boolean("unpack") if add else None,
    )  # fmt: skip


def _inline(statement: Statement, word: Word) -> Heredoc | None:
    """Return the file a source word stands for, None where it is a path."""
    begun = heredocs.parse(word.text)
    if begun is None:
        return None
    named = [one for one in statement.heredocs if one.name == begun.name]
    if not named or "/" in begun.name or begun.name in {".", ".."}:
        raise statement.error(f"{word.text!r} is no here-document of this line", "write <<NAME", word.offset)
    return named[-1]._replace(content=heredocs.stripped(named[-1]))
