"""The floor of every read: a bare Litestar app, `python -m benchmarks.floor`.

A route, no authentication, no middleware, no dependency injection, no path parameter: one raw
asyncpg query of a user by primary key, out of a pool opened as the API opens its own, the row as
the API's view Struct, which Litestar gives to msgspec. `entrypoints.api` serves it as it serves the
API, and the heap is frozen as there, so that what differs is only our own work. A second route does the same
for a page of users.
"""

import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from asyncpg import Connection, Pool, create_pool
from litestar import Litestar, get

from application.identity.views import AccountView, UserView
from entrypoints import api
from entrypoints.child import die_with_parent
from entrypoints.environment import load


def _columns(view: type[UserView]) -> str:
    return ", ".join(view.__struct_fields__).replace("is_premium", "false AS is_premium")


_QUERY = f"SELECT {_columns(UserView)} FROM users WHERE id = $1"
_PAGE = f"""
    SELECT {_columns(AccountView)} FROM users WHERE deleted_at IS NULL ORDER BY id DESC LIMIT 50
"""


async def _nothing(_: Connection) -> None:
    """The reset of asyncpg costs a round trip a loan, which we do not pay either."""


def app() -> Litestar:
    """What the granian worker runs."""
    die_with_parent()
    settings, user_id = load(), UUID(os.environ["FLOOR_USER"])
    pools: list[Pool] = []

    @asynccontextmanager
    async def pool(_: Litestar) -> AsyncIterator[None]:
        url, size = settings.database_url or "", settings.db_pool_size
        opened = await create_pool(url, min_size=2, max_size=size, reset=_nothing, ssl=False)
        pools.append(opened)
        yield
        await opened.close()

    @get("/health")
    async def health() -> str:
        return "ok"

    @get("/floor")
    async def floor() -> UserView:
        row = await pools[0].fetchrow(_QUERY, user_id)
        return UserView(*row)  # type: ignore[misc]  # the row is there

    @get("/floor/users")
    async def users() -> list[AccountView]:
        return [AccountView(*row) for row in await pools[0].fetch(_PAGE)]

    made = Litestar(
        [health, floor, users], lifespan=[pool], openapi_config=None, logging_config=None
    )
    gc.collect()
    gc.freeze()
    return made


if __name__ == "__main__":
    api.run(load(), "benchmarks.floor:app")
