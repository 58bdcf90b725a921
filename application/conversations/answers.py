from dataclasses import dataclass
from uuid import UUID

from application.conversations.ports import Messages
from application.knowledge.exports import Hit, Meaning, Query, SearchIndex, SentenceView, find
from application.shared.ports import Clock, Transaction
from domain.conversations.events import QuestionAsked
from domain.conversations.extractive import (
    SENTENCES,
    Scored,
    Sentence,
    choose,
    overlaps,
    score,
    shortlist,
)
from domain.conversations.message import Citation, Message, MessageId
from domain.shared.errors import NotFound
from domain.shared.ids import DocumentId, UserId

PASSAGES = 10  # that are looked at for an answer
SHORTLIST = 12  # sentences whose meaning is compared
LONGEST_QUERY = 2000  # code points of a question that are searched for


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """Follows QuestionAsked: answers with at most three sentences of the owner's documents, each a
    verbatim span of its document, or says that nothing answers."""

    messages: Messages
    index: SearchIndex
    meaning: Meaning
    clock: Clock
    transaction: Transaction

    async def __call__(self, event: QuestionAsked) -> None:
        try:
            answer = await self.messages.read(event.user_id, event.answer_id)
            question = await self.messages.read(event.user_id, _parent(answer))
        except NotFound:
            return  # deleted meanwhile
        if answer.status.terminal:
            return
        found = await find(event.user_id, _query(question), self.index, self.meaning)
        hits = found.hits
        citations = await self._citations(event.user_id, question.content, hits)
        async with self.transaction:
            answer = await self.messages.get(event.user_id, event.answer_id)
            if answer.status.terminal:
                return
            now = self.clock.now()
            if citations:
                answer.answer(citations, now)
            else:
                answer.find_nothing([_passage(n, hit) for n, hit in _numbered(hits)], now)
            await self.messages.save(answer)

    async def _citations(self, owner: UserId, question: str, hits: list[Hit]) -> list[Citation]:
        places = _places(hits)
        sentences = [_sentence(rank, hit, span) for rank, hit, span in places]
        overlap = overlaps(question, sentences)
        short = shortlist(sentences, overlap, SHORTLIST)
        texts = [sentences[index].text for index in short]
        of = {places[index][1].document_id for index in short}
        closeness = await self._closeness(owner, question, texts, of)
        scored = [
            Scored(index, score(sentences[index], overlap[index], close))
            for index, close in zip(short, closeness, strict=True)
        ]
        chosen = sorted(
            choose(sentences, scored),
            key=lambda one: (str(places[one.index][1].document_id), places[one.index][2].start),
        )
        return [
            _citation(marker, places[one.index][1], places[one.index][2], one.score)
            for marker, one in enumerate(chosen, 1)
        ]

    async def _closeness(
        self, owner: UserId, question: str, texts: list[str], of: set[DocumentId]
    ) -> list[float | None]:
        """Cosines: the vectors have length 1."""
        vectors = await self.meaning.of_texts(owner, [question, *texts], of) if texts else None
        if vectors is None:
            return [None] * len(texts)
        asked, *others = vectors
        return [sum(a * b for a, b in zip(asked, other, strict=True)) for other in others]


@dataclass(frozen=True, slots=True)
class FailAnswer:
    """When answering has failed for the last time, the answer says so."""

    messages: Messages
    clock: Clock
    transaction: Transaction

    async def __call__(self, event: QuestionAsked) -> None:
        try:
            async with self.transaction:
                answer = await self.messages.get(event.user_id, event.answer_id)
                if answer.status.terminal:
                    return
                answer.fail("internal", "we could not answer; ask again", self.clock.now())
                await self.messages.save(answer)
        except NotFound:
            return


def _parent(answer: Message) -> MessageId:
    if answer.parent_id is None:
        raise NotFound("an answer stands under its question")
    return answer.parent_id


def _query(question: Message) -> Query:
    ids: list[UUID] = list(question.document_ids)
    return Query(question.content[:LONGEST_QUERY], document_ids=ids or None, limit=PASSAGES)


def _places(hits: list[Hit]) -> list[tuple[int, Hit, SentenceView]]:
    """Every sentence once: neighbouring passages share one. The better passage has it."""
    found: dict[tuple[object, int], tuple[int, Hit, SentenceView]] = {}
    for rank, hit in enumerate(hits):
        for span in hit.sentences:
            found.setdefault((hit.document_id, span.start), (rank, hit, span))
    return list(found.values())


def _sentence(rank: int, hit: Hit, span: SentenceView) -> Sentence:
    return Sentence(_quote(hit, span), hit.heading, rank)


def _quote(hit: Hit, span: SentenceView) -> str:
    return hit.text[span.start - hit.start : span.end - hit.start]


def _citation(marker: int, hit: Hit, span: SentenceView, value: float) -> Citation:
    return Citation(
        marker=marker,
        document_id=hit.document_id,
        document_title=hit.document_title,
        version_sha256=hit.version_sha256,
        page=span.page,
        start=span.start,
        end=span.end,
        quote=_quote(hit, span),
        score=round(value, 4),
    )


def _passage(marker: int, hit: Hit) -> Citation:
    return _citation(marker, hit, SentenceView(hit.page, hit.start, hit.end), hit.score)


def _numbered(hits: list[Hit]) -> enumerate[Hit]:
    return enumerate(hits[:SENTENCES], 1)
