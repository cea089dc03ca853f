import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from shared.config import Settings
from shared.queue.app import make_celery
from shared.queue.transport import Channel


@pytest.fixture
def connection():
    return make_celery(Settings()).connection_for_read()


def test_a_channel_whose_connection_is_closed_says_so_as_a_lost_connection(connection):
    channel = Channel.__new__(Channel)
    channel.connection = connection.transport
    connection.release()
    with pytest.raises(RedisConnectionError):
        channel._connparams()
    channel.connection = None
    with pytest.raises(RedisConnectionError):
        channel._connparams()


def test_a_lost_connection_is_one_that_celery_makes_again(connection):
    assert issubclass(RedisConnectionError, connection.connection_errors)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_every_connection_to_redis_has_such_channels(connection, scheme):
    with Connection(f"{scheme}://127.0.0.1:6379/0") as other:
        assert other.transport.Channel is Channel
