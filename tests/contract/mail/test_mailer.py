"""What every Mailer adapter promises: in memory, into a folder, and to a real SMTP server."""

import asyncio
import email
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.mail.folder import FolderMailer
from adapters.mail.smtp import SmtpMailer, SmtpServer
from adapters.memory.mail import MemoryMailer
from application.mail.ports import Mailer
from domain.mail.letter import InvalidSubject, Letter, LetterId, Mail
from domain.shared.errors import Unavailable
from tests.contract.mail.smtp_server import (
    PASSWORD,
    USERNAME,
    Inbox,
    authenticator,
    certificate,
    serving,
)

SENDER = "Colonnade <no-reply@example.org>"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LINK = "https://example.org/reset-password#token=" + "x" * 43
TEXT = f"Grüße ✓\n\n{LINK}\n\n.\nThe line above is one dot.\n"

type Read = Callable[[], list[EmailMessage]]


def a_mail(to: str = "ada@example.org", subject: str = "Bestätige deine Adresse ✓") -> Mail:
    letter = Letter("email_verification", subject, TEXT)
    return Mail(id=LetterId(UUID(int=7)), to=to, letter=letter, written_at=NOON)


def parsed(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    return email.message_from_bytes(content, policy=default)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def texts(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.rglob("*.eml")]


@pytest.fixture(params=["folder", "smtp"])
async def post(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[tuple[Mailer, Read]]:
    """A mailer that writes real mails, and a way to read them."""
    if request.param == "folder":
        files = FolderMailer(tmp_path / "mail", SENDER)
        yield files, lambda: [parsed(p.read_bytes()) for p in (tmp_path / "mail").glob("*.eml")]
        return
    inbox = Inbox()
    async with serving(inbox) as port:
        mailer = SmtpMailer(SmtpServer("127.0.0.1", port, tls=False), SENDER)
        yield mailer, lambda: [parsed(envelope.content) for envelope in inbox.envelopes]


async def test_memory_keeps_the_mail() -> None:
    mailer = MemoryMailer()
    await mailer.send(a_mail())
    assert mailer.sent == [a_mail()]


async def test_a_mail_arrives_as_it_was_written(post: tuple[Mailer, Read]) -> None:
    mailer, read = post
    await mailer.send(a_mail())
    (mail,) = read()
    assert mail["subject"] == "Bestätige deine Adresse ✓"
    assert mail["to"] == "ada@example.org"
    assert mail["from"] == SENDER
    assert mail["date"].datetime == NOON
    assert mail.get_content().replace("\r\n", "\n") == TEXT
    assert mail.get_content_type() == "text/plain"


async def test_a_mail_that_is_sent_again_is_the_same_mail(post: tuple[Mailer, Read]) -> None:
    mailer, read = post
    await mailer.send(a_mail())
    await mailer.send(a_mail())
    ids = {mail["message-id"] for mail in read()}
    assert ids == {"<00000000-0000-0000-0000-000000000007@example.org>"}


@pytest.mark.parametrize(
    "to", ["a,b@example.org", "<eve@example.org>,ada@example.org", 'ada"@example.org', "a(b@c.de"]
)
async def test_whatever_stands_in_an_address_it_is_one_address(
    post: tuple[Mailer, Read], to: str
) -> None:
    mailer, read = post
    await mailer.send(a_mail(to))
    (mail,) = read()
    (recipient,) = mail["to"].addresses
    name, _, host = to.rpartition("@")
    assert (recipient.username, recipient.domain) == (name, host)


async def test_a_name_outside_ascii_is_an_address_too(post: tuple[Mailer, Read]) -> None:
    mailer, read = post
    await mailer.send(a_mail("jürgen@example.org"))
    (mail,) = read()
    name = mail["to"].addresses[0].username
    assert name.encode("ascii", "surrogateescape").decode() == "jürgen"


@pytest.mark.parametrize("to", ["ada@example.org\r\nBcc: eve@example.org", "a@b.cd\nX: y"])
async def test_an_address_with_a_line_break_is_refused(post: tuple[Mailer, Read], to: str) -> None:
    mailer, read = post
    with pytest.raises(ValueError, match="CR or LF"):
        await mailer.send(a_mail(to))
    assert not read()


@pytest.mark.parametrize("subject", ["a\r\nBcc: eve@example.org", "a\nb", "a\x00b", "a\u2028b"])
def test_a_subject_is_one_line(subject: str) -> None:
    with pytest.raises(InvalidSubject):
        Letter("test", subject, "")


def test_a_letter_is_not_printed() -> None:
    printed = repr(a_mail())
    assert "ada" not in printed
    assert LINK not in printed


async def test_only_we_may_read_the_files(tmp_path: Path) -> None:
    await FolderMailer(tmp_path / "mail", SENDER).send(a_mail())
    assert modes(tmp_path) == {"mail": 0o700, f"{a_mail().id}.eml": 0o600}


async def test_a_file_holds_its_link_in_one_piece(tmp_path: Path) -> None:
    """Whoever develops reads it there, with his eyes or with grep."""
    letter = Letter("password_reset", "Reset", f"Open\n\n{LINK}\n")
    mail = Mail(id=LetterId(UUID(int=7)), to="a@b.cd", letter=letter, written_at=NOON)
    await FolderMailer(tmp_path, SENDER).send(mail)
    (text,) = texts(tmp_path)
    assert LINK in text


async def test_the_console_says_where_a_mail_is_and_nothing_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await FolderMailer(tmp_path, SENDER).send(a_mail())
    printed = capsys.readouterr()
    said = printed.out + printed.err
    assert str(tmp_path) in said
    assert "ada" not in said
    assert LINK not in said


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server's certificate that this process trusts."""
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    return context


async def test_a_password_goes_through_tls_only(tls: Any) -> None:
    inbox = Inbox()
    secure = {"authenticator": authenticator, "auth_required": True, "tls_context": tls}
    async with serving(inbox, require_starttls=True, **secure) as port:
        await SmtpMailer(SmtpServer("localhost", port, USERNAME, PASSWORD), SENDER).send(a_mail())
        wrong = SmtpMailer(SmtpServer("localhost", port, USERNAME, "wrong"), SENDER)
        with pytest.raises(Unavailable):
            await wrong.send(a_mail())
        plain = SmtpMailer(SmtpServer("localhost", port, USERNAME, PASSWORD, tls=False), SENDER)
        with pytest.raises(Unavailable):
            await plain.send(a_mail())
    assert len(inbox.envelopes) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_a_password_without_tls_for_a_relay_of_ones_own() -> None:
    inbox = Inbox()
    options = {"authenticator": authenticator, "auth_required": True, "auth_require_tls": False}
    async with serving(inbox, **options) as port:
        server = SmtpServer("127.0.0.1", port, USERNAME, PASSWORD, tls=False)
        await SmtpMailer(server, SENDER).send(a_mail())
    assert inbox.envelopes[0].rcpt_tos == ["ada@example.org"]
    assert inbox.envelopes[0].mail_from == "no-reply@example.org"


async def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for() -> None:
    inbox = Inbox()
    async with serving(inbox) as port:
        with pytest.raises(Unavailable):
            await SmtpMailer(SmtpServer("127.0.0.1", port), SENDER).send(a_mail())
    assert not inbox.envelopes


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    inbox = Inbox()
    async with serving(inbox, tls_context=certificate(tmp_path)) as port:
        with pytest.raises(Unavailable):
            await SmtpMailer(SmtpServer("localhost", port), SENDER).send(a_mail())
    assert not inbox.envelopes


async def test_a_refused_mail_is_an_error_that_says_nothing_of_it() -> None:
    inbox = Inbox(refusal="550 no such mailbox:")
    async with serving(inbox) as port:
        with pytest.raises(Unavailable) as raised:
            server = SmtpServer("127.0.0.1", port, tls=False)
            await SmtpMailer(server, SENDER).send(a_mail())
    assert "ada" not in repr(raised.value)
    assert raised.value.__cause__ is None


async def test_a_slow_server_is_given_up() -> None:
    inbox = Inbox(delay=60)
    async with serving(inbox) as port, asyncio.timeout(30):
        with pytest.raises(Unavailable):
            server = SmtpServer("127.0.0.1", port, tls=False)
            await SmtpMailer(server, SENDER, timedelta(seconds=0.2)).send(a_mail())


async def test_a_server_that_is_not_there_is_an_error() -> None:
    async with serving(Inbox()) as port:
        pass
    with pytest.raises(Unavailable):
        await SmtpMailer(SmtpServer("127.0.0.1", port, tls=False), SENDER).send(a_mail())
