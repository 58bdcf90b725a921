from application.identity.sessions import Refresh
from application.identity.users import Registration
from application.identity.views import KeySet, Login, TokenPair, UserView
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import ADA, NOW

_ACCESS = (
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IjAxYTFmZGFhIiwidHlwIjoiYXQrand0In0"
    ".eyJzdWIiOiIwMWExZmNiNy0zZGQzLTczOGQtYWQ2MC00MGExMWJlY2FhYmEifQ.MEUCIQDx"
)
_REFRESH = "cr_AaH9qv0cf3-_DPiL0ezDzAAAAABhbi1leGFtcGxlLXRoYXQtb3BlbnMtbm90aGluZw"
_ACCOUNT = UserView(
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
EXAMPLES = (
    Registration(
        email="ada@example.org",
        password="correct horse battery staple",  # noqa: S106 - everybody's
        display_name="Ada",
        full_name="Ada Lovelace",
        timezone="Europe/London",
        locale="en-GB",
    ),
    Refresh(_REFRESH),
    _ACCOUNT,
    TokenPair(_ACCESS, _REFRESH, "bearer", 1800),
    Login(_ACCESS, _REFRESH, "bearer", 1800, _ACCOUNT),
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
