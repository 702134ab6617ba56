"""The Turing test of section V: real or coloured? One photo at a time, timed, on record."""

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from pipeline.turing.answers import read, record, write_csv
from pipeline.turing.rates import LEAST, Interval, Row, rates
from pipeline.turing.stimuli import Session, Shown, StimulusSet
from pipeline.web.service import ColorService
from pipeline.web.tabs.in_turn import shown_on_page
from pipeline.web.tabs.turing_photos import ByWorkers
from pipeline.web.tabs.turing_settings import TuringTest

HEADERS = [
    "category", "coloured, taken for real", "95 % interval", "answers",
    "real, taken for real", "answers ", "median seconds",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Turn:
    """How far a visitor's session is; it stays on the server.

    Attributes:
        session: the photos.
        position: the one that is shown.
        shown_at: when, on this machine's clock of seconds; None if it has been answered.
        right: how many answers were.
    """

    session: Session
    position: int = 0
    shown_at: float | None = None
    right: int = 0


@dataclass
class Table:
    """Draws the photos; the set is opened by the first who plays."""

    service: ColorService
    test: TuringTest
    _stimuli: StimulusSet | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stimuli(self) -> StimulusSet:
        """The photos of the test."""
        with self._lock:
            if self._stimuli is None:
                cache = self.service.folder / "turing"
                maker = ByWorkers(self.service)
                self._stimuli = StimulusSet(maker, self.test.folder, cache_dir=cache)
            return self._stimuli

    def begin(self) -> tuple[Any, ...]:
        """Start a session."""
        with shown_on_page("The test"):
            turn = Turn(session=self.stimuli().start_session())
        return self.show(turn)

    def show(self, turn: Turn | None) -> tuple[Any, ...]:
        """Show the photo whose turn it is; the session's end says how it went."""
        if turn is None:
            raise gr.Error("The test has not begun.", print_exception=False)
        length = len(turn.session.stimuli)
        if turn.position >= length:
            message = f"### Done: {turn.right} of {length} right\nThe results are below."
            return turn, *_hidden(), message, *_buttons(begin=True)
        shown = self._shown(turn)
        message = f"Photo {turn.position + 1} of {length}"
        turn = replace(turn, shown_at=time.monotonic())
        photo, pair = gr.Image(str(shown.path), visible=True), gr.ImageSlider(visible=False)
        return turn, photo, pair, message, *_buttons(answer=True)

    def answer(self, turn: Turn | None, *, said_real: bool) -> tuple[Any, ...]:
        """Put an answer on record, and say what the photo was."""
        if turn is None or turn.shown_at is None:
            raise gr.Error("This photo has been answered.", print_exception=False)
        seconds = time.monotonic() - turn.shown_at
        shown = self._shown(turn)
        session = turn.session.id
        with shown_on_page("The answer"):
            record(
                self.test.answers, session=session, photo=shown.name, category=shown.category,
                is_colored=shown.is_colored, said_real=said_real, seconds=seconds,
            )  # fmt: skip
        is_right = said_real != shown.is_colored
        turn = replace(turn, position=turn.position + 1, shown_at=None, right=turn.right + is_right)
        what = "the networks'" if shown.is_colored else "the camera's"
        message = f"**{'Right' if is_right else 'Wrong'}**: the colours were {what}."
        photo, _ = _hidden()
        pair = gr.ImageSlider((str(shown.real), str(shown.colored)), visible=True)
        return turn, photo, pair, message, *_buttons(following=True)

    def results(self) -> tuple[Any, ...]:
        """All answers so far, as a table and as a file."""
        if not self.test.answers.exists():
            return [], "No answers yet.", gr.DownloadButton(interactive=False)
        file = self.service.folder / "page" / "turing.csv"
        with shown_on_page("The results"):
            answers = read(self.test.answers)
            write_csv(file, answers)
        message = f"{len(answers)} answers. No rate is given below {LEAST}."
        rows = [_cells(row) for row in rates(answers)]
        return rows, message, gr.DownloadButton("Download (CSV)", value=str(file), interactive=True)

    def _shown(self, turn: Turn) -> Shown:
        stimulus = turn.session.stimuli[turn.position]
        with shown_on_page("The test"):
            return self.stimuli().show(stimulus)


def build_turing_tab(service: ColorService, test: TuringTest) -> None:
    """Lay the tab out, and say what follows from what."""
    table = Table(service, test)
    turn = gr.State(None)
    gr.Markdown(
        "Half of the photos have the camera's colours, half the networks'. Which are these? "
        "Answers go on record, with the time they took."
    )
    message = gr.Markdown(elem_id="turing-status")
    photo = gr.Image(
        label="Real?", visible=False, interactive=False, height=440, buttons=[],
        elem_id="turing-photo",
    )  # fmt: skip
    pair = gr.ImageSlider(
        label="The camera's colours, and the networks'", visible=False, interactive=False,
        max_height=440, elem_id="turing-pair",
    )  # fmt: skip
    with gr.Row():
        begin = gr.Button("Begin", variant="primary", elem_id="turing-begin")
        real = gr.Button("Real", visible=False, elem_id="turing-real")
        colored = gr.Button("Coloured by networks", visible=False, elem_id="turing-colored")
        following = gr.Button("Next", variant="primary", visible=False, elem_id="turing-next")
    outputs = [turn, photo, pair, message, begin, real, colored, following]
    hidden: dict[str, Any] = {"api_visibility": "private"}
    begin.click(table.begin, None, outputs, **hidden)
    following.click(table.show, turn, outputs, **hidden)
    real.click(lambda one: table.answer(one, said_real=True), turn, outputs, **hidden)
    colored.click(lambda one: table.answer(one, said_real=False), turn, outputs, **hidden)
    with gr.Accordion("Results", open=False):
        refresh = gr.Button("Show the results", elem_id="turing-results")
        summed = gr.Markdown(elem_id="turing-summed")
        frame = gr.Dataframe(headers=HEADERS, interactive=False, elem_id="turing-rates")
        csv = gr.DownloadButton("Download (CSV)", interactive=False, elem_id="turing-csv")
    refresh.click(table.results, None, [frame, summed, csv], **hidden)


def _hidden() -> tuple[Any, ...]:
    """Neither the photo nor both of its pictures."""
    return gr.Image(None, visible=False), gr.ImageSlider(None, visible=False)


def _buttons(
    *, begin: bool = False, answer: bool = False, following: bool = False
) -> tuple[Any, ...]:
    """Which of the buttons are there: begin, real, coloured, next."""
    return tuple(gr.Button(visible=one) for one in (begin, answer, answer, following))


def _cells(row: Row) -> list[str]:
    """A row of the results."""
    seconds = "" if row.median_seconds is None else f"{row.median_seconds:.1f}"
    fooled = row.fooled
    between = f"{fooled.low:.0%} to {fooled.high:.0%}" if fooled else ""
    return [row.category, _percent(fooled), between, str(row.n_colored), _percent(row.believed),
            str(row.n_real), seconds]  # fmt: skip


def _percent(interval: Interval | None) -> str:
    return f"{interval.rate:.0%}" if interval else "too few"
