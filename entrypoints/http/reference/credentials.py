"""Sessions, and the flows that a password or an address is changed by."""

from uuid import UUID

from application.identity.emails import EmailChange, EmailProof
from application.identity.passwords import Forgotten, PasswordChange, PasswordReset
from application.identity.views import Acknowledged, RegistrationAccepted, SessionView
from domain.identity.session import SessionId
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import NOW

SESSION = SessionId(UUID("01a1fcb7-3f10-7a51-9d0c-0f5a3b8f6a77"))
_TOKEN = "xJ9m3vUq0cf3-_DPiL0ezDzAAAAABhbi1leGFtcGx1"  # noqa: S105 - it opens nothing
_NEW = "a new and better password"
_ADDRESS = "ada@example.org"

EXAMPLES = (
    SessionView(
        SESSION, "Ada's laptop", "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64)", NOW, NOW, True
    ),
    RegistrationAccepted(),
    Acknowledged(message="the password is changed"),
    Forgotten(email=_ADDRESS),
    PasswordReset(token=_TOKEN, new_password=_NEW),
    PasswordChange(current_password="correct horse battery staple", new_password=_NEW),  # noqa: S106
    EmailProof(token=_TOKEN),
    EmailChange(new_email="countess@example.org", password="correct horse battery staple"),  # noqa: S106
)
PROBLEMS = (
    problem(
        403,
        "email_not_verified",
        "The e-mail is not verified",
        "Open the link in the letter that came when the account was opened. "
        "`POST /api/v1/auth/password/forgot` sends another that verifies it as well.",
        "verify your e-mail address first: the link is in the letter we sent",
    ),
    problem(
        403,
        "registration_closed",
        "Nobody may register",
        "Accounts are opened by an administrator here.",
        "registration is closed",
    ),
    problem(
        422,
        "invalid_subject",
        "The subject cannot be a letter's",
        "A subject is one line of text.",
        "a subject is one line of text",
    ),
    problem(
        429,
        "account_locked",
        "Too many wrong passwords",
        "Wait for as long as `Retry-After` says. It is the same for an address that has no account.",
        "too many wrong passwords for this e-mail",
    ),
)
