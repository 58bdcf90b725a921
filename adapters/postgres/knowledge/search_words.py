"""The lexical list: BM25 over an owner's postings.

Postgres finds the postings, numpy adds them up: a broad question about a hundred thousand passages
has half a million of them, and SQL takes ten times as long to take them apart and group them.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from asyncpg import Record
from numpy.typing import NDArray
from sqlalchemy import text

from adapters.postgres.database import Database, Statement
from adapters.postgres.knowledge.search_scope import Numbers, Place, Scope
from application.knowledge.views import TermScore
from domain.knowledge.ranking import K1, TERMS, B, idf
from domain.shared.ids import UserId

type Scores = NDArray[np.float64]

# With these in it and/or would be one word, a path, and long-term three.
TERMS_OF = "to_tsvector(CAST({} AS regconfig), translate({}, '/\\_-', '    '))"

_LISTS = Statement(
    text(f"""
    SELECT asked.*, lists.* FROM (
        SELECT lexeme AS term, configuration, cardinality(positions) AS times
        FROM unnest(CAST(:configurations AS text[])) configuration,
            unnest({TERMS_OF.format("configuration", ":query")})
    ) asked
    CROSS JOIN LATERAL (
        SELECT string_agg(uuid_send(version_id), '') AS versions,
            string_agg(int4send(octet_length(entries) / 4), '') AS counts,
            string_agg(entries, '') AS entries
        FROM postings WHERE user_id = :user_id AND term = asked.term
    ) lists
    WHERE lists.entries IS NOT NULL
    """)  # noqa: S608  our own constants
)
_PHRASES = Statement(
    text(f"""
    SELECT phrase, configuration, lexeme AS term
    FROM unnest(CAST(:configurations AS text[])) configuration,
        unnest(CAST(:phrases AS text[])) phrase,
        unnest({TERMS_OF.format("configuration", "phrase")})
    """)  # noqa: S608  our own constants
)


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the query, the passages that have it, and how often each does."""

    term: str
    configuration: str
    times: int
    passages: Numbers
    tfs: Numbers


@dataclass(frozen=True, slots=True)
class Words:
    """What a query's words say about the passages in scope. A passage scores above 0 when it may be
    found and has one of them."""

    scope: Scope
    found: list[Term]
    terms: list[Term]  # of those found, the rarest, which count
    idfs: dict[str, float]
    scores: Scores

    def ranked(self, most: int | None) -> Numbers:
        """Best first: all, or no fewer than `most` of them, if there are so many."""
        passages = np.flatnonzero(self.scores)
        if most is not None and len(passages) > most:
            least = np.partition(self.scores[passages], -most)[-most]
            passages = passages[self.scores[passages] >= least]
        return passages[np.argsort(-self.scores[passages], kind="stable")]

    def score(self, passage: int) -> float:
        return float(self.scores[passage])

    def explained(self, passage: int) -> list[TermScore]:
        """What each term adds to a passage's score."""
        length = self.scope.lengths[passage]
        found = []
        for term in self.terms:
            for tf in term.tfs[term.passages == passage].tolist():
                weight = term.times * self.idfs[term.term]
                score = weight * float(_bm25(tf, length / _mean(self.scope.lengths)))
                found.append(TermScore(term.term, term.times, self.idfs[term.term], tf, score))
        return found


async def words(database: Database, owner: UserId, query: str, scope: Scope) -> Words:
    values = {
        "user_id": owner,
        "query": query,
        "configurations": scope.configurations,
    }
    rows = await database.rows(_LISTS, values, owner)
    return _scored(scope, [_term(row, scope) for row in rows])


async def having_phrases(
    database: Database, phrases: Sequence[str], words: Words
) -> list[Place] | None:
    """The passages that have all words of all `phrases`, in whatever order; None when that says
    nothing, because a configuration passes over all of those words."""
    if not phrases:
        return None
    scope = words.scope
    values = {"configurations": scope.configurations, "phrases": phrases}
    rows = await database.rows(_PHRASES, values)
    # An address or a number may be a part of another one in the passage.
    needed = {(row["configuration"], row["term"]) for row in rows if row["term"].isalpha()}
    if {configuration for configuration, _ in needed} < {*scope.configurations}:
        return None
    counts = np.zeros(scope.total, np.int64)
    for term in words.found:
        if (term.configuration, term.term) in needed:
            counts[term.passages] += 1
    wanted = Counter(configuration for configuration, _ in needed)
    each = [wanted[one.configuration] for one in scope.published]
    sizes = [one.chunks for one in scope.published]
    had = (counts >= np.repeat(each, sizes)) & scope.among_asked()
    return list(scope.places(np.flatnonzero(had)))


def _term(row: Record, scope: Scope) -> Term:
    """Postings of versions that are not published, or whose words were read otherwise, are left
    out."""
    versions, configuration = row["versions"], row["configuration"]
    starts = np.array(
        [
            scope.starts.get((versions[at : at + 16], configuration), -1)
            for at in range(0, len(versions), 16)
        ]
    )
    starts = np.repeat(starts, _integers(row["counts"]))
    entries = _integers(row["entries"])
    if (starts < 0).any():
        starts, entries = starts[starts >= 0], entries[starts >= 0]
    passages = starts + (entries >> 8)
    return Term(row["term"], configuration, row["times"], passages, entries & 255)


def _integers(data: bytes) -> Numbers:
    return np.frombuffer(data, ">i4").astype(np.int64)


def _scored(scope: Scope, found: list[Term]) -> Words:
    """Statistics are the owner's, whatever part of the documents is asked."""
    having: dict[str, int] = defaultdict(int)
    for term in found:
        having[term.term] += len(term.passages)
    idfs = {term: idf(scope.total, count) for term, count in having.items()}
    chosen = _rarest(found, having)
    scores = np.zeros(scope.total)
    if chosen:
        relative = scope.lengths / _mean(scope.lengths)
        for term in chosen:
            weight = term.times * idfs[term.term]
            scores[term.passages] += weight * _bm25(term.tfs, relative[term.passages])
    if len(scope.asked) < len(scope.published):
        scores[~scope.among_asked()] = 0
    return Words(scope, found, chosen, idfs, scores)


def _rarest(found: list[Term], having: dict[str, int]) -> list[Term]:
    """Of each configuration those of highest idf, for each of its passages has its terms only."""
    by_configuration: dict[str, list[Term]] = defaultdict(list)
    for term in sorted(found, key=lambda one: (having[one.term], one.term)):
        by_configuration[term.configuration].append(term)
    return [term for terms in by_configuration.values() for term in terms[:TERMS]]


def _bm25(tf: Numbers | int, relative_length: Scores | float) -> Scores:
    """As domain.knowledge.ranking.bm25, of many passages at once."""
    norm = K1 * (1 - B) + K1 * B * relative_length
    return np.asarray(tf * (K1 + 1) / (tf + norm))


def _mean(lengths: Scores) -> float:
    return float(lengths.mean()) or 1.0
