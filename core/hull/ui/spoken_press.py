"""What a key does to what every screen has: the line that is typed, a question, the help page, a filter."""

from hull.ui import keys
from hull.ui.state import Prompt, Request, Spoken

PAGE = 10
MANY = 1 << 30
STEPS = {"up": -1, "down": 1, "page-up": -PAGE, "page-down": PAGE, "first": -MANY, "last": MANY}


def distance(action: str, page: int) -> int:
    """Return how far a step goes where a page has so many rows."""
    step = STEPS[action]
    return step * page // PAGE if abs(step) == PAGE else step


def heard(state: Spoken) -> None:
    """Take a failure away: the person goes on."""
    if state.message and state.message.style == "class:error":
        state.message = None


def answer(state: Spoken, key: str) -> Request | None:
    """Return what was asked about, where the key says yes; every other key says no."""
    question, state.question = state.question, None
    if question is None or key not in ("y", "Y"):
        state.say("nothing was done")
        return None
    return question.request


def leaf(state: Spoken, key: str, action: str, page: int) -> Request | None:
    """Move in the help page; what is no move leaves it."""
    if action in STEPS:
        place = state.help_top + distance(action, page)
        state.help_top = max(0, min(place, len(keys.page(state.keys)) - 1))
        return None
    state.help = False
    return Request("quit") if key == "c-c" else None


def begin_filter(state: Spoken) -> None:
    """Let the words be typed that narrow the list."""
    state.prompt = Prompt("filter", state.listed.filter, state.listed.filter)


def out(state: Spoken) -> None:
    """Go one back: to both halves of the screen, to the list, to all of it."""
    if state.zoomed:
        state.zoomed = False
    elif state.inside:
        state.inside = False
    else:
        state.listed.narrow("")


def typed(prompt: Prompt, key: str) -> tuple[Prompt | None, str]:
    """Return a line after a key, None where it is over, and its words: those from before where it was given up."""
    words = prompt.text
    if key in ("escape", "c-c", "c-g"):
        return None, prompt.before
    if key == "enter":
        return None, words
    if key in ("backspace", "c-h"):
        return (prompt._replace(text=words[:-1]), words[:-1]) if words else (None, "")
    if key == "c-u":
        words = ""
    elif key == "c-w":
        words = words.rstrip().rpartition(" ")[0]
    elif key.isprintable() and (len(key) == 1 or key.startswith("paste:")):
        words += key.removeprefix("paste:")
    return prompt._replace(text=words), words
