"""Answering without a model."""

from dataclasses import dataclass
from itertools import batched

from application.conversations.passages import cited, passages, quote
from application.knowledge.exports import Hit, Meaning, SentenceView
from domain.conversations.extractive import (
    SENTENCES,
    Scored,
    Sentence,
    choose,
    least,
    most,
    overlaps,
    score,
    shortlist,
)
from domain.conversations.message import Citation, Message
from domain.shared.ids import DocumentId, UserId

SHORTLIST = 12  # sentences whose meaning is compared, at most
AT_ONCE = 6  # of them
READ = 400  # code points of a sentence that its meaning is told by: few are longer


@dataclass(frozen=True, slots=True)
class QuoteDocuments:
    """The sentences that answer a question, in document order: at most three, each a verbatim span
    of its document, and none when none is good enough."""

    meaning: Meaning

    async def __call__(self, asked: Message, hits: list[Hit]) -> list[Citation]:
        places, question = _places(hits), asked.content
        sentences = [Sentence(quote(hit, span), hit.heading, rank) for rank, hit, span in places]
        overlap = overlaps(question, sentences)
        scored: list[Scored] = []
        for group in batched(shortlist(sentences, overlap, SHORTLIST), AT_ONCE):
            if most(sentences[group[0]], overlap[group[0]]) < least(scored):
                break  # nor has any that follows a chance
            texts = [sentences[index].text[:READ] for index in group]
            of = {places[index][1].document_id for index in group}
            closeness = await self._closeness(asked.user_id, question, texts, of)
            scored += [
                Scored(index, score(sentences[index], overlap[index], close))
                for index, close in zip(group, closeness, strict=True)
            ]
        chosen = sorted(
            choose(sentences, scored),
            key=lambda one: (str(places[one.index][1].document_id), places[one.index][2].start),
        )
        return [
            cited(marker, places[one.index][1], places[one.index][2], one.score)
            for marker, one in enumerate(chosen, 1)
        ]

    async def _closeness(
        self, owner: UserId, question: str, texts: list[str], of: set[DocumentId]
    ) -> list[float | None]:
        """Cosines: the vectors have length 1."""
        vectors = await self.meaning.of_texts(owner, [question, *texts], of)
        if vectors is None:
            return [None] * len(texts)
        asked, *others = vectors
        return [sum(a * b for a, b in zip(asked, other, strict=True)) for other in others]


def nearest(hits: list[Hit]) -> list[Citation]:
    """What came closest, when nothing answers."""
    return passages(hits[:SENTENCES])


def _places(hits: list[Hit]) -> list[tuple[int, Hit, SentenceView]]:
    """Every sentence once: neighbouring passages share one. The better passage has it."""
    found: dict[tuple[object, int], tuple[int, Hit, SentenceView]] = {}
    for rank, hit in enumerate(hits):
        for span in hit.sentences:
            found.setdefault((hit.document_id, span.start), (rank, hit, span))
    return list(found.values())
