"""The tab for several photos: a gallery that grows, and one file to take them all home."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from imaging.formats import READABLE
from pipeline.engine.request import ColorRequest
from pipeline.web.in_turn import done
from pipeline.web.service import ColorService
from pipeline.web.session import Visit, close, color_full, color_preview, open_upload

MOST_PHOTOS = 50
PROGRESS = gr.Progress()  # as a default, it tells Gradio to show a bar


def build_several_tab(service: ColorService) -> None:
    """Lay the tab out, and say what follows from what."""
    photos = gr.File(
        label=f"Photos, up to {MOST_PHOTOS}", file_count="multiple", type="filepath",
        file_types=sorted(READABLE), elem_id="photos",
    )  # fmt: skip
    start = gr.Button("Colour them", variant="primary", elem_id="start-several")
    message = gr.Markdown(elem_id="status-several")
    gallery = gr.Gallery(
        label="In colour", columns=4, object_fit="contain", height="auto", interactive=False,
        elem_id="gallery",
    )  # fmt: skip
    download = gr.DownloadButton("Download all", interactive=False, elem_id="download-several")

    def color_all(paths: list[str] | None, progress: gr.Progress = PROGRESS) -> Iterator[Any]:
        yield from color_several(service, [Path(one) for one in paths or []], progress)

    start.click(
        color_all, photos, [gallery, message, download], api_visibility="private",
        show_progress_on=gallery,
    )  # fmt: skip


def color_several(
    service: ColorService, paths: list[Path], progress: Any
) -> Iterator[tuple[Any, ...]]:
    """Colour one photo after another; one that fails is told and stops nothing.

    Yields:
        pictures with captions, what is told, the button to take them home.
    """
    waits = gr.DownloadButton(interactive=False)
    if not paths or len(paths) > MOST_PHOTOS:
        yield [], f"Give 1 to {MOST_PHOTOS} photos, not {len(paths)}.", waits
        return
    folder = service.own_folder()
    pictures: list[tuple[str, str]] = []
    failed: list[str] = []
    zipped = folder / "coloured.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:  # they are compressed already
        for index, path in enumerate(paths):
            progress((index, len(paths)), desc=path.name, unit="photos")
            try:
                pictures.append(_color_one(service, path, folder / f"{index}.jpg", archive))
            except gr.Error as error:
                failed.append(str(error.message))
            yield pictures, _summary(len(pictures), len(paths), failed), waits
    if pictures:
        waits = gr.DownloadButton("Download all (ZIP)", value=str(zipped), interactive=True)
    yield pictures, _summary(len(pictures), len(paths), failed), waits


def _color_one(
    service: ColorService, path: Path, picture: Path, archive: zipfile.ZipFile
) -> tuple[str, str]:
    """Colour one photo into the archive; give a small picture of it with its category."""
    request = ColorRequest()
    visit: Visit | None = None

    def job() -> tuple[Path, str]:
        nonlocal visit
        visit = open_upload(service, path, path.name)
        shown = color_preview(visit, request)
        shutil.copyfile(shown.after, picture)
        return color_full(visit, request), shown.preview.prediction.ranking[0][0]

    try:
        full, category = done(service, job, path.name)
        archive.write(full, _free_name(archive, full.name))  # by one thread alone
        return str(picture), f"{path.name}: {category}"
    finally:
        close(visit)


def _free_name(archive: zipfile.ZipFile, name: str) -> str:
    """A name that the archive does not have yet."""
    taken, number = set(archive.namelist()), 2
    path = Path(name)
    while name in taken:
        name = f"{path.stem}-{number}{path.suffix}"
        number += 1
    return name


def _summary(n_done: int, n_all: int, failed: list[str]) -> str:
    return "\n\n".join([f"{n_done} of {n_all} coloured", *failed])
