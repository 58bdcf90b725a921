"""A page of 50 of 10,000 users as an administrator, against the same page from the bare floor.

`GET /users?size=50` checks the caller as every route does and reads rows straight into views; the
floor sends its one raw query of the same 50 rows and columns. Neither counts: at least 0.50.
`?page=1&page_size=50`, which counts all 10,000, is for information.
"""

import asyncio
from contextlib import ExitStack

import asyncpg

from benchmarks.harness import Bench
from benchmarks.load import Call
from benchmarks.measure import ROUNDS, Result
from benchmarks.reads import Side, result

USERS = 10_000
_FILL = f"""
    INSERT INTO users (id, email, full_name, display_name, timezone, locale, organization, role,
        anonymous_id, email_verified, is_active, is_admin, created_at, updated_at, last_login_at)
    SELECT gen_random_uuid(), 'user' || n || '@bench.example', 'User Number ' || n, 'user' || n,
        'Europe/Berlin', 'en-US', 'Bench & Sons', 'Analyst', md5(n::text), true, n % 10 > 0, false,
        now() - n * interval '1 minute', now(), now()
    FROM generate_series(1, {USERS}) n
"""
_PROMOTE = "UPDATE users SET is_admin = true WHERE id = $1"


def run(bench: Bench) -> list[Result]:
    with ExitStack() as stack:
        api = stack.enter_context(bench.api())
        root = bench.account(api, "root")
        asyncio.run(_prepare(bench.url, root.id))
        server = stack.enter_context(bench.floor(root.id))
        floor = Side(bench, server, Call("GET", "/floor/users"))
        asked = {"size=50": 0.5, "page=1&page_size=50": None}
        sides = {
            query: Side(bench, api, Call("GET", f"/api/v1/users?{query}", root.token))
            for query in asked
        }
        for side in (floor, *sides.values()):
            side.warm_up()
        for _ in range(ROUNDS):
            for side in (floor, *sides.values()):
                side.measure()
        return [
            result(f"GET /api/v1/users?{query}", sides[query], floor, target)
            for query, target in asked.items()
        ]


async def _prepare(url: str, admin: str) -> None:
    connection = await asyncpg.connect(url, ssl=False)
    try:
        await connection.execute(_FILL)
        await connection.execute(_PROMOTE, admin)
        await connection.execute("ANALYZE users")
    finally:
        await connection.close()
