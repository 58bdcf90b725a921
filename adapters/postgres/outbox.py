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
        followers = [follower.__name__ for follower in FOLLOWERS.get(type(event), ())]
        if not followers:
            return
        jobs = queries(AsyncpgDriver(connection))
        body, priority = msgspec.json.encode(event), int(isinstance(event, INTERACTIVE))
        count = len(followers)
        await jobs.enqueue(followers, [body] * count, [priority] * count)
