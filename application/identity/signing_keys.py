from dataclasses import dataclass
from datetime import timedelta

from application.identity.ports import AuditLog, KeyPairs, SigningKeys, Tokens
from application.shared.ports import Clock, Ids, Transaction
from domain.identity.audit import AuditEvent
from domain.identity.signing_key import KeyState, overlap


@dataclass(frozen=True, slots=True)
class RotateKeys:
    """Sign access tokens with the next key from now on, publish a new next one, and forget those
    whose last token has expired. Nobody is signed out. All processes follow within a minute."""

    keys: SigningKeys
    pairs: KeyPairs
    tokens: Tokens
    audit: AuditLog
    clock: Clock
    ids: Ids
    transaction: Transaction

    async def __call__(self) -> None:
        now, lifetime = self.clock.now(), timedelta(seconds=self.tokens.lifetime)
        fresh = self.pairs.make(KeyState.NEXT, now)
        async with self.transaction:
            if not await self.keys.rotate(fresh, now, gone_before=now - overlap(lifetime)):
                return
            await self.audit.add(
                AuditEvent(id=self.ids.next(), at=now, action="signing_key.rotated")
            )
