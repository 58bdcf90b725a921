from dataclasses import dataclass

import msgspec
from msgspec import Struct

from application.mail.ports import Mailer, OutgoingMails
from application.shared.ports import Crypto
from domain.mail.events import LetterWritten
from domain.mail.letter import Letter, LetterId, Mail, OutgoingMail
from domain.shared.errors import NotFound


class _Content(Struct, frozen=True):
    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class SendLetter:
    """Follows LetterWritten: sends the letter, then forgets it. A worker that dies between the two
    sends it once more, under the same Message-ID."""

    mails: OutgoingMails
    mailer: Mailer
    crypto: Crypto

    async def __call__(self, event: LetterWritten) -> None:
        try:
            waiting = await self.mails.get(event.user_id, event.letter_id)
        except NotFound:
            return  # sent already, or erased with its account
        await self.mailer.send(opened(waiting, self.crypto))
        await self.mails.remove(event.user_id, event.letter_id)


@dataclass(frozen=True, slots=True)
class ForgetLetter:
    """When sending has failed for the last time: no link that opens lies about for ever."""

    mails: OutgoingMails

    async def __call__(self, event: LetterWritten) -> None:
        await self.mails.remove(event.user_id, event.letter_id)


def sealed(to: str, letter: Letter, letter_id: LetterId, crypto: Crypto) -> bytes:
    content = _Content(to, letter.subject, letter.text)
    return crypto.encrypt(msgspec.json.encode(content), _place(letter_id))


def opened(waiting: OutgoingMail, crypto: Crypto) -> Mail:
    plain = crypto.decrypt(waiting.letter, _place(waiting.id))
    content = msgspec.json.decode(plain, type=_Content)
    letter = Letter(waiting.kind, content.subject, content.text)
    return Mail(id=waiting.id, to=content.to, letter=letter, written_at=waiting.created_at)


def _place(letter_id: LetterId) -> str:
    return f"outgoing_mails:letter:{letter_id}"
