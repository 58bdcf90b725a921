from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from adapters.oauth.outside import Outside
from domain.identity.oauth import Attempt, InvalidProof
from domain.identity.user import Email, InvalidEmail, email

_REFUSED = ("invalid_grant", "bad_verification_code")  # RFC 6749, and GitHub's word for it


@dataclass(frozen=True, slots=True)
class Application:
    """As which we are registered at a provider, and where it sends browsers back to."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str

    def question(self, endpoint: str, scope: str, attempt: Attempt, **more: str) -> str:
        """The address of an authorization request with PKCE."""
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": scope,
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in endpoint else "?"
        return f"{endpoint}{separator}{urlencode(query | more)}"

    def redemption(self, code: str, attempt: Attempt) -> dict[str, str]:
        """The form of a token request."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self.client_id,
        }


async def redeemed(outside: Outside, endpoint: str, form: dict[str, str], **more: Any) -> Any:
    """What a code is exchanged for. Raises InvalidProof for a code that is not good."""
    answer = await outside.send("POST", endpoint, dict, accept=(200, 400), data=form, **more)
    if (error := answer.get("error")) is None:
        return answer
    if error in _REFUSED:
        raise InvalidProof("the provider's code is not valid: start again")
    raise outside.unavailable(f"token endpoint: {str(error)[:100]}")


def address_of(claim: object) -> Email | None:
    """None for what is no address: the provider is believed, and still not trusted with our rows."""
    try:
        return email(claim) if isinstance(claim, str) else None
    except InvalidEmail:
        return None


def name_of(claim: object) -> str | None:
    name = claim.strip()[:255] if isinstance(claim, str) else ""
    return name if name and name.isprintable() else None
