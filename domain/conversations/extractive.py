"""Answering without a model: choosing, among the sentences found, those that say it.

A sentence is scored by how many of the question's telling words it has (0.5), how close its
meaning is (0.3) and how well its passage ranked (0.2). The best are taken by maximal marginal
relevance (Carbonell and Goldstein, 1998), so that no two say the same. Below an absolute
threshold nothing is taken: then there is no answer, and it is said so. The constants were chosen
on the questions of docs/demo/README.md and on questions that its documents do not answer.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from domain.shared.terms import terms

SENTENCES = 3  # of an answer, at most
THRESHOLD = 0.5
CLOSEST = 0.35  # cosine below which shared words are a coincidence
NEAR_BEST = 0.85  # of the best sentence's score: what every further sentence needs
NOVELTY = 0.7  # MMR's lambda: relevance against novelty
OVERLAP, CLOSENESS, RANK = 0.5, 0.3, 0.2

_IN_HEADING = 0.5  # what a word is worth that stands only in the heading above
_WORDS = re.compile(r"\w+")
_CLOSED = re.compile(r"[.!?;:][\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the passage that ranked `rank`, from 0."""

    text: str
    heading: str | None
    rank: int

    @property
    def says_something(self) -> bool:
        """Headings and table cells are found by the words they share, but answer nothing."""
        count = len(_WORDS.findall(self.text))
        return count >= 8 or (count >= 4 and _CLOSED.search(self.text) is not None)


@dataclass(frozen=True, slots=True)
class Scored:
    """`index` is the sentence's place in what was given."""

    index: int
    score: float


def overlaps(question: str, sentences: Sequence[Sentence]) -> list[float]:
    """For each sentence, the share of the question's words that it has, from 0 to 1, each word
    weighing what it tells: one that few of the sentences have tells more."""
    asked = set(terms(question))
    bodies = [set(terms(sentence.text)) for sentence in sentences]
    seen = Counter(term for body in bodies for term in body & asked)
    weight = {term: log(1 + (len(bodies) + 0.5) / (seen[term] + 0.5)) for term in asked}
    total = sum(weight.values()) or 1.0
    found = []
    for sentence, body in zip(sentences, bodies, strict=True):
        above = set(terms(sentence.heading or "")) - body
        own = sum(weight[term] for term in asked & body)
        found.append((own + _IN_HEADING * sum(weight[term] for term in asked & above)) / total)
    return found


def shortlist(sentences: Sequence[Sentence], overlap: Sequence[float], size: int) -> list[int]:
    """The places of the `size` sentences worth a closer look, the most promising first: comparing
    meaning is the slow part."""
    bounds = {
        index: most(sentence, overlap[index])
        for index, sentence in enumerate(sentences)
        if sentence.says_something
    }
    worth = (index for index, bound in bounds.items() if bound >= THRESHOLD)
    return sorted(worth, key=lambda index: (-bounds[index], index))[:size]


def most(sentence: Sentence, overlap: float) -> float:
    """Its score, if it meant just what is asked."""
    return score(sentence, overlap, 1.0)


def least(scored: Sequence[Scored]) -> float:
    """What a sentence has to score, to be chosen together with the best of these."""
    return max([THRESHOLD, *(NEAR_BEST * one.score for one in scored)])


def score(sentence: Sentence, overlap: float, closeness: float | None) -> float:
    """From 0 to 1. Without a model (`closeness` None) the other two share its weight; with one, a
    sentence that means something else scores 0, whatever words it shares."""
    words = OVERLAP * overlap + RANK * _prior(sentence)
    if closeness is None:
        return words / (OVERLAP + RANK)
    return words + CLOSENESS * closeness if closeness >= CLOSEST else 0.0


def choose(sentences: Sequence[Sentence], scored: Sequence[Scored]) -> list[Scored]:
    """At most three sentences, best first; none when none is good enough."""
    left = sorted(scored, key=lambda one: (-one.score, one.index))
    if not left or left[0].score < THRESHOLD:
        return []
    chosen = [left.pop(0)]
    needed = least(chosen)
    bodies = {one.index: set(terms(sentences[one.index].text)) for one in scored}
    left = [one for one in left if one.score >= needed]
    while left and len(chosen) < SENTENCES:
        gains = [_gain(one, chosen, bodies) for one in left]
        best = max(range(len(left)), key=gains.__getitem__)
        chosen.append(left.pop(best))
    return chosen


def _gain(one: Scored, chosen: Sequence[Scored], bodies: dict[int, set[str]]) -> float:
    same = max(_alike(bodies[one.index], bodies[other.index]) for other in chosen)
    return NOVELTY * one.score - (1 - NOVELTY) * same


def _alike(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _prior(sentence: Sentence) -> float:
    """Gentle: neighbouring passages are often as good."""
    return 1 / (1 + sentence.rank / 4)
