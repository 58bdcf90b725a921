"""Workers are killed, and then the queue is lost: every answer ends all the same, and is charged once."""

from tests.e2e.conversations.conftest import ASKED, Deployment
from tests.running import sql, until

EARLIER = "UPDATE messages SET created_at = created_at - interval '30 minutes'"
NOW = "UPDATE jobs.pgqueuer_schedules SET next_run = now(), status = 'queued'"
RESERVED = "SELECT FROM usage_reservations"


def test_answers_whose_workers_and_jobs_are_gone_end(deployment: Deployment) -> None:
    ada, api, provider = deployment.reader(), deployment.a, deployment.provider
    provider.reset()
    conversation = deployment.conversation(api, ada)
    place = f"/chat/conversations/{conversation}/messages"
    body = {"content": ASKED, "model": "silent:1"}
    pending = api.post(place, headers=ada.headers, json=body).json()["answer"]
    until(provider.requests)
    waiting = api.post(place, headers=ada.headers, json={"content": ASKED}).json()["answer"]
    begun = deployment.ask(api, ada, model="paced:300")["answer"]
    until(
        lambda: "word" in api.get(f"/messages/{begun['id']}", headers=ada.headers).json()["content"]
    )
    deployment.kill_workers()
    for lost in ("DELETE FROM jobs.pgqueuer", EARLIER, NOW):
        sql(deployment.url, lost)
    deployment.start_workers()

    answers = (pending, waiting, begun)
    ends = [deployment.ended(deployment.b, ada, answer) for answer in answers]
    assert [end["status"] for end in ends] == ["complete", "complete", "failed"]
    assert ends[2]["error"]["code"] == "interrupted"
    assert ends[2]["content"].startswith("word 0")
    charged = [[("ok", "openai")], [("ok", "openai")], [("error", "openai")]]
    assert [deployment.charges(answer) for answer in answers] == charged
    assert not sql(deployment.url, RESERVED)

    again = api.post(f"/messages/{begun['id']}/regenerate", headers=ada.headers, json={})
    assert deployment.ended(api, ada, again.json())["status"] == "complete"
