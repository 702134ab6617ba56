import signal
from collections.abc import Iterator

import pytest

from basics import cli
from basics.signals import Stopped, stopping


@pytest.fixture
def heeded() -> Iterator[None]:
    """SIGHUP as it is without nohup, under which it stays ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_a_command_with_the_shells_code_once_it_has_cleaned_up(
    name, code, heeded, capsys
):
    number, done = getattr(signal, name), []
    before = signal.getsignal(number)

    def clean_up() -> None:
        signal.raise_signal(number)  # an impatient second one
        done.append("cleaned up")

    def job(_: object) -> int:
        with stopping(clean_up):
            signal.raise_signal(number)
        return 0

    assert cli.run(job, None) == code  # pyright: ignore[reportArgumentType]
    assert done == ["cleaned up"]
    assert capsys.readouterr().err == "stopped\n"
    assert signal.getsignal(number) is before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: pytest.fail("nothing was stopped")):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert issubclass(Stopped, KeyboardInterrupt)


def test_whatever_an_interrupted_import_makes_of_a_signal_the_command_ends_as_stopped():
    def import_that_fails() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ImportError("half of it is there") from None

    done = []
    with pytest.raises(Stopped, match="15"), stopping(lambda: done.append("cleaned up")):
        import_that_fails()
    assert done == ["cleaned up"]
    with pytest.raises(ImportError, match="a bug"), stopping(lambda: pytest.fail("not stopped")):
        raise ImportError("a bug")
