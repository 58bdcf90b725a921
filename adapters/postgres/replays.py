from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.database import Database, Statement
from adapters.postgres.tables.identity import idempotency_keys
from application.operations.replays import ABANDONED, LIFETIME, Answer, Attempt, repeated
from application.shared.ports import Crypto

NOBODY = UUID(int=0)  # whom row security shows what has expired, and nothing else

_k = idempotency_keys.c
_named = and_(
    _k.user_id == bindparam("owner"),
    _k.route == bindparam("path"),
    _k.key == bindparam("name"),
)
_in_flight = and_(_named, _k.created_at == bindparam("at"), _k.status.is_(None))

_NEW = ("user_id", "route", "key", "body_sha256", "created_at", "expires_at")
_ANSWER = ("status", "headers", "body")
_new = insert(idempotency_keys)
_BEGIN = Statement(
    _new.on_conflict_do_update(
        index_elements=[_k.user_id, _k.route, _k.key],
        set_={name: _new.excluded[name] for name in (*_NEW[3:], *_ANSWER)},
        where=or_(
            _k.expires_at <= bindparam("at"),
            and_(_k.status.is_(None), _k.created_at <= bindparam("abandoned")),
        ),
    ).returning(_k.created_at),
    _NEW,
)
_FIRST = Statement(select(_k.body_sha256, _k.status, _k.headers, _k.body).where(_named))
_KEEP = Statement(update(idempotency_keys).where(_in_flight), _ANSWER)
_FORGET = Statement(delete(idempotency_keys).where(_in_flight))
_PURGE = Statement(
    delete(idempotency_keys).where(_k.expires_at <= bindparam("at")).returning(_k.created_at)
)


class PostgresReplays:
    """Fingerprints are encrypted: a body may hold a password, which its bare hash would give away to
    whoever guesses."""

    def __init__(self, database: Database, crypto: Crypto) -> None:
        self._database, self._crypto = database, crypto

    async def begin(self, attempt: Attempt) -> Answer | None:
        new = {
            "user_id": attempt.owner,
            "route": attempt.route,
            "key": attempt.key,
            "body_sha256": self._crypto.encrypt(attempt.fingerprint, _place(attempt)),
            "created_at": attempt.at,
            "expires_at": attempt.at + LIFETIME,
            "at": attempt.at,
            "abandoned": attempt.at - ABANDONED,
        }
        while await self._database.row(_BEGIN, new, owner=attempt.owner) is None:
            first = await self._database.row(_FIRST, _name(attempt), owner=attempt.owner)
            if first is not None:  # else it was forgotten in this moment
                fingerprint = self._crypto.decrypt(first["body_sha256"], _place(attempt))
                return repeated(fingerprint, _answer(first), attempt)
        return None

    async def keep(self, attempt: Attempt, answer: Answer) -> None:
        kept = {"status": answer.status, "headers": answer.headers, "body": answer.body}
        await self._database.row(_KEEP, _begun(attempt) | kept, owner=attempt.owner)

    async def forget(self, attempt: Attempt) -> None:
        await self._database.row(_FORGET, _begun(attempt), owner=attempt.owner)

    async def purge(self, at: datetime) -> int:
        return len(await self._database.rows(_PURGE, {"at": at}, owner=NOBODY))


def _place(attempt: Attempt) -> str:
    return f"idempotency_keys:body_sha256:{attempt.owner}:{attempt.route}:{attempt.key}"


def _name(attempt: Attempt) -> dict[str, Any]:
    return {"owner": attempt.owner, "path": attempt.route, "name": attempt.key}


def _begun(attempt: Attempt) -> dict[str, Any]:
    return _name(attempt) | {"at": attempt.at}


def _answer(row: Any) -> Answer | None:
    if row["status"] is None:
        return None
    return Answer(row["status"], row["headers"], row["body"])
