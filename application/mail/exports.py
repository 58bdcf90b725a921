"""What other contexts may do with mail."""

from dataclasses import dataclass

from application.mail.ports import MailRecords, OutgoingMails
from application.mail.sending import sealed
from application.shared.ports import Clock, Crypto, Ids, Outbox
from application.shared.records import Record
from domain.mail.events import LetterWritten
from domain.mail.letter import Letter, LetterId, OutgoingMail
from domain.shared.ids import UserId

__all__ = ["Letter", "MailRecords", "Post", "erase", "export"]


@dataclass(frozen=True, slots=True)
class Post:
    """Takes letters inside the transaction that decides them; a job sends them once it is kept."""

    mails: OutgoingMails
    crypto: Crypto
    clock: Clock
    ids: Ids
    outbox: Outbox

    async def send(self, user_id: UserId, to: str, letter: Letter) -> None:
        """`user_id`: whose letter it is, and with whose account it goes; `to`: an e-mail address,
        which need not be the account's."""
        letter_id = LetterId(self.ids.next())
        mail = OutgoingMail(
            id=letter_id,
            user_id=user_id,
            kind=letter.kind,
            letter=sealed(to, letter, letter_id, self.crypto),
            created_at=self.clock.now(),
        )
        await self.mails.add(mail)
        await self.outbox.publish(LetterWritten(self.ids.next(), user_id, letter_id))


async def export(user_id: UserId, records: MailRecords) -> dict[str, list[Record]]:
    """Letters that wait to be sent, without their text."""
    return await records.read(user_id)


async def erase(user_id: UserId, records: MailRecords) -> None:
    """Inside a transaction: nothing more is sent to them."""
    await records.erase(user_id)
