"""REST: the AI agent's journal is read."""

import pytest

from tickets.tests.factories import AgentRunFactory, AgentStepFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/runs/"


def test_a_run_tells_its_steps_in_order(api):
    run = AgentRunFactory(intent="double_charge", confidence=0.93)
    AgentStepFactory(run=run, index=1, kind="act", story="Looked the charges up.", output={"charges": [1]})
    AgentStepFactory(run=run, index=0, input={"intent": "double_charge"})
    body = api.get(f"{URL}{run.public_id}/").json()
    assert body["ticket"] == str(run.ticket.public_id)
    assert (body["state"], body["intent"], body["confidence"]) == ("completed", "double_charge", 0.93)
    assert [step["index"] for step in body["steps"]] == [0, 1]
    assert body["steps"][1]["output"] == {"charges": [1]}


def test_a_list_leaves_steps_out_and_takes_filters(api):
    run = AgentRunFactory(state="handed_off")
    AgentRunFactory()
    rows = api.get(URL, {"state": "handed_off"}).json()["results"]
    assert [row["id"] for row in rows] == [str(run.public_id)]
    assert "steps" not in rows[0]
    assert len(api.get(URL, {"ticket": run.ticket.public_id}).json()["results"]) == 1


def test_leases_and_errors_are_nobodys_business(api):
    body = api.get(f"{URL}{AgentRunFactory(lease_owner='worker-7', error='x').public_id}/").json()
    assert not {"lease_owner", "lease_until", "error"} & set(body)


def test_the_number_of_queries_is_fixed(api, django_assert_max_num_queries):
    run = AgentRunFactory()
    for index in range(5):
        AgentStepFactory(run=run, index=index)
        AgentRunFactory()
    api.get(URL)
    with django_assert_max_num_queries(4):
        api.get(URL)
    with django_assert_max_num_queries(5):
        api.get(f"{URL}{run.public_id}/")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_the_journal_is_never_written_from_outside(api, method):
    run = AgentRunFactory()
    assert getattr(api, method)(f"{URL}{run.public_id}/", {}).status_code == 405
