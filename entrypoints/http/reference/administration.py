"""What administrators see and do, how accounts end, and what their owners take along."""

from uuid import UUID

from msgspec.structs import asdict

from application.identity.administration import AccountChange, NewUser
from application.identity.deletion import Farewell
from application.identity.export import AccountExport
from application.identity.profile import ProfileChange
from application.identity.views import AccountView, AuditEntryView, AuditPage
from domain.identity.audit import Outcome
from entrypoints.http.reference.identity import ACCOUNT
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ADA, NOW, REQUEST_ID

ROOT = UUID("01a1fcb7-3a10-7f2e-9c55-8b1d6f4e2a90")
_ENTRY = AuditEntryView(
    number=4711,
    id=UUID("01a1fcb7-6f21-7c3d-8a44-1e5b7d9f0c32"),
    at=NOW,
    action="user.deactivated",
    outcome=Outcome.SUCCESS,
    actor_id=ROOT,
    object_type="user",
    object_id=ADA,
    request_id=REQUEST_ID,
    hash="9f2c1f0a4be3d7c85a6e0d91b7743c2e5f8a1b6d0c9e4f7a2b5d8c1e6f3a0b97",
)
EXAMPLES = (
    ProfileChange(display_name="Ada", timezone="Europe/London", phone=None),
    NewUser(
        email="ada@example.org",
        password="correct horse battery staple",  # noqa: S106  everybody's
        display_name="Ada",
        email_verified=True,
    ),
    AccountChange(is_active=False, subscription_tier="premium"),
    AccountView(**asdict(ACCOUNT), deleted_at=None),
    _ENTRY,
    AuditPage([_ENTRY], next=4711),
    Farewell(password="correct horse battery staple"),  # noqa: S106  everybody's
    AccountExport(
        exported_at=NOW,
        identity={"users": [{"id": str(ADA), "email": "ada@example.org", "full_name": "Ada"}]},
        files={"stored_files": []},
        knowledge={"documents": [], "document_versions": []},
        conversations={"conversations": [], "messages": []},
        mail={"outgoing_mails": []},
        analytics={"usage_events": [], "activities": []},
        models={"egress_events": []},
    ),
)
PROBLEMS = (
    problem(
        403,
        "reauthentication_needed",
        "It has to be you",
        "This cannot be undone, so it needs the password in the body, or a session younger than 5 "
        "minutes: log in again.",
        "send your password, or sign in anew",
    ),
    problem(
        409,
        "cannot_delete_self",
        "Administrators do not delete themselves here",
        "One's own account is deleted at `DELETE /api/v1/users/me`.",
        "one's own account is deleted at /users/me",
    ),
    problem(
        409,
        "cannot_demote_self",
        "Administrators do not demote themselves",
        "Another administrator may do this.",
        "another administrator may do this, not you yourself",
    ),
    problem(
        409,
        "cannot_deactivate_self",
        "Administrators do not lock themselves out",
        "Another administrator may do this.",
        "another administrator may do this, not you yourself",
    ),
    problem(
        409,
        "last_admin",
        "This is the last administrator",
        "Nobody would be left to administer. Make somebody else an administrator before.",
        "this is the last administrator",
    ),
    problem(
        409,
        "restore_expired",
        "The account cannot be restored any more",
        "A deleted account can be restored for 30 days, after which all it held is removed.",
        "this account was deleted too long ago",
    ),
    problem(
        422,
        "invalid_url",
        "This is not a web address",
        "An address starts with `http://` or `https://`, and holds no user name or password.",
        "this is not an http or https address",
    ),
    problem(
        422,
        "invalid_retention",
        "Things are kept for 30 days or longer",
        "`data_retention_days` is at least 30; null keeps everything.",
        "things are kept for 30 days or longer",
    ),
    problem(
        422,
        "invalid_preferences",
        "The preferences cannot be kept",
        "They are a JSON object of at most 16 KiB and 16 levels, without NUL characters.",
        "preferences have at most 16384 bytes of JSON",
    ),
)
