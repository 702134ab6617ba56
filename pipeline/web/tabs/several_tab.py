"""The tab for several photos: a gallery that grows, and one file to take them all home."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from basics.errors import Cancelled
from imaging.formats import READABLE
from pipeline.engine.request import ColorRequest
from pipeline.web.service import ColorService
from pipeline.web.session import Guest, color_whole
from pipeline.web.tabs.in_turn import shown_on_page
from pipeline.web.visitors import visitor_of

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

    def color_all(
        paths: list[str] | None, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> Iterator[Any]:
        guest = Guest(visitor=visitor_of(request), session=request.session_hash)
        yield from color_several(service, guest, [Path(one) for one in paths or []], progress)

    start.click(
        color_all, photos, [gallery, message, download], api_visibility="private",
        show_progress_on=gallery,
    )  # fmt: skip


def color_several(
    service: ColorService, guest: Guest, paths: list[Path], progress: Any
) -> Iterator[tuple[Any, ...]]:
    """Colour one photo after another; one that fails is told and stops nothing.

    Yields:
        pictures with captions, what is told, the button to take them home.
    """
    waits = gr.DownloadButton(interactive=False)
    if not paths or len(paths) > MOST_PHOTOS:
        yield [], f"Give 1 to {MOST_PHOTOS} photos, not {len(paths)}.", waits
        return
    folder = service.own_folder(guest.visitor.folder)
    pictures: list[tuple[str, str]] = []
    failed: list[str] = []
    zipped = folder / "coloured.zip"
    try:
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:  # compressed already
            for index, path in enumerate(paths):
                progress((index, len(paths)), desc=path.name, unit="photos")
                try:
                    pictures.append(_color_one(service, guest, path, folder, archive))
                except gr.Error as error:
                    if isinstance(error.__cause__, Cancelled):
                        raise  # nobody looks any more
                    failed.append(str(error.message))
                yield pictures, _summary(len(pictures), len(paths), failed), waits
    except BaseException:  # GeneratorExit, too: the page was closed
        service.drop(folder)
        raise
    if pictures:
        waits = gr.DownloadButton("Download all (ZIP)", value=str(zipped), interactive=True)
    yield pictures, _summary(len(pictures), len(paths), failed), waits


def _color_one(
    service: ColorService, guest: Guest, path: Path, folder: Path, archive: zipfile.ZipFile
) -> tuple[str, str]:
    """Colour one photo into the archive; give a small picture of it with its category."""
    with shown_on_page(path.name):
        full, picture, category = color_whole(service, guest, path, ColorRequest(), folder)
    archive.write(full, _free_name(archive, full.name))  # by one thread alone
    full.unlink()
    return str(picture), f"{path.name}: {category}"


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
