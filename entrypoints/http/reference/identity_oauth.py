from uuid import UUID

from application.identity.views import ConnectionView
from domain.identity.oauth import ConnectionId
from entrypoints.http.reference.problem import problem
from entrypoints.http.reference.shared import NOW

CONNECTION = ConnectionId(UUID("01a1fcb8-1f0a-7d31-8c5e-52f1b7a4f6d0"))

EXAMPLES = (ConnectionView(CONNECTION, "google", "ada@example.org", NOW),)
PROBLEMS = (
    problem(
        401,
        "invalid_proof",
        "The provider's word does not hold",
        "The code was not good, or the identity token is not the provider's, not for us, not for "
        "this sign-in, or too old. Start again.",
        "what the provider says of you does not hold: start again",
    ),
    problem(
        403,
        "provider_denied",
        "The provider did not let you sign in",
        "You, or it for you, said no. Start again, or sign in otherwise.",
        "the provider did not let you sign in",
    ),
    problem(
        403,
        "unverified_email",
        "The provider has not verified the e-mail",
        "An account is opened only for an address that the provider vouches for. Verify it there, "
        "or register here and connect the provider afterwards.",
        "the provider has not verified your e-mail address",
    ),
    problem(
        404,
        "unknown_provider",
        "There is no such provider",
        "Providers are `google`, `github` and the one of OIDC_NAME, as far as they are configured.",
        "there is no such provider",
    ),
    problem(
        409,
        "account_exists",
        "The e-mail has an account",
        "Sign in to it, then connect the provider: nobody has ever signed in there, so an address "
        "alone does not open it.",
        "this e-mail has an account: sign in to it, then connect the provider",
    ),
    problem(
        409,
        "connection_taken",
        "The provider's account is connected already",
        "Another account has it. Disconnect it there first.",
        "this account of the provider is connected to another account",
    ),
    problem(
        409,
        "last_sign_in_method",
        "There is no other way to sign in",
        "Set a password or connect another provider first.",
        "set a password or connect another provider first",
    ),
    problem(
        422,
        "redirect_not_allowed",
        "The browser may not be sent there",
        "`redirect_to` is below the origin of PUBLIC_URL, or below one of OAUTH_REDIRECTS.",
        "the browser may not be sent there",
    ),
    problem(
        503,
        "provider_unavailable",
        "The provider does not answer",
        "Ask again after as many seconds as the header `Retry-After` says, or sign in otherwise.",
        "the provider does not answer as it should",
    ),
)
