"""Between the passages that search finds and the citations that an answer shows."""

from collections.abc import Sequence
from dataclasses import replace

from msgspec import to_builtins

from application.conversations.views import citation_view
from application.knowledge.exports import Hit, SentenceView
from application.models.exports import Cited
from domain.conversations.message import Citation, Verified
from domain.conversations.stream import EventType, Happened


def quote(hit: Hit, span: SentenceView) -> str:
    return hit.text[span.start - hit.start : span.end - hit.start]


def cited(marker: int, hit: Hit, span: SentenceView, value: float) -> Citation:
    """A stretch of a passage, in the document's own words."""
    return Citation(
        marker=marker,
        document_id=hit.document_id,
        document_title=hit.document_title,
        version_sha256=hit.version_sha256,
        page=span.page,
        start=span.start,
        end=span.end,
        quote=quote(hit, span),
        score=round(value, 4),
    )


def passages(hits: Sequence[Hit]) -> list[Citation]:
    """Each whole."""
    return [
        cited(marker, hit, SentenceView(hit.page, hit.start, hit.end), hit.score)
        for marker, hit in enumerate(hits, 1)
    ]


def retrieved(hits: Sequence[Hit]) -> Happened:
    """The sources that an answer is made from."""
    sources = [to_builtins(citation_view(one)) for one in passages(hits)]
    return Happened(EventType.RETRIEVED, {"sources": sources})


def checked(one: Cited, hits: Sequence[Hit]) -> Citation:
    """What a model cites of the passages that it was given, in their order."""
    hit = hits[one.marker - 1]
    span = one.span.shifted(hit.start)
    place = SentenceView(_page(hit, span.start), span.start, span.end)
    citation = cited(one.marker, hit, place, hit.score)
    return replace(citation, verified=Verified(one.verified), places=one.places)


def _page(hit: Hit, start: int) -> int:
    """Where the sentence stands that has it: a passage may go on over the page."""
    pages = [sentence.page for sentence in hit.sentences if sentence.start <= start]
    return pages[-1] if pages else hit.page
