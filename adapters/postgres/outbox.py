from typing import Any

import msgspec
from pgqueuer.db import AsyncpgDriver

from adapters.postgres.database import Database
from adapters.postgres.queue import queries
from application.events import FOLLOWERS, INTERACTIVE


class PostgresOutbox:
    """The queue is the outbox: one job per follower, in the transaction that makes the fact true."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(self, event: object) -> None:
        connection: Any = self._database.connection  # a pool's proxy does all a connection does
        followers = FOLLOWERS.get(type(event), ())
        if not followers:
            return
        jobs = queries(AsyncpgDriver(connection))
        names = [follower.__name__ for follower in followers]
        priorities = [int(follower in INTERACTIVE) for follower in followers]
        await jobs.enqueue(names, [msgspec.json.encode(event)] * len(names), priorities)
