"""A mail as RFC 5322 wants it. The header classes quote, encode, and refuse a line break."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime

from domain.mail.letter import Mail

_POLICY = SMTPUTF8.clone(max_line_length=998)  # a link stays in one piece


def message(mail: Mail, sender: str) -> EmailMessage:
    """`sender`: an address, perhaps with a name: `Colonnade <no-reply@example.org>`."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = sender
    made["To"] = recipient(mail)
    made["Subject"] = mail.letter.subject
    made["Date"] = format_datetime(mail.written_at)
    made["Message-ID"] = f"<{mail.id}@{made['From'].addresses[0].domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
    made.set_content(mail.letter.text)
    return made


def recipient(mail: Mail) -> Address:
    """One address, whatever stands in it: `a,b@c.de` would be two if it were read as a list."""
    name, _, host = mail.to.rpartition("@")
    return Address(username=name, domain=host)
