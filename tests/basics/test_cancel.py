import threading

import pytest

from basics.cancel import CancelToken
from basics.errors import Cancelled


def test_a_token_stays_cancelled():
    token = CancelToken()
    token.require()
    assert not token.is_cancelled
    token.cancel()
    token.cancel()
    assert token.is_cancelled
    with pytest.raises(Cancelled, match="was cancelled"):
        token.require()


def test_what_has_begun_is_stopped_once_and_what_has_ended_is_not():
    token, stopped = CancelToken(), []
    with token.stopping(lambda: stopped.append("ended")):
        pass
    with token.stopping(lambda: stopped.append("running")):
        token.cancel()
        token.cancel()
    assert stopped == ["running"]


def test_nothing_begins_with_a_cancelled_token():
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled, match="was cancelled"), token.stopping(lambda: None):
        pytest.fail("it began")


def test_a_part_ends_with_the_whole_but_not_the_other_way():
    whole = CancelToken()
    with whole.linked() as part, whole.linked() as other:
        part.cancel()
        assert (whole.is_cancelled, other.is_cancelled) == (False, False)
        whole.cancel()
        assert other.is_cancelled


def test_another_thread_may_cancel():
    token, begun = CancelToken(), threading.Event()
    stopped = threading.Event()

    def work():
        with token.stopping(stopped.set):
            begun.set()
            stopped.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    token.cancel()
    thread.join(10)
    assert stopped.is_set()
    assert not thread.is_alive()
