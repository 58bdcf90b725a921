from adapters.memory.store import Store
from application.mail.ports import Mailer, OutgoingMails
from domain.mail.letter import LetterId, Mail, OutgoingMail
from domain.shared.errors import NotFound
from domain.shared.ids import UserId


class MemoryOutgoingMails:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, mail: OutgoingMail) -> None:
        self._store.table(OutgoingMail)[mail.user_id, mail.id] = mail

    async def get(self, owner: UserId, letter_id: LetterId) -> OutgoingMail:
        try:
            return self._store.table(OutgoingMail)[owner, letter_id]
        except KeyError:
            raise NotFound("there is no such mail") from None

    async def remove(self, owner: UserId, letter_id: LetterId) -> None:
        self._store.table(OutgoingMail).pop((owner, letter_id), None)


class MemoryMailer:
    """Keeps what it is given, for whoever wants to see it."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        self.sent.append(mail)


PORTS: dict[type, type] = {
    Mailer: MemoryMailer,
    OutgoingMails: MemoryOutgoingMails,
}
