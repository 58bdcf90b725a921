from datetime import timedelta
from uuid import UUID

from application.identity.api_keys import ApiKeyView, CreatedApiKey, NewApiKey
from application.identity.consents import ConsentEventView, ConsentView, Decision
from application.identity.sessions import Refresh
from application.identity.users import Registration
from application.identity.views import BrowserSession, KeySet, Login, TokenPair, UserView
from application.shared.actor import Scope
from domain.identity.api_key import ApiKeyId
from domain.identity.consent import NOTICES, Action, Purpose
from entrypoints.http.cookies import CsrfToken
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ADA, NOW

_ACCESS = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjAxYTFmZGFhIiwidHlwIjoiYXQrand0In0"
    ".eyJzdWIiOiIwMWExZmNiNy0zZGQzLTczOGQtYWQ2MC00MGExMWJlY2FhYmEifQ.MEUCIQDx"
)
_REFRESH = "cr_AaH9qv0cf3-_DPiL0ezDzAAAAABhbi1leGFtcGxlLXRoYXQtb3BlbnMtbm90aGluZw"
ACCOUNT = UserView(
    id=ADA,
    email="ada@example.org",
    email_verified=False,
    display_name="Ada",
    full_name="Ada Lovelace",
    avatar_url=None,
    timezone="Europe/London",
    locale="en-GB",
    organization="Analytical Engines",
    role="Mathematician",
    phone=None,
    location="London",
    linkedin_url=None,
    github_url=None,
    portfolio_url="https://ada.example.org",
    preferences={"theme": "dark"},
    subscription_tier="free",
    subscription_expires_at=None,
    is_premium=False,
    data_retention_days=None,
    is_active=True,
    is_admin=False,
    created_at=NOW,
    updated_at=NOW,
    last_login_at=NOW,
    last_active_at=NOW,
)
_KEY = ApiKeyId(UUID("01a1fcb7-7a0c-7c11-9b52-0f6f2f7d6a10"))
_SCOPES = [Scope.CHAT, Scope.DOCUMENTS]
_PURPOSE = Purpose.AI_EXTERNAL_DOCUMENTS
_NOTICE = NOTICES[_PURPOSE]
_BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
EXAMPLES = (
    NewApiKey("nightly import", _SCOPES),
    CreatedApiKey(
        _KEY,
        "nightly import",
        _SCOPES,
        NOW,
        NOW + timedelta(days=90),
        "ck_01a1fcb77a0c7c119b520f6f2f7d6a10_YW4tZXhhbXBsZS10aGF0LW9wZW5zLW5vdGhpbmctYXQ",
    ),
    ApiKeyView(_KEY, "nightly import", _SCOPES, NOW, NOW + timedelta(days=90), NOW),
    Decision(granted=True),
    ConsentView(_PURPOSE, True, NOW, None, _NOTICE.version, _NOTICE.text, _NOTICE.version),
    ConsentEventView(
        UUID("01a1fcb7-8b1d-7f3e-a1c4-5b9a3d2e7c21"),
        _PURPOSE,
        Action.GRANTED,
        _NOTICE.version,
        _NOTICE.sha256,
        "203.0.113.7",
        _BROWSER,
        "api",
        NOW,
    ),
    Registration(
        email="ada@example.org",
        password="correct horse battery staple",  # noqa: S106 - everybody's
        display_name="Ada",
        full_name="Ada Lovelace",
        timezone="Europe/London",
        locale="en-GB",
    ),
    Refresh(_REFRESH),
    ACCOUNT,
    TokenPair(_ACCESS, _REFRESH, "bearer", 1800),
    Login(_ACCESS, _REFRESH, "bearer", 1800, ACCOUNT),
    BrowserSession(1800, user=ACCOUNT),
    CsrfToken("Hk3vUq0cf3-_DPiL0ezDzAAAAABhbi1leGFtcGxlLXRoYXQtb3BlbnMtbm90aGluZw=="),
    KeySet(
        [
            {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                "kid": "01a1fdaa-fbd0-787b-8175-61e233a5eeed",
                "use": "sig",
                "alg": "ES256",
            }
        ]
    ),
)
PROBLEMS = (
    problem(
        403,
        "consent_required",
        "A consent is missing",
        "What was asked for needs a consent that was not given, or was withdrawn: "
        "`GET /api/v1/privacy/consents` lists them.",
        "this needs your consent to ai_external.documents",
    ),
    problem(
        403,
        "session_required",
        "An API key does not open this",
        "Credentials, sessions, keys and consents want a person: log in.",
        "an API key does not open this: log in",
    ),
    problem(
        422,
        "scope_not_for_keys",
        "An API key cannot have this scope",
        "A key opens its owner's things, and never the administration.",
        "an API key cannot have the scope admin",
    ),
    problem(
        422,
        "unknown_notice",
        "The notice has another version",
        "Show the user the present text, of `GET /api/v1/privacy/consents`, and send its version.",
        "the notice for marketing has the version 2026-11",
    ),
    problem(
        422,
        "unknown_purpose",
        "There is no such purpose",
        "`GET /api/v1/privacy/consents` lists the purposes that there are.",
        "there is no such purpose; there are: marketing",
    ),
    problem(
        400,
        "two_users",
        "The header and the cookie belong to different users",
        "Send one of them: the request would not know whom to obey.",
        "the header and the cookie belong to different users: send one of them",
    ),
    problem(
        403,
        "csrf_failed",
        "The request may come from a foreign site",
        "A request by cookie that changes something needs an `Origin` that may send it, and the "
        "header `X-CSRF-Token` with what `GET /api/v1/auth/csrf` gives.",
        "X-CSRF-Token is missing or not this session's: GET /api/v1/auth/csrf",
    ),
    problem(
        401,
        "invalid_credentials",
        "The e-mail or the password is wrong",
        "Nobody is told which of the two: that would tell strangers who has an account.",
        "the e-mail or the password is wrong",
    ),
    problem(
        401,
        "invalid_refresh_token",
        "The refresh token is not valid",
        "It was used before, has expired, or its session has ended. Log in again.",
        "this refresh token is not valid",
    ),
    problem(
        403,
        "account_inactive",
        "The account is not active",
        "It was deactivated. An administrator can activate it again.",
        "this account is not active",
    ),
    problem(
        409,
        "email_taken",
        "The e-mail is taken",
        "An account has this e-mail already. Log in, or register with another.",
        "this e-mail has an account already",
    ),
    problem(
        422,
        "invalid_email",
        "This is not an e-mail address",
        "An address has the form `name@example.org`.",
        "this is not an e-mail address",
    ),
    problem(
        422,
        "invalid_timezone",
        "This is not a time zone",
        "Send a name of the IANA database, such as `Europe/London`.",
        "this is not an IANA time zone",
    ),
    problem(
        422,
        "invalid_locale",
        "This is not a language tag",
        "Send a BCP 47 tag, such as `en-GB`.",
        "this is not a language tag such as en-US",
    ),
    problem(
        400,
        "invalid_token",
        "The link or token is not valid",
        "It was used, has expired, or was made for something else. Ask for a new one.",
        "this link or token is not valid any more",
    ),
    problem(
        422,
        "weak_password",
        "The password is too weak",
        "It has 8 to 128 characters, is not a common one, not your e-mail and not the name of this "
        "product; `detail` says which. A few unrelated words make a good one.",
        "a password has 8 to 128 characters",
    ),
)
