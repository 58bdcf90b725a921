"""Looking across owners, past row security: to find out what there is to do for whom. What is done
is done in each owner's name."""

from adapters.postgres.database import Database
from adapters.postgres.pool import Pool

ROLE = "colonnade_maintenance"


class Maintenance(Database):
    """A way to Postgres on connections of its own, which speak as the role that sees all rows."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
