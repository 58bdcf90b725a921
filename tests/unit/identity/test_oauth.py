import base64
import hashlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.memory.world import World
from application.identity.connections import ListConnections
from application.identity.oauth import Callback, FinishSignIn, StartSignIn
from application.shared.actor import Actor, Client
from domain.identity.oauth import Attempt, RedirectNotAllowed, ReturnTargets
from domain.shared.errors import Forbidden
from domain.shared.ids import UserId

ALLOWED = ("https://app.example", "https://shop.example/signed-in/")
PIECES = (
    "https: http: // / \\ @ : . .. %2e ? # app.example evil.example shop.example signed-in 443 x"
)
pieces = st.sampled_from([*PIECES.split(" "), " ", "\t"])


@given(st.lists(pieces, max_size=10).map("".join))
def test_what_is_admitted_is_below_what_is_allowed(url: str) -> None:
    try:
        ReturnTargets(ALLOWED).admit(url)
    except RedirectNotAllowed:
        return
    parts = urlsplit(url)
    assert parts.scheme == "https"
    assert parts.hostname in ("app.example", "shop.example")
    assert parts.username is None
    assert parts.port in (None, 443)
    if parts.hostname == "shop.example":
        assert parts.path.startswith("/signed-in")


@given(st.text())
def test_any_text_is_admitted_or_refused(url: str) -> None:
    with pytest.raises(RedirectNotAllowed):
        ReturnTargets(()).admit(url)


def test_the_challenge_is_s256_of_the_verifier() -> None:
    """The example of RFC 7636, appendix B."""
    attempt = Attempt("s", "n", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert attempt.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().startswith(attempt.challenge)


def test_an_attempt_does_not_print_its_secrets() -> None:
    assert "secret" not in repr(Attempt("secret-1", "secret-2", "secret-3"))


async def test_an_api_key_touches_no_connections() -> None:
    world, key = World(), Actor(UserId(World().get(StartSignIn).ids.next()))
    with pytest.raises(Forbidden):
        await world.get(ListConnections)(key)
    with pytest.raises(Forbidden):
        await world.get(StartSignIn)(key, Client(), "plain", None)


async def test_where_the_browser_wanted_to_go_is_remembered() -> None:
    world = World()
    target = "http://localhost:8000/app"
    started = await world.get(StartSignIn)(None, Client(), "plain", target)
    state = started.url.split("state=")[1].split("&")[0]
    callback = Callback(
        provider="plain", state=state, binding=started.binding, code="ada ada@example.org"
    )
    finished = await world.get(FinishSignIn)(callback, Client())
    assert finished.redirect_to == target
    assert finished.login.user.email == "ada@example.org"
