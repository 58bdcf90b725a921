"""What other contexts add to the answers of a kind of conversation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.conversations.conversation import Kind
from domain.conversations.message import Message, Support


@dataclass(frozen=True, slots=True)
class Enrichment:
    """`instructions` go to the model, `support` to the person."""

    instructions: str = ""
    support: Support | None = None


class Enricher(Protocol):
    async def enrich(self, question: Message) -> Enrichment: ...


@dataclass(frozen=True, slots=True)
class Enrichers:
    """Who adds to which kind."""

    by_kind: Mapping[Kind, tuple[Enricher, ...]] = field(default_factory=dict)

    async def enrich(self, kind: Kind, question: Message) -> Enrichment:
        """All that is added, the first support first."""
        found = [await one.enrich(question) for one in self.by_kind.get(kind, ())]
        instructions = "\n\n".join(one.instructions for one in found if one.instructions)
        support = next((one.support for one in found if one.support), None)
        return Enrichment(instructions, support)
