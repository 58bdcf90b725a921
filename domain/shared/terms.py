"""The words of a text that say what it is about. Made for English, harmless elsewhere."""

import re
from functools import lru_cache

# A number stays whole (10,000.50), a word ends at a hyphen and before a possessive.
_WORD = re.compile(r"\d+(?:[.,]\d+)*(?![^\W_])|[^\W_]+(?:'(?!s\b)[^\W_]+)*")

# PostgreSQL's list of English stop words.
_STOP_WORDS = """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she
    her hers herself it its itself they them their theirs themselves what which who whom this that
    these those am is are was were be been being have has had having do does did doing a an the and
    but if or because as until while of at by for with about against between into through during
    before after above below to from up down in out on off over under again further then once here
    there when where why how all any both each few more most other some such no nor not only own
    same so than too very s t can will just don should now
    aren't can't didn't doesn't don't hasn't haven't i'm isn't let's wasn't weren't won't
"""
# Words that ask, or oblige: a question has them, its answer says them otherwise.
_ASKING = """
how much many long soon often quickly must may might shall should would could happen happens
"""
_STOP = frozenset((_STOP_WORDS + _ASKING).split())
_IRREGULAR = {
    "paid": "pay",
    "kept": "keep",
    "held": "hold",
    "given": "give",
    "sent": "send",
    "told": "tell",
    "made": "make",
    "taken": "take",
    "left": "leave",
    "lost": "lose",
    "written": "write",
    "sold": "sell",
    "bought": "buy",
    "built": "build",
    "chosen": "choose",
    "broken": "break",
}
_VOWEL = re.compile(r"[aeiouy]")
_DOUBLED = re.compile(r"(?<=..)([bdfgmnprt])\1$")  # running, fitted; but: add, roll
_SHORT = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]")  # rat(ed) and us(ing) have lost an e
_ENDINGS = (  # what, what instead, how much must be left
    ("ification", "ify", 2),
    ("ation", "", 5),
    ("tion", "t", 4),
    ("ate", "", 5),
    ("at", "", 5),
    ("ly", "", 4),
    ("e", "", 4),
)


def terms(text: str) -> list[str]:
    """In order, lower case, without stop words and question words, cut to a common stem:
    `terms("When are penalties charged?") == ["penalty", "charg"]`."""
    plain = text.lower().replace("’", "'")
    return [_stem(word) for word in _WORD.findall(plain) if word not in _STOP]


@lru_cache(10_000)  # a text says most of its words often
def _stem(word: str) -> str:
    """Lighter than Porter's, to the same end: what it makes need not be a word."""
    if len(word) < 4 or not (word.isalpha() and word.isascii()):
        return word
    word = _IRREGULAR.get(word, word)
    word = _without_tense(_singular(word))
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return word.removesuffix(ending) + instead
    return word


def _singular(word: str) -> str:
    if word.endswith(("ss", "us", "is")) or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def _without_tense(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem == word or not _VOWEL.search(stem):
            continue
        if _SHORT.fullmatch(stem):
            return stem + "e"
        if len(stem) > 2:
            return stem[:-1] if _DOUBLED.search(stem) else stem
    return word
