"""The sandbox as a provider: idempotency keys, faults, ids, putting back."""

import uuid

import pytest

from integrations.connectors.sandbox.client import connect, find_row, new_id, put_back
from integrations.errors import ConnectorError
from integrations.models import SandboxCall, SandboxFault, SandboxRefund, SandboxSubscription
from integrations.tests.factories import InstallationFactory, SandboxSubscriptionFactory

pytestmark = pytest.mark.django_db

KEY = str(uuid.UUID(int=1))


@pytest.fixture
def connector(db):
    return connect(InstallationFactory())


class Change:
    """Counts how often it is made."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict:
        self.times += 1
        return {"times": self.times}


def fault(kind: str, times: int = 1, action: str = "sandbox.x") -> None:
    SandboxFault.objects.create(action=action, kind=kind, times=times)


class TestWriting:
    def test_one_key_is_one_change(self, connector):
        change = Change()
        results = [connector.write("sandbox.x", KEY, change) for _ in range(3)]
        assert (change.times, results) == (1, [{"times": 1}] * 3)
        assert connector.outcome_of(KEY) == {"times": 1}

    def test_another_key_is_another_change(self, connector):
        change = Change()
        connector.write("sandbox.x", KEY, change)
        connector.write("sandbox.x", str(uuid.UUID(int=2)), change)
        assert change.times == 2

    def test_a_key_that_was_never_used_did_nothing(self, connector):
        assert connector.outcome_of(KEY) is None

    def test_a_change_that_fails_leaves_no_trace(self, connector):
        def change():
            raise ConnectorError("no", permanent=True)

        with pytest.raises(ConnectorError):
            connector.write("sandbox.x", KEY, change)
        assert not SandboxCall.objects.exists()

    def test_an_error_changes_nothing(self, connector):
        fault("error")
        change = Change()
        with pytest.raises(ConnectorError) as caught:
            connector.write("sandbox.x", KEY, change)
        assert (caught.value.is_unknown, change.times, connector.outcome_of(KEY)) == (False, 0, None)

    def test_a_time_out_comes_after_the_change(self, connector):
        fault("timeout_after")
        change = Change()
        with pytest.raises(ConnectorError) as caught:
            connector.write("sandbox.x", KEY, change)
        assert (caught.value.is_unknown, change.times, connector.outcome_of(KEY)) == (True, 1, {"times": 1})

    def test_a_result_cannot_be_changed_by_who_gets_it(self, connector):
        connector.write("sandbox.x", KEY, Change())["times"] = 9
        assert connector.outcome_of(KEY) == {"times": 1}


class TestFaults:
    def test_they_are_used_up_in_order(self, connector):
        fault("error", times=2)
        fault("timeout_after")
        unknown = []
        for number in range(4):
            try:
                connector.write("sandbox.x", str(uuid.UUID(int=number)), Change())
            except ConnectorError as exc:
                unknown.append(exc.is_unknown)
        assert unknown == [False, False, True]

    def test_another_action_is_not_touched(self, connector):
        fault("error", action="sandbox.y")
        assert connector.read("sandbox.x", lambda: {"fine": True}) == {"fine": True}
        with pytest.raises(ConnectorError):
            connector.read("sandbox.y", dict)


def test_ids_go_on_from_the_highest():
    assert new_id(SandboxRefund) == "re_1"
    for name in ("re_1", "re_10", "re_x", "re_2_copy"):
        SandboxRefund.objects.create(id=name, charge="ch_1", amount_cents=1, currency="usd")
    assert new_id(SandboxRefund) == "re_11"


def test_a_row_that_is_not_there_is_a_permanent_failure():
    with pytest.raises(ConnectorError, match="There is no sub_404") as caught:
        find_row(SandboxSubscription, "sub_404")
    assert caught.value.permanent


class TestPuttingBack:
    @pytest.mark.parametrize("now", ["free", "pro"])
    def test_the_old_value_comes_back_also_the_second_time(self, now):
        SandboxSubscriptionFactory(id="sub_1", plan=now)
        put_back(SandboxSubscription, "sub_1", "plan", made="free", old="pro")
        assert SandboxSubscription.objects.get().plan == "pro"

    def test_what_was_changed_since_stays(self):
        SandboxSubscriptionFactory(id="sub_1", plan="enterprise")
        with pytest.raises(ConnectorError, match="changed since"):
            put_back(SandboxSubscription, "sub_1", "plan", made="free", old="pro")
        assert SandboxSubscription.objects.get().plan == "enterprise"
