import asyncio
import os
from pathlib import Path

import structlog

from adapters.mail.message import message
from domain.mail.letter import Mail

_log = structlog.get_logger("mail")


class FolderMailer:
    """For a machine without a mail server: a file for each mail, which only we may read. The log
    tells where it is, and nothing of what is in it."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    async def send(self, mail: Mail) -> None:
        path = self._folder / f"{mail.id}.eml"
        await asyncio.to_thread(_write, path, bytes(message(mail, self._sender)))
        _log.info("mail_written", path=str(path))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)  # whoever waits for a mail never reads half of it
