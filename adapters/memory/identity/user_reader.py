from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from adapters.memory.store import Store
from application.identity.views import AccountView, UserFilter, account_view
from application.shared.page import Listing, Paging, part
from application.shared.ports import Clock
from domain.identity.user import User
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_NEVER = datetime.min.replace(tzinfo=UTC)
_ORDERS: dict[str, Callable[[User], Any]] = {
    "created_at": lambda user: user.id,
    "email": lambda user: (user.email, user.id),
    "last_login_at": lambda user: (user.last_login_at or _NEVER, user.id),
}


class MemoryUserReader:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def one(self, user_id: UserId) -> AccountView:
        user = self._store.table(User).get((user_id, user_id))
        if user is None:
            raise NotFound("there is no such user")
        return account_view(user, self._clock.now())

    async def page(self, wanted: UserFilter, paging: Paging) -> Listing[AccountView]:
        users = [user for user in self._store.table(User).values() if _matches(user, wanted)]
        users.sort(key=_ORDERS[wanted.sort.field], reverse=wanted.sort.down)
        now = self._clock.now()
        return part(paging, [account_view(user, now) for user in users], attrgetter("id"))


def _matches(user: User, wanted: UserFilter) -> bool:
    texts = (user.email, user.display_name or "", user.full_name or "")
    return (
        wanted.is_active in (None, user.is_active)
        and wanted.is_admin in (None, user.is_admin)
        and wanted.deleted is (user.deleted_at is not None)
        and (wanted.q is None or any(wanted.q.lower() in text.lower() for text in texts))
    )
