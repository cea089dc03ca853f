"""Messages from a Redis that stops answering."""

import pytest
from kombu import Connection
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.queue import transport
from shared.queue.app import broker_url


@pytest.fixture
def channel(settings):
    transport.install()
    with Connection(broker_url(settings), transport_options={"socket_timeout": 0.5}) as connection:
        yield connection.channel()


def test_a_message_that_cannot_be_acknowledged_is_held_no_longer(channel):
    channel.queue_declare("letters")
    channel.basic_publish(channel.prepare_message("{}"), exchange="", routing_key="letters")
    channel.basic_qos(0, 1, False)
    message = channel.basic_get("letters")
    assert not channel.qos.can_consume()
    channel.client.client_pause(1500)
    with pytest.raises(RedisTimeoutError):
        channel.basic_ack(message.delivery_tag)
    assert channel.qos.can_consume()
