"""Signals to stop that wait for what is in hand, and those that do not."""

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from entity_extract.config.signals import NEVER, finishing, stoppable
from entity_extract.errors import Stopped

STOPPING = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture(autouse=True)
def _handlers_stay() -> Iterator[None]:
    before = {each: signal.getsignal(each) for each in STOPPING}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def tell(number: int) -> None:
    os.kill(os.getpid(), number)


def test_the_block_ends_before_it_is_stopped(caplog: pytest.LogCaptureFixture) -> None:
    found: list[bool] = []

    def work() -> None:
        with finishing() as stop:
            found.append(stop.asked())
            tell(signal.SIGTERM)
            tell(signal.SIGTERM)  # at once: the same one
            found.extend((stop.asked(), stop.over()))

    with pytest.raises(Stopped, match="SIGTERM") as stopped, stoppable():
        work()
    assert found == [False, True, False]
    assert stopped.value.exit_status == 143
    assert caplog.text.count("told to stop") == 1


def test_a_further_signal_does_not_wait() -> None:
    went_on: list[bool] = []

    def work() -> None:
        with finishing():
            tell(signal.SIGTERM)
            time.sleep(1.1)
            tell(signal.SIGINT)
            went_on.append(True)

    with pytest.raises(Stopped, match="SIGINT"), stoppable():
        work()
    assert not went_on


def test_signals_are_as_they_were_behind_the_block() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    before = [signal.getsignal(each) for each in STOPPING]
    with finishing() as stop:
        assert [signal.getsignal(each) for each in STOPPING] != before
    assert [signal.getsignal(each) for each in STOPPING] == before
    assert not stop.asked()
    with pytest.raises(KeyboardInterrupt), finishing():
        tell(signal.SIGINT)


def test_in_a_thread_nothing_is_caught() -> None:
    found: list[bool] = []

    def work() -> None:
        with finishing() as stop:
            found.append(stop.asked())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [NEVER.asked()] == [False]
