"""The signature, against the vector that the libraries of Standard Webhooks share, and what follows an answer."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from services.worker.sender import Outcome, meaning, signed, what_next
from shared.domain.webhook import SCHEDULE, DeliveryState
from shared.storage.webhooks import Delivery
from tests.unit.services.worker.test_slots import delivery

# github.com/standard-webhooks/standard-webhooks, the "sign function works" test of each of its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1614265330
BODY = '{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_vector_of_the_specification_is_signed_as_it_says():
    assert Webhook(SECRET).sign(MESSAGE, datetime.fromtimestamp(AT, UTC), BODY) == SIGNATURE


def test_every_secret_that_signs_has_its_signature_and_all_are_over_the_id_the_time_and_the_body():
    secrets = ["whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
    leased = replace(delivery(5, 6), secrets=secrets, body='{"사진":1}')
    headers = signed(leased)
    assert headers["webhook-id"] == f"msg_{UUID(int=5).hex}"
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in secrets:
        assert Webhook(secret).verify(leased.body, headers) == {"사진": 1}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (302, Outcome.FAILED),
        (404, Outcome.FAILED),
        (410, Outcome.GONE),
        (503, Outcome.FAILED),
    ],
)
def test_only_2xx_delivers_and_only_410_says_gone(status, outcome):
    assert meaning(status) is outcome


def leased(*, attempts: int = 1, schedule_from: int = 0, endpoint: bool = False) -> Delivery:
    endpoint_id = UUID(int=9) if endpoint else None
    return replace(delivery(1, 2), attempts=attempts, schedule_from=schedule_from, endpoint_id=endpoint_id)


def test_the_schedule_of_a_replay_begins_anew_while_its_attempts_go_on_being_counted():
    last = len(SCHEDULE)
    assert what_next(leased(attempts=last), Outcome.FAILED, None) == (DeliveryState.EXHAUSTED, None)
    state, wait = what_next(leased(attempts=last + 1, schedule_from=last), Outcome.FAILED, None)
    assert state is DeliveryState.PENDING
    assert timedelta(seconds=SCHEDULE[1]) <= wait <= timedelta(seconds=SCHEDULE[1] * 1.1)


def test_gone_ends_a_callback_and_not_what_an_endpoint_may_still_be_enabled_for():
    assert what_next(leased(), Outcome.GONE, None) == (DeliveryState.EXHAUSTED, None)
    assert what_next(leased(endpoint=True), Outcome.GONE, None)[0] is DeliveryState.PENDING
