from uuid import UUID

from msgspec import structs

from application.conversations.conversations import (
    Attached,
    ConversationChange,
    NewConversation,
)
from application.conversations.feedback import Feedback
from application.conversations.questions import Another, FollowUp, Question
from application.conversations.views import (
    Asked,
    ChatAnswer,
    CitationView,
    ConversationView,
    ConversationWithMessages,
    MessageView,
    Usage,
)
from domain.conversations.conversation import Kind, MessageId
from domain.conversations.message import AnswerMode, MessageStatus, Rating, Role, Verified
from entrypoints.http.reference.knowledge import CLAUSE, END, QUESTION, SHA256, START
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ANSWER, CONTRACT, NOW, TALK

_ANSWER = MessageView(
    id=ANSWER,
    conversation_id=TALK,
    parent_id=MessageId(UUID("01a1fcb7-5c04-71c6-b920-5f8e7d6a1c33")),
    role=Role.ASSISTANT,
    is_user=False,
    message_type="text",
    content=CLAUSE,
    status=MessageStatus.COMPLETE,
    mode=AnswerMode.EXTRACTIVE,
    model_used=None,
    document_ids=[CONTRACT],
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
            places=[],
            url=f"/api/v1/documents/{CONTRACT}/content?start={START}&end={END}",
        )
    ],
    nearest=[],
    unknown_markers=0,
    unsupported=[],
    notice=None,
    support=None,
    prompt_tokens=0,
    completion_tokens=0,
    total_tokens=0,
    response_time_ms=84,
    finish_reason=None,
    error=None,
    feedback=None,
    client_message_id=None,
    trace_id=None,
    metadata={},
    created_at=NOW,
)
_QUESTION = MessageView(
    id=MessageId(UUID("01a1fcb7-5c04-71c6-b920-5f8e7d6a1c33")),
    conversation_id=TALK,
    parent_id=None,
    role=Role.USER,
    is_user=True,
    message_type="text",
    content=QUESTION,
    status=MessageStatus.COMPLETE,
    mode=None,
    model_used=None,
    document_ids=[CONTRACT],
    citations=[],
    nearest=[],
    unknown_markers=0,
    unsupported=[],
    notice=None,
    support=None,
    prompt_tokens=0,
    completion_tokens=0,
    total_tokens=0,
    response_time_ms=None,
    finish_reason=None,
    error=None,
    feedback=None,
    client_message_id="7f3c",
    trace_id=None,
    metadata={},
    created_at=NOW,
)
_PENDING = structs.replace(
    _ANSWER,
    content="",
    status=MessageStatus.PENDING,
    mode=None,
    citations=[],
    response_time_ms=None,
)
_TALK = ConversationView(
    id=TALK,
    title="The services agreement",
    kind=Kind.RESEARCH,
    session_type=Kind.RESEARCH,
    session_id=None,
    metadata={},
    document_ids=[CONTRACT],
    active_leaf=ANSWER,
    is_active=True,
    is_archived=False,
    message_count=2,
    last_message_at=NOW,
    created_at=NOW,
    updated_at=NOW,
)
EXAMPLES = (
    Question(QUESTION, document_ids=[CONTRACT]),
    FollowUp(QUESTION, client_message_id="7f3c"),
    Another("extractive"),
    Feedback(Rating.UP, "Exactly the clause that I looked for."),
    NewConversation("The services agreement", document_ids=[CONTRACT]),
    ConversationChange(title="Payment terms", is_archived=True),
    Attached([CONTRACT]),
    _TALK,
    ConversationWithMessages(**structs.asdict(_TALK), messages=[_QUESTION, _ANSWER]),
    Asked(_QUESTION, _PENDING),
    _ANSWER,
    ChatAnswer(_ANSWER, TALK, Usage(0, 0, 0)),
)
PROBLEMS = (
    problem(
        409,
        "already_asked",
        "The name of the message is taken",
        "You sent something else with this `client_message_id`: other words, in another conversation, "
        "of other documents or to another model. Take a new one for each message.",
        "another message was sent with this client_message_id",
    ),
    problem(
        409,
        "answer_not_ended",
        "The answer is still being made",
        "Wait for its end, or `POST /api/v1/messages/{id}/stop` it.",
        "the answer is still being made",
    ),
    problem(
        422,
        "contradictory",
        "Two things that you sent exclude each other",
        "`kind` and `session_type` are one thing, and a conversation keeps the kind and the "
        "`session_id` that it began with. `errors` names the field: leave it out.",
        "the conversation's kind is research",
    ),
    problem(
        422,
        "invalid_metadata",
        "The metadata cannot be kept",
        "What you keep with a conversation or a message may take 16 KiB as JSON, without NUL.",
        "metadata may hold 16 KiB",
    ),
    problem(
        422,
        "no_question",
        "Nothing is asked",
        "The last message sent to `/v1/chat/completions` has to be a user's, with text.",
        "the last message has to be a user's, of 1 to 10000 characters",
    ),
    problem(
        409,
        "not_an_answer",
        "The message is a question",
        "Only answers are watched, stopped, rated or made again.",
        "this message is a question",
    ),
    problem(
        422,
        "wrong_event_id",
        "There is no such event",
        "`Last-Event-ID` and `after` take the `id` of an event of this message.",
        "this is not the id of an event of this message",
    ),
    problem(
        409,
        "session_taken",
        "The session id is taken",
        "Another of your conversations has this `session_id`. Name its `conversation_id` to go on "
        "with it, or choose another.",
        "you have a conversation with this session_id",
    ),
)
