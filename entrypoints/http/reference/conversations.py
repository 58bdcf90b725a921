from uuid import UUID

from application.conversations.messages import Question
from application.conversations.views import (
    ChatAnswer,
    CitationView,
    MessageView,
    Usage,
    Verified,
)
from domain.conversations.conversation import ConversationId
from domain.conversations.message import AnswerMode, MessageId, MessageStatus, Role
from entrypoints.http.reference.knowledge import CLAUSE, END, QUESTION, SHA256, START
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ANSWER, CONTRACT, NOW

_CONVERSATION = ConversationId(UUID("01a1fcb7-5c02-7f41-a3d8-92e5b6c7f013"))
_ANSWER = MessageView(
    id=ANSWER,
    conversation_id=_CONVERSATION,
    parent_id=MessageId(UUID("01a1fcb7-5c04-71c6-b920-5f8e7d6a1c33")),
    role=Role.ASSISTANT,
    is_user=False,
    content=CLAUSE,
    status=MessageStatus.COMPLETE,
    mode=AnswerMode.EXTRACTIVE,
    model_used=None,
    citations=[
        CitationView(
            marker=1,
            document_id=CONTRACT,
            document_title="Services agreement",
            version_sha256=SHA256,
            page=4,
            start=START,
            end=END,
            quote=CLAUSE,
            score=0.91,
            verified=Verified.EXACT,
            url=f"/api/v1/documents/{CONTRACT}/content?start={START}&end={END}",
        )
    ],
    nearest=[],
    prompt_tokens=0,
    completion_tokens=0,
    total_tokens=0,
    response_time_ms=84,
    error=None,
    trace_id=None,
    created_at=NOW,
)
EXAMPLES = (
    Question(QUESTION, document_ids=[CONTRACT]),
    _ANSWER,
    ChatAnswer(_ANSWER, _CONVERSATION, Usage(0, 0, 0)),
)
PROBLEMS = (
    problem(
        409,
        "session_taken",
        "The session id is taken",
        "Another of your conversations has this `session_id`. Name its `conversation_id` to go on "
        "with it, or choose another.",
        "you have a conversation with this session_id",
    ),
)
