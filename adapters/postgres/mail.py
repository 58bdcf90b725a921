from sqlalchemy import bindparam, delete, insert, select

from adapters.postgres.database import Database, Statement
from adapters.postgres.rows import values_of
from adapters.postgres.tables.mail import outgoing_mails
from domain.mail.letter import LetterId, OutgoingMail
from domain.shared.errors import NotFound
from domain.shared.ids import UserId

_COLUMNS = tuple(outgoing_mails.c.keys())
_mine = (
    outgoing_mails.c.user_id == bindparam("owner"),
    outgoing_mails.c.id == bindparam("letter_id"),
)
_ADD = Statement(insert(outgoing_mails), _COLUMNS)
_GET = Statement(select(outgoing_mails).where(*_mine))
_REMOVE = Statement(delete(outgoing_mails).where(*_mine))


class PostgresOutgoingMails:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, mail: OutgoingMail) -> None:
        await self._database.row(_ADD, values_of(mail, _COLUMNS), owner=mail.user_id)

    async def get(self, owner: UserId, letter_id: LetterId) -> OutgoingMail:
        values = {"owner": owner, "letter_id": letter_id}
        row = await self._database.row(_GET, values, owner=owner)
        if row is None:
            raise NotFound("there is no such mail")
        return OutgoingMail(**row)

    async def remove(self, owner: UserId, letter_id: LetterId) -> None:
        values = {"owner": owner, "letter_id": letter_id}
        await self._database.row(_REMOVE, values, owner=owner)
