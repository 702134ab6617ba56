"""The tab for one photo: before and after, the ranking, and every way to colour it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from pipeline.engine.request import Options
from pipeline.web.color_layout import AUTOMATIC, lay_out
from pipeline.web.examples import write_examples
from pipeline.web.in_turn import done
from pipeline.web.limits import KEPT_SECONDS
from pipeline.web.service import Studio, Wish
from pipeline.web.session import (
    Opened,
    Preview,
    close,
    color_full,
    color_preview,
    color_sheet,
    format_of,
    open_upload,
)


def build_color_tab(studio: Studio) -> None:
    """Lay the tab out, and say what follows from what."""
    tab = ColorTab(studio)
    opened = gr.State(None, time_to_live=KEPT_SECONDS, delete_callback=close)
    preview = gr.State(None, time_to_live=KEPT_SECONDS)
    entry, ways, result, sheet = lay_out(studio, tab.examples)
    shown = [
        preview, result.slider, result.divider, result.ranking, result.told, result.download
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

    def __init__(self, studio: Studio) -> None:
        """Serve from a studio."""
        self.studio = studio
        self.examples = write_examples(studio.folder / "examples")

    def take(self, index: int, was: Opened | None) -> tuple[Any, ...]:
        """Take one of the examples in."""
        return self.open(self.examples[index], self.examples[index].name, was)

    def receive(self, upload: Mapping[str, Any] | None, was: Opened | None) -> tuple[Any, ...]:
        """Take in what the visitor has sent: a path on this server, and the visitor's name."""
        if not upload or not upload["path"]:
            raise gr.Error("No photo came", print_exception=False)
        path = Path(upload["path"])
        return self.open(path, upload.get("orig_name") or path.name, was)

    def open(self, path: Path, name: str, was: Opened | None) -> tuple[Any, ...]:
        """Take a photo in, and let the one before go."""
        opened = done(self.studio, lambda: open_upload(self.studio, path, name), name)
        close(was)
        return opened, str(opened.before.path), gr.Button(interactive=True), []

    def color(self, opened: Opened | None, *ways: Any) -> tuple[Any, ...]:
        """Colour the photo at the page's size."""
        if opened is None:
            return None, None, *_hidden(gr.Slider, gr.Label), "", *_hidden(gr.DownloadButton)
        wish = self.wish(*ways)
        preview = done(self.studio, lambda: color_preview(self.studio, opened, wish), opened.name)
        photo, ranking = opened.seen.photo, preview.predicted.ranking
        used = " + ".join(file.category for file, _ in preview.predicted.chosen)
        told = f"{photo.width} x {photo.height} px, coloured as **{used}**"
        pair = str(opened.before.path), str(preview.after)
        waits = gr.DownloadButton("Full size is being made", interactive=False, visible=True)
        bars = gr.Label(dict(ranking), visible=True)
        return preview, pair, gr.Slider(visible=True), bars, told, waits

    def full(self, opened: Opened | None, preview: Preview | None, *ways: Any) -> Any:
        """Make the file to download."""
        if opened is None or preview is None:
            return gr.DownloadButton(interactive=False)
        wish = self.wish(*ways)
        path = done(
            self.studio, lambda: color_full(self.studio, opened, preview, wish), opened.name
        )
        label = f"Download at full size ({format_of(path)})"
        return gr.DownloadButton(label, value=str(path), interactive=True)

    def sheet(self, opened: Opened | None) -> list[tuple[str, str]]:
        """Colour the photo by each colorizer."""
        if opened is None:
            return []
        found = done(self.studio, lambda: color_sheet(self.studio, opened), opened.name)
        return [(str(path), told) for path, told in found]

    def pick(self, event: gr.SelectData) -> str:
        """Choose the category whose bar was clicked."""
        return str(event.value)

    def divide(self, position: float) -> gr.ImageSlider:
        """Move the line between before and after, 0 to 100."""
        return gr.ImageSlider(slider_position=position)

    def clear(self, opened: Opened | None) -> tuple[Any, ...]:
        """Let the photo go."""
        close(opened)
        return (None, *self.color(None), gr.Button(interactive=False), [])

    def wish(self, category: str, mode: str, top: int, saturation: float) -> Wish:
        """What the visitor has set."""
        factor = None
        if saturation != 1:
            factor = min(3.0, saturation * self.studio.colorizer(mode).saturation)
        return Wish(
            mode=mode,
            options=Options(
                category=None if category == AUTOMATIC else category,
                top=int(top) or None,
                saturation=factor,
                max_pixels=self.studio.limits.pixels,
            ),
        )


def _hidden(*kinds: Any) -> tuple[Any, ...]:
    """Components of these kinds, not shown."""
    return tuple(kind(visible=False) for kind in kinds)
