"""The tab for one photo: before and after, the ranking, and every way to colour it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from pipeline.engine.request import MOST_SATURATION, ColorRequest
from pipeline.web.limits import KEPT_SECONDS
from pipeline.web.service import ColorService
from pipeline.web.session import (
    Guest,
    Shown,
    Visit,
    color_full,
    color_preview,
    color_sheet,
    format_of,
    open_upload,
)
from pipeline.web.tabs.color_layout import AUTOMATIC, lay_out
from pipeline.web.tabs.examples import write_examples
from pipeline.web.tabs.in_turn import shown_on_page
from pipeline.web.visitors import visitor_of


def build_color_tab(service: ColorService) -> None:
    """Lay the tab out, and say what follows from what."""
    tab = ColorTab(service)
    opened = gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=tab.close)
    preview = gr.State(None, time_to_live=KEPT_SECONDS)
    entry, ways, result, sheet = lay_out(service, tab.examples)
    shown = [
        preview, result.slider, result.divider, result.ranking, result.message, result.download
    ]  # fmt: skip
    hidden: dict[str, Any] = {
        "api_visibility": "private", "show_progress_on": result.slider,
        "trigger_mode": "always_last",
    }  # fmt: skip

    def color(begun: Any) -> None:
        begun.success(tab.color, [opened, *ways.all()], shown, **hidden).success(
            tab.full, [opened, preview, *ways.all()], result.download, **hidden
        )

    entered = [opened, entry.photo, sheet.button, sheet.gallery]
    raw = {"preprocess": False}  # Gradio would decode the photo, and lose depth and metadata
    color(entry.photo.upload(tab.receive, [entry.photo, opened], entered, **raw, **hidden))
    if entry.examples is not None:
        color(entry.examples.click(tab.take, [entry.examples, opened], entered, **hidden))
    for way in ways.all():
        color(way.input(None))
    color(result.ranking.select(tab.pick, None, ways.category, **hidden))
    result.divider.input(
        tab.divide, result.divider, result.slider, api_visibility="private",
        show_progress="hidden", trigger_mode="always_last",
    )  # fmt: skip
    cleared = [opened, *shown, sheet.button, sheet.gallery]
    # not in the queue: pasting clears the photo before, and Gradio's stream, which ends with the
    # last event that waits, would lose what the new photo's says
    entry.photo.clear(tab.clear, opened, cleared, queue=False, **hidden)
    sheet.button.click(tab.sheet, opened, sheet.gallery, api_visibility="private")


class ColorTab:
    """What the tab does; each method serves one event."""

    def __init__(self, service: ColorService) -> None:
        """Serve from a service."""
        self.service = service
        self.examples = write_examples(service.folder / "examples")

    def take(self, index: int, was: Visit | None, request: gr.Request) -> tuple[Any, ...]:
        """Take one of the examples in."""
        return self.open(self.examples[index], self.examples[index].name, was, request)

    def receive(
        self, upload: Mapping[str, Any] | None, was: Visit | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Take in what the visitor has sent: a path on this server, and the visitor's name."""
        if not upload or not upload["path"]:
            raise gr.Error("No photo came", print_exception=False)
        path = Path(upload["path"])
        return self.open(path, upload.get("orig_name") or path.name, was, request)

    def open(
        self, path: Path, name: str, was: Visit | None, request: gr.Request
    ) -> tuple[Any, ...]:
        """Take a photo in, and let the one before go."""
        guest = Guest(visitor=visitor_of(request), session=request.session_hash)
        with shown_on_page(name):
            visit = open_upload(self.service, guest, path, name)
        self.close(was)
        return visit, str(visit.before), gr.Button(interactive=True), []

    def color(self, visit: Visit | None, *ways: Any) -> tuple[Any, ...]:
        """Colour the photo at the page's size."""
        if visit is None:
            return None, None, *_hidden(gr.Slider, gr.Label), "", *_hidden(gr.DownloadButton)
        request = self.request(*ways)
        with shown_on_page(visit.name):
            shown = color_preview(self.service, visit, request)
        width, height = visit.size
        message = f"{width} x {height} px, coloured as **{' + '.join(shown.used)}**"
        pair = str(visit.before), str(shown.after)
        waits = gr.DownloadButton("Full size is being made", interactive=False, visible=True)
        bars = gr.Label(dict(shown.ranking), visible=True)
        return shown, pair, gr.Slider(visible=True), bars, message, waits

    def full(self, visit: Visit | None, shown: Shown | None, *ways: Any) -> Any:
        """Make the file to download."""
        if visit is None or shown is None:
            return gr.DownloadButton(interactive=False)
        request = self.request(*ways)
        with shown_on_page(visit.name):
            path = color_full(self.service, visit, request)
        label = f"Download at full size ({format_of(path)})"
        return gr.DownloadButton(label, value=str(path), interactive=True)

    def sheet(self, visit: Visit | None) -> list[tuple[str, str]]:
        """Colour the photo by each colorizer."""
        if visit is None:
            return []
        with shown_on_page(visit.name):
            found = color_sheet(self.service, visit)
        return [(str(path), caption) for path, caption in found]

    def pick(self, event: gr.SelectData) -> str:
        """Choose the category whose bar was clicked."""
        return str(event.value)

    def divide(self, position: float) -> gr.ImageSlider:
        """Move the line between before and after, 0 to 100."""
        return gr.ImageSlider(slider_position=position)

    def clear(self, visit: Visit | None) -> tuple[Any, ...]:
        """Let the photo go."""
        self.close(visit)
        return (None, *self.color(None), gr.Button(interactive=False), [])

    def close(self, visit: Visit | None) -> None:
        """Remove all files of a photo, and end what is in work with it."""
        if visit is not None:
            self.service.drop(visit.folder)

    def request(
        self, category: str, mode: str, top: int, saturation: float, best: bool
    ) -> ColorRequest:
        """What the visitor has set, where it is not the bundle's own choice."""
        named = mode if mode != self.service.bundle.mode else None
        factor = None
        if saturation != 1:
            of_mode = self.service.bundle.find_mode(mode).saturation
            factor = min(MOST_SATURATION, saturation * of_mode)
        return ColorRequest(
            category=None if category == AUTOMATIC else category,
            mode=named,
            top=int(top) or None,
            saturation=factor,
            best=best,
        )


def _hidden(*kinds: Any) -> tuple[Any, ...]:
    """Components of these kinds, not shown."""
    return tuple(kind(visible=False) for kind in kinds)
