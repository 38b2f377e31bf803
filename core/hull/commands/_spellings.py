"""Docker's longer spellings of the same verbs."""

IMAGE_VERBS = ("build", "history", "import", "load", "pull", "push", "save", "search", "tag", "untag")


def spelt(argv: list[str]) -> tuple[str, list[str]]:
    """Return the verb's name and what follows it, Docker's longer spellings undone; "" for an empty line."""
    name, rest = (argv[0], argv[1:]) if argv else ("", [])
    if name == "--host" and argv[2:] == ["system", "dial-stdio"]:  # a docker client's, at the far end of ssh
        return "serve", ["--stdio", *argv[:2]]
    if name == "container" and rest and not rest[0].startswith("-"):  # Docker's longer way to say the same verbs
        name, rest = {"ls": "ps", "list": "ps"}.get(rest[0], rest[0]), rest[1:]
    if name == "docker":  # every word is the docker client's own
        rest = ["--", *rest]
    if name == "image" and rest:  # likewise; prune and diff are its own
        name, rest = _of_images(rest[0], rest[1:])
    if name == "tag" and rest[:1] == ["list"]:  # an image of that name can be called list:latest
        name, rest = "tags", rest[1:]
    return name, rest


def _of_images(word: str, rest: list[str]) -> tuple[str, list[str]]:
    if word in ("ls", "list", "rm", "remove"):
        return "images" if word.startswith("l") else "rmi", rest
    if word == "inspect":
        return "inspect", ["--type=image", *rest]
    return (word, rest) if word in IMAGE_VERBS else ("image", [word, *rest])
