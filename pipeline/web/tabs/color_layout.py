"""What the tab for one photo is made of, and where its parts stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from pipeline.web.service import ColorService

AUTOMATIC = "automatic"
MOST_BLENDED = 5


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where a photo comes in.

    Attributes:
        photo: dropped, pasted or picked.
        examples: photos to take instead; None if there are none.
    """

    photo: gr.Image
    examples: gr.Dataset | None


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How a photo is to be coloured."""

    category: gr.Dropdown
    mode: gr.Radio
    top: gr.Slider
    saturation: gr.Slider
    best: gr.Checkbox

    def all(self) -> list[gr.Dropdown | gr.Radio | gr.Slider | gr.Checkbox]:
        """In the order in which `ColorTab.request` takes them."""
        return [self.category, self.mode, self.top, self.saturation, self.best]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What is shown of a coloured photo."""

    slider: gr.ImageSlider
    divider: gr.Slider
    download: gr.DownloadButton
    message: gr.Markdown
    ranking: gr.Label


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The photo by each of the colorizers."""

    button: gr.Button
    gallery: gr.Gallery


def lay_out(service: ColorService, examples: Sequence[Path]) -> tuple[Entry, Ways, Result, Sheet]:
    """Photo and ways to colour it left, the result right, all colorizers below."""
    with gr.Row(elem_id="both"):
        with gr.Column(scale=2, min_width=300):
            entry, ways = _entry(examples), _ways(service)
        with gr.Column(scale=3, min_width=300):
            result = _result(len(service.bundle.categories))
    with gr.Accordion("The same photo by each of the twenty colorizers", open=False):
        sheet = Sheet(
            button=gr.Button("Colour it by each", interactive=False, elem_id="every"),
            gallery=gr.Gallery(
                label="In the router's order", columns=5, object_fit="contain", height="auto",
                interactive=False, elem_id="sheet",
            ),
        )  # fmt: skip
    return entry, ways, result, sheet


def _entry(examples: Sequence[Path]) -> Entry:
    photo = gr.Image(
        label="Your photo: drop it, paste it or pick it", sources=["upload", "clipboard"],
        height=260, buttons=[], elem_id="photo",
    )  # fmt: skip
    if not examples:
        return Entry(photo=photo, examples=None)
    given = gr.Dataset(
        components=[gr.Image(visible=False)], samples=[[str(one)] for one in examples],
        label="Or take one of these", type="index", elem_id="examples",
    )  # fmt: skip
    return Entry(photo=photo, examples=given)


def _ways(service: ColorService) -> Ways:
    category = gr.Dropdown(
        [AUTOMATIC, *service.colorizer.categories], value=AUTOMATIC,
        label="Coloured as", elem_id="category",
    )  # fmt: skip
    with gr.Accordion("More ways to colour it", open=False):
        mode = gr.Radio(
            service.modes, value=service.bundle.mode, label="Mode",
            info="nearest to the likely truth, or more colour",
        )  # fmt: skip
        top = gr.Slider(
            0, MOST_BLENDED, value=0, step=1, label="Blend of the best",
            info="how many categories; 0 leaves it to the model",
        )  # fmt: skip
        saturation = gr.Slider(
            0, 3, value=1, step=0.05, label="Saturation", elem_id="saturation",
            info="1 is as the mode has it, 0 is gray",
        )  # fmt: skip
        best = gr.Checkbox(
            label="Best", elem_id="best", info="nearer to the likely truth, and slower"
        )  # fmt: skip
    return Ways(category=category, mode=mode, top=top, saturation=saturation, best=best)


def _result(n_categories: int) -> Result:
    return Result(
        slider=gr.ImageSlider(
            label="Before and after", interactive=False, max_height=560,
            buttons=["fullscreen"], elem_id="result",
        ),
        divider=gr.Slider(
            0, 100, value=50, step=5, label="Before, in % of the picture", visible=False,
            elem_id="divider",
        ),
        download=gr.DownloadButton(
            "Download", visible=False, variant="primary", elem_id="download"
        ),
        message=gr.Markdown(elem_id="status"),
        ranking=gr.Label(
            label="What it shows", num_top_classes=n_categories, show_heading=False,
            visible=False, elem_id="ranking",
        ),
    )  # fmt: skip
