"""Wrong passwords are counted once, whichever process hears them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.identity.login_failures import TRIES
from tests.security.conftest import PASSWORD, Account, Api, Server

PARALLEL = 200
STRETCH = """CREATE FUNCTION stretch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.locked_until := NEW.locked_until + interval '10 minutes'; RETURN NEW; END $$"""


@pytest.fixture
def long_locks(server: Server) -> Iterator[None]:
    """The first lock is 2 s, which 200 answers and the start of a process may outlast."""
    server.sql(STRETCH)
    server.sql(
        "CREATE TRIGGER stretch BEFORE INSERT OR UPDATE ON login_failures "
        "FOR EACH ROW EXECUTE FUNCTION stretch()"
    )
    yield
    server.sql("DROP FUNCTION stretch CASCADE")


def guess(api: Api, account: Account, n: int = 0) -> tuple[int, str]:
    """A wrong password, said to come from another address each time."""
    body = {"email": account.email, "password": f"wrong-{n}"}
    forged = {"x-forwarded-for": f"203.0.113.{n}", "x-real-ip": f"203.0.113.{n}"}
    answer = api.post("/auth/login", json=body, headers=forged)
    if answer.status_code == 429:
        assert int(answer.headers["retry-after"]) >= 1
    return answer.status_code, answer.json()["code"]


@pytest.mark.usefixtures("long_locks")
def test_two_hundred_guesses_at_once_are_counted_exactly(server: Server) -> None:
    account = server.a.register()
    apis = (server.a, server.b)
    with ThreadPoolExecutor(PARALLEL) as threads:
        told = list(threads.map(lambda n: guess(apis[n % 2], account, n), range(PARALLEL)))
    counted = Counter(told)
    assert set(counted) == {(401, "invalid_credentials"), (429, "account_locked")}
    assert _failures(server) == counted[401, "invalid_credentials"]
    assert counted[401, "invalid_credentials"] == TRIES


@pytest.mark.usefixtures("long_locks")
def test_a_lock_survives_a_new_process_and_a_right_password_does_not_open_it(
    server: Server,
) -> None:
    account = server.a.register()
    for n in range(TRIES):
        assert guess(server.a, account, n)[0] == 401
    with server.another() as port, Api(port, server.secrets) as api:
        assert guess(api, account) == (429, "account_locked")
        right = api.post("/auth/login", json={"email": account.email, "password": PASSWORD})
        assert right.status_code == 429


def _failures(server: Server) -> int:
    """Of the identifier that was counted last."""
    last = "SELECT count FROM login_failures ORDER BY last_at DESC LIMIT 1"
    return int(server.sql(last)[0]["count"])
