"""What is guessed first: the more than 10,000 of the 30,000 most common passwords that are long
enough to be chosen here. In lower case, the most common first; where they come from is in NOTICE."""

from functools import cache
from importlib.resources import files


def is_common(password: str) -> bool:
    """Whether a guesser comes upon it early; case does not hide it."""
    return password.casefold() in _common()


@cache
def _common() -> frozenset[str]:
    text = files(__name__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.splitlines())
