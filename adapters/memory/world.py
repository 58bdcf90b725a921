"""Every port, answered from memory: enough to run any use case with no database and no container.

world = World()
ada = await world.get(RegisterUser)(Registration("ada@example.org", "correct horse battery"))
await world.drain()
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_type_hints

from adapters.memory import (
    analytics,
    conversations,
    files,
    identity,
    knowledge,
    mail,
    models,
    operations,
    records,
)
from adapters.memory.store import MemoryListener, MemoryTransaction, Store
from adapters.memory.worker import drain
from adapters.system import SystemClock, SystemSecrets, Uuid7
from application.conversations.enriching import Enrichers
from application.identity.links import EmailPolicy
from application.identity.policy import Policy
from application.knowledge.exports import Egress
from application.models.egress import AllowEmbedding
from application.models.ports import ChatModels
from application.models.tracing import Tracers
from application.operations.quotas import Quotas
from application.shared.ports import Clock, Ids, Listener, Outbox, Secrets, Signals, Transaction
from domain.analytics.budget import Limits

SYSTEM: dict[type, type] = {Clock: SystemClock, Ids: Uuid7, Secrets: SystemSecrets}
PORTS: dict[type, type] = (
    {Listener: MemoryListener}
    | identity.PORTS
    | files.PORTS
    | knowledge.PORTS
    | conversations.PORTS
    | analytics.PORTS
    | models.PORTS
    | mail.PORTS
    | operations.PORTS
    | records.PORTS
)
# Ports of one context behind which stands what another does: made anew, as use cases are.
MET: dict[type, type] = {Egress: AllowEmbedding}


class World:
    """Builds a use case by giving each of its fields the adapter of its port. Adapters live as
    long as the world; each use case has a transaction of its own. `given` are used instead of
    ours: a clock that stands still, for instance."""

    def __init__(self, given: Mapping[type, Any] = MappingProxyType({})) -> None:
        self.store = Store()
        policies = {
            Policy: Policy(),
            EmailPolicy: EmailPolicy(),
            Limits: Limits(),
            Quotas: Quotas(),
            ChatModels: ChatModels(),
            Tracers: Tracers(),
            Enrichers: Enrichers(),
        }
        self._kept: dict[type, Any] = {Store: self.store, **policies, **given}

    def get[T](self, wanted: type[T]) -> T:
        """A use case, or the adapter of a port."""
        transaction = MemoryTransaction(self.store)
        made: T = self._make(wanted, dict.fromkeys((Transaction, Outbox, Signals), transaction))
        return made

    async def drain(self, *, twice: bool = False) -> None:
        """Run what follows the facts published so far, and what follows from that."""

        async def follower(kind: type) -> Any:
            return self.get(kind)

        await drain(self.store, follower, twice=twice)

    def _make(self, wanted: type, own: dict[type, Any]) -> Any:
        if found := own.get(wanted) or self._kept.get(wanted):
            return found
        kind: Any = (PORTS | SYSTEM | MET).get(wanted, wanted)
        hints = get_type_hints(kind.__init__)
        hints.pop("return", None)
        made = kind(**{name: self._make(hint, own) for name, hint in hints.items()})
        if wanted in PORTS | SYSTEM:
            self._kept[wanted] = made
        return made
