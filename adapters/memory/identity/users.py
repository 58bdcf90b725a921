from copy import deepcopy
from datetime import datetime

from adapters.memory.store import Store
from domain.identity.user import Email, EmailTaken, User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemoryUsers:
    """Keeps and gives copies, so an unsaved change is as lost as it is in Postgres."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, user: User) -> None:
        await self.save(user)

    async def get(self, user_id: UserId) -> User:
        user = self._store.table(User).get((user_id, user_id))
        if user is None or user.deleted_at is not None:
            raise NotFound("there is no such user")
        return deepcopy(user)

    async def by_email(self, address: Email) -> User | None:
        users = self._store.table(User).values()
        found = (u for u in users if u.email == address and u.deleted_at is None)
        return deepcopy(next(found, None))

    async def save(self, user: User) -> None:
        other = None if user.deleted_at else await self.by_email(user.email)
        if other is not None and other.id != user.id:
            raise EmailTaken("this e-mail has an account already")
        self._store.table(User)[user.id, user.id] = deepcopy(user)

    async def deleted(self, user_id: UserId) -> User:
        user = self._store.table(User).get((user_id, user_id))
        if user is None or user.deleted_at is None:
            raise NotFound("there is no such deleted user")
        return deepcopy(user)

    async def deleted_before(self, at: datetime, limit: int) -> list[UserId]:
        gone = [(u.deleted_at, u.id) for u in self._store.table(User).values() if u.deleted_at]
        return [user_id for deleted_at, user_id in sorted(gone) if deleted_at <= at][:limit]

    async def remove(self, user_id: UserId) -> None:
        self._store.table(User).pop((user_id, user_id), None)

    async def admins(self) -> list[UserId]:
        users = self._store.table(User).values()
        return [u.id for u in users if u.is_admin and u.is_active and u.deleted_at is None]
