import pytest

from shared.config import Settings
from shared.queue.app import broker_url, interval


@pytest.mark.parametrize(
    ("url", "password", "expected"),
    [
        ("redis://127.0.0.1:6379/0", None, "redis://127.0.0.1:6379/0"),
        ("redis://127.0.0.1:6379/0", "a/b c", "redis://:a%2Fb%20c@127.0.0.1:6379/0"),
        ("redis://old@redis:6379/2", "new", "redis://:new@redis:6379/2"),
    ],
)
def test_the_password_is_put_into_the_url_and_quoted(url, password, expected):
    assert broker_url(Settings(redis_url=url, redis_password=password)) == expected


@pytest.mark.parametrize(
    ("cron", "seconds"), [("", None), ("*/15 * * * *", 900), ("0 3 * * *", 86_400), ("0 3 * * 0", 7 * 86_400)]
)
def test_the_pause_between_two_times_of_a_schedule_is_known(cron, seconds):
    assert interval(cron) == seconds
