from typing import Protocol

from application.shared.records import Records
from domain.mail.letter import LetterId, Mail, OutgoingMail
from domain.shared.ids import UserId


class OutgoingMails(Protocol):
    async def add(self, mail: OutgoingMail) -> None: ...

    async def get(self, owner: UserId, letter_id: LetterId) -> OutgoingMail:
        """Raises NotFound."""
        ...

    async def remove(self, owner: UserId, letter_id: LetterId) -> None:
        """Nothing happens when there is no such mail."""
        ...


class Mailer(Protocol):
    async def send(self, mail: Mail) -> None:
        """Hand it over for delivery, within half a minute. Raises Unavailable when that did not
        work; the error holds nothing of the mail."""
        ...


class MailRecords(Records, Protocol):
    """What mail keeps of a user: that a letter waits for them, and not what it says."""
