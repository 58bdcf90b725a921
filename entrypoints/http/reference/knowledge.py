from datetime import UTC, datetime
from uuid import UUID

from application.knowledge.batch import BatchView, Outcome, UpdateKeywords
from application.knowledge.filters import And, CreatedDuring, InCategory, InJurisdiction, Not
from application.knowledge.metadata import Details
from application.knowledge.views import (
    ChunkView,
    Comparison,
    ContentView,
    DocumentView,
    Explanation,
    FormatView,
    Found,
    Hit,
    Legs,
    Mode,
    PageView,
    Plan,
    Query,
    SentenceView,
    Share,
    StatusView,
    TermScore,
)
from domain.knowledge.document import Status, Step
from domain.knowledge.metadata import Category
from domain.shared.ids import ChunkId, VersionId
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ADA, CONTRACT, NOW

QUESTION = "What interest is charged on late payment?"
CLAUSE = (
    "8.4 If a sum is not paid by its due date, the Supplier may charge interest on the overdue "
    "amount at\nthe rate of 1.5% per month, accruing daily from the due date until payment."
)
START = 10437
END = START + len(CLAUSE)
SHA256 = "9f2c4a6be1d3085f7a94c0d2b6e8f1375c1d9e0ab4738266fd15e7c3a8b09d42"
_CHUNK = ChunkId(UUID("01a1fcb7-4a10-7d3e-9b52-6c0f81e2a7d4"))

EXAMPLES = (
    Query(
        QUESTION,
        limit=5,
        mode=Mode.HYBRID,
        filters=And(
            [
                InCategory([Category.CONTRACT]),
                Not(InJurisdiction(["US"])),
                CreatedDuring(since=datetime(2026, 1, 1, tzinfo=UTC)),
            ]
        ),
        explain=True,
    ),
    FormatView(".pdf", "application/pdf", 52_428_800),
    Details(category=Category.CONTRACT, jurisdiction="GB-ENG", keywords=["payment", "services"]),
    UpdateKeywords([CONTRACT], add=["payment"], remove=["draft"]),
    BatchView(1, 0, [Outcome(CONTRACT, True)]),
    DocumentView(
        id=CONTRACT,
        user_id=ADA,
        title="Services agreement",
        category=Category.CONTRACT,
        jurisdiction="GB-ENG",
        practice_area="commercial",
        keywords=["payment", "services"],
        author="Grace Hopper",
        language="en-GB",
        authored_at=NOW,
        modified_at=NOW,
        page_count=9,
        original_filename="services-agreement.pdf",
        file_type="pdf",
        file_size=74_213,
        sha256=SHA256,
        version=2,
        served_version=2,
        processing_status=Status.COMPLETED,
        processing_step=None,
        processing_done=0,
        processing_total=0,
        processing_error=None,
        chunk_count=51,
        created_at=NOW,
        updated_at=NOW,
    ),
    StatusView(
        version=2,
        served_version=1,
        processing_status=Status.PROCESSING,
        processing_step=Step.EMBED,
        processing_done=32,
        processing_total=51,
        processing_error=None,
        updated_at=NOW,
    ),
    ContentView(CLAUSE, START, END, SHA256, [PageView(4, START, END)]),
    ChunkView(_CHUNK, 21, 4, START, END, "8. Fees and payment", CLAUSE),
    Found(
        [
            Hit(
                document_id=CONTRACT,
                document_title="Services agreement",
                version_id=VersionId(UUID("01a1fcb7-3fb0-7e19-8c66-0d5b7a4412f9")),
                version_sha256=SHA256,
                chunk_id=_CHUNK,
                page=4,
                start=START,
                end=END,
                heading="8. Fees and payment",
                text=CLAUSE,
                sentences=[SentenceView(4, START, END)],
                best_sentence=SentenceView(4, START, END),
                score=0.0325,
                legs=Legs(lexical=1, semantic=2),
                explanation=Explanation(
                    [TermScore("interest", 1, 3.21, 1, 4.02), TermScore("late", 1, 4.4, 1, 5.51)],
                    bm25=9.53,
                    distance=0.31,
                    fusion=[
                        Share("lexical", 1, 1.0, 0.01639),
                        Share("semantic", 2, 1.0, 0.01613),
                    ],
                ),
            )
        ],
        elapsed_ms=12.4,
        semantic=True,
        plan=Plan(51, ["english"], Comparison.EXACT, fallback=False, widened=False),
    ),
)
PROBLEMS = (
    problem(
        409,
        "document_exists",
        "The document is there already",
        "Another document of yours has the same bytes: an owner has them once.",
        "you have this document already",
    ),
    problem(
        409,
        "document_not_failed",
        "The document has not failed",
        "Only what could not be read can be tried again; `POST /api/v1/documents/batch` with "
        "`reprocess` reads any document anew.",
        "only a document that has failed can be tried again",
    ),
    problem(
        409,
        "document_not_ready",
        "The document is not ready",
        "It is still being read, or could not be: `GET /api/v1/documents/{document_id}/status` "
        "tells how far it is.",
        "this document is not ready",
    ),
    problem(
        422,
        "invalid_keywords",
        "These keywords cannot be kept",
        "A document may have 50 of up to 100 characters; case does not count.",
        "a document may have 50 keywords",
    ),
    problem(
        422,
        "filter_too_large",
        "The filter is too large",
        "A tree of conditions is checked before anything is looked for.",
        "a filter has at most 8 levels and 64 conditions",
    ),
    problem(
        422,
        "wrong_span",
        "This is not a span",
        "`start` and `end` count code points of the document's text, and come together.",
        "give both `start` and `end`, and the end after the start",
    ),
)
