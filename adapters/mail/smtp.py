import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import aiosmtplib

from adapters.mail.message import message, recipient
from domain.mail.letter import Mail
from domain.shared.errors import Unavailable

IMPLICIT_TLS = 465  # RFC 8314; on every other port STARTTLS


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`tls` False: nothing is encrypted, for a relay on the same machine."""

    host: str
    port: int = 587
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = True


class SmtpMailer:
    """One connection a mail. A mail is sent when the server has taken it, whole, in `timeout`."""

    def __init__(
        self, server: SmtpServer, sender: str, timeout: timedelta = timedelta(seconds=30)
    ) -> None:
        self._server, self._sender, self._timeout = server, sender, timeout.total_seconds()

    async def send(self, mail: Mail) -> None:
        server = self._server
        implicit = server.tls and server.port == IMPLICIT_TLS
        made = message(mail, self._sender)
        try:
            async with asyncio.timeout(self._timeout):
                await aiosmtplib.send(
                    made,
                    sender=made["From"].addresses[0].addr_spec,
                    recipients=[recipient(mail).addr_spec],
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    use_tls=implicit,
                    start_tls=server.tls and not implicit,
                    timeout=self._timeout,
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # What a server says may quote the mail, and errors go to the log.
            raise Unavailable(_said(error), timedelta(minutes=1)) from None


def _said(error: Exception) -> str:
    code = f" {error.code}" if isinstance(error, aiosmtplib.SMTPResponseException) else ""
    return f"the mail server did not take it: {type(error).__name__}{code}"
