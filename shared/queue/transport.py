"""kombu's Redis transport, mended where Redis going away ended a worker, or silenced it for ever."""

from typing import Any

from kombu import transport
from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from redis.exceptions import ConnectionError as RedisConnectionError


class QoS(kombu_redis.QoS):
    """With kombu 5.7.0 a message whose acknowledgement fails stays in the count of those that the worker holds. Where
    the connection is not made anew, as after a Redis that was frozen for longer than the socket's timeout, a worker
    of one process then asks for nothing ever again. Redis delivers such a message once more, which costs nothing.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(kombu_redis.Channel):
    """With kombu 5.7.0 and celery 5.7.0 a channel whose connection is closed fails with an AttributeError when it is
    used again: while a worker that holds messages closes what it has lost, or acknowledges one of them later. Celery
    takes that for a bug and exits; a lost connection it logs, and goes on. Seen with every worker that waits for
    messages while it holds some, as fetchers do.
    """

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("this channel's connection is closed")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]


class Transport(kombu_redis.Transport):
    Channel = Channel


def install() -> None:
    """Let every connection of this process to redis:// and rediss:// use it."""
    for scheme in ("redis", "rediss"):
        transport.TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
