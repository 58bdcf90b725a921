"""What is asked, as it is sent."""

from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, json, structs

from application.shared.text import Text
from domain.conversations.conversation import Kind
from domain.shared.errors import Invalid
from domain.shared.ids import DocumentId

LONGEST_QUESTION = 10_000  # code points

type Content = Annotated[Text, Meta(min_length=1, max_length=LONGEST_QUESTION)]
type Name = Annotated[Text, Meta(min_length=1, max_length=255)]
type ModelName = Annotated[Text, Meta(min_length=1, max_length=100)]
type DocumentIds = Annotated[list[UUID], Meta(max_length=100)]


class Contradictory(Invalid):
    """One of `fields` contradicts another, or the conversation that is named."""

    def __init__(self, detail: str, *fields: str) -> None:
        super().__init__(detail)
        self.fields = fields


# Without its defaults when encoded: a field that is new tomorrow leaves today's fingerprints alone.
class Question(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Without `conversation_id` a conversation begins, of the kind `research` unless `kind` says
    another. `document_ids`, which older clients call `sources`, limits what is searched. `model` is
    one of `GET /chat/models`, or `extractive`, which quotes and asks nobody. What is sent twice as
    the same `client_message_id` is asked once. `metadata` is what you keep with the question."""

    content: Content
    conversation_id: UUID | None = None
    kind: Kind | None = None
    session_id: Name | None = None
    document_ids: DocumentIds = []
    sources: DocumentIds = []
    model: ModelName | None = None
    client_message_id: Name | None = None
    trace_id: Annotated[Text, Meta(max_length=255)] | None = None
    metadata: dict[str, Any] = {}

    @property
    def searched(self) -> list[DocumentId]:
        return [DocumentId(one) for one in dict.fromkeys([*self.document_ids, *self.sources])]

    @property
    def fingerprint(self) -> bytes:
        return fingerprint(structs.replace(self, client_message_id=None))


class FollowUp(Struct, frozen=True, forbid_unknown_fields=True):
    """A question in a conversation. Without `document_ids` those of the conversation are searched."""

    content: Content
    document_ids: DocumentIds = []
    model: ModelName | None = None
    client_message_id: Name | None = None
    trace_id: Annotated[Text, Meta(max_length=255)] | None = None
    metadata: dict[str, Any] = {}

    def within(self, conversation_id: UUID) -> Question:
        return Question(
            self.content,
            conversation_id,
            document_ids=self.document_ids,
            model=self.model,
            client_message_id=self.client_message_id,
            trace_id=self.trace_id,
            metadata=self.metadata,
        )


class Another(Struct, frozen=True, forbid_unknown_fields=True):
    """`model`: who shall answer this time."""

    model: ModelName | None = None


def fingerprint(sent: object) -> bytes:
    """Tells what is sent from anything else."""
    return sha256(json.encode(sent, order="deterministic")).digest()
