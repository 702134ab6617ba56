"""One visitor's photo: opened once, then coloured in one way after another, by a worker."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from basics.errors import DataError
from imaging.formats import FORMATS
from pipeline.engine.request import ColorRequest
from pipeline.media.plan import default_output
from pipeline.web.files import keep_upload
from pipeline.web.service import ColorService, require_made, upload_name
from pipeline.web.visitors import Visitor
from pipeline.web.workers import messages
from pipeline.web.workers.jobs import Ask, Reply
from pipeline.web.workers.tasks import RESULT
from pipeline.web.workers.wire import from_request

Rankings = list[tuple[str, float]]  # category, confidence; the most confident first


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Who looks at a photo.

    Attributes:
        visitor: whose files lie together, and who stays with one worker.
        session: of the page; None outside of one.
    """

    visitor: Visitor
    session: str | None

    def ask(self, task: str, reply: type[Reply], *, own: Path, **how: Any) -> Ask[Reply]:
        """Something to be done, by the guest's worker, with a photo whose files lie in `own`."""
        return Ask(
            task=task,
            how=how,
            reply=reply,
            folder=own,
            visitor=self.visitor.id,
            session=self.session,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Visit:
    """A visitor's photo.

    Attributes:
        guest: who looks at it.
        name: what the visitor calls it; kept out of paths.
        folder: of its files on this server.
        path: of the photo.
        before: a gray JPEG of it, small enough for a page.
        size: width and height, px.
    """

    guest: Guest
    name: str
    folder: Path
    path: Path
    before: Path
    size: tuple[int, int]
    full: list[Path] = field(default_factory=list)  # folder of the newest result at full size
    numbers: Iterator[int] = field(default_factory=itertools.count)  # no two results share a name

    def new_folder(self) -> Path:
        """A folder for the files of one result.

        Raises:
            DataError: the photo is not kept any more.
            Refusal: nothing more is kept of the visitor.
        """
        self.guest.visitor.require_room()
        folder = self.folder / str(next(self.numbers))
        try:
            folder.mkdir()
        except OSError as error:
            what = f"the photo is not kept any more: {error.strerror}"
            raise DataError(what, self.name, "send it again") from error
        return folder

    def ask(self, task: str, reply: type[Reply], **how: Any) -> Ask[Reply]:
        """Something to be done with the photo."""
        return self.guest.ask(task, reply, own=self.folder, photo=str(self.path), **how)


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """A photo in colours, small.

    Attributes:
        ranking: what the router says.
        used: the categories whose colorizers coloured it.
        after: a JPEG of it.
    """

    ranking: Rankings
    used: list[str]
    after: Path


def open_upload(service: ColorService, guest: Guest, upload: Path, name: str) -> Visit:
    """Open what a visitor has sent.

    Args:
        service: opens it.
        guest: who has sent it.
        upload: the file, which stays.
        name: what the visitor calls it.

    Raises:
        ProjectError: it cannot be read, or not now.
    """
    guest.visitor.require_room()
    folder = service.own_folder(guest.visitor.folder)
    try:
        path, before = folder / upload_name(name), folder / "before.jpg"
        keep_upload(upload, path)
        how = {"photo": str(path), "before": str(before)}
        ask = guest.ask("open", messages.Opened, own=folder, **how)
        told = service.submit(ask).done.result()
        require_made(before)
    except BaseException:
        service.drop(folder)
        raise
    size = told.width, told.height
    return Visit(guest=guest, name=name, folder=folder, path=path, before=before, size=size)


def color_preview(service: ColorService, visit: Visit, request: ColorRequest) -> Shown:
    """Colour a photo at the page's size.

    Raises:
        ProjectError: it cannot be coloured so, or not now.
    """
    visit.guest.visitor.require_room()
    after = visit.folder / f"{next(visit.numbers)}.jpg"
    how = {"after": str(after), "request": from_request(request)}
    told = service.submit(visit.ask("color", messages.ColoredPreview, **how)).done.result()
    return Shown(ranking=told.ranking, used=told.used, after=require_made(after))


def color_full(service: ColorService, visit: Visit, request: ColorRequest) -> Path:
    """Colour a photo at full size, as `pipeline.colorize` does, under a name that tells of it.

    Raises:
        ProjectError: it cannot be coloured so, or not now.
    """
    folder = visit.new_folder()
    how = {"folder": str(folder), "request": from_request(request)}
    told = service.submit(visit.ask("full", messages.Suffixed, **how)).done.result()
    made = named(folder, told.suffix, visit.name, request)
    for former in visit.full:  # the page shows it no more
        shutil.rmtree(former, ignore_errors=True)
    visit.full[:] = [folder]
    return made


def color_sheet(service: ColorService, visit: Visit) -> list[tuple[Path, str]]:
    """The photo as each category's colorizer has it: paths of pictures, with the category.

    The categories come in the router's order.

    Raises:
        ProjectError: it cannot be coloured, or not now.
    """
    folder = visit.new_folder()
    ask = visit.ask("sheet", messages.Sheet, folder=str(folder))
    told = service.submit(ask).done.result()
    return [
        (require_made(folder / f"{index}.jpg"), f"{category} {confidence:.0%}")
        for index, (category, confidence) in enumerate(told.ranking)
    ]


def color_whole(
    service: ColorService, guest: Guest, upload: Path, request: ColorRequest, folder: Path
) -> tuple[Path, Path, str]:
    """Colour a photo of several, without looking at it for longer.

    Args:
        service: colours it.
        guest: who has sent it.
        upload: the file; its name is what the visitor calls it.
        request: how it is coloured.
        folder: of all files of the several.

    Returns:
        The result, a small JPEG of it, and the likeliest category.

    Raises:
        ProjectError: it cannot be coloured, or not now.
    """
    guest.visitor.require_room()
    own = service.own_folder(folder)
    path, after = own / upload_name(upload.name), own / "after.jpg"
    keep_upload(upload, path)
    how = {
        "photo": str(path), "after": str(after), "folder": str(own),
        "request": from_request(request),
    }  # fmt: skip
    ask = Ask(task="whole", how=how, reply=messages.Whole, folder=folder, session=guest.session)
    told = service.submit(ask).done.result()
    path.unlink()
    category = told.ranking[0][0] if told.ranking else ""
    return named(own, told.suffix, upload.name, request), require_made(after), category


def named(folder: Path, suffix: str, name: str, request: ColorRequest) -> Path:
    """Give a result a name that tells of the visitor's photo and of the request; its path.

    Raises:
        DataError: there is no result.
    """
    made = require_made(folder / f"{RESULT}{suffix}")
    own = Path(Path(name).name or "photo")
    return made.rename(folder / default_output(own.with_suffix(suffix), None, request).name)


def format_of(path: Path) -> str:
    """What a result's format is called."""
    suffix = path.suffix.lower().replace(".jpeg", ".jpg").replace(".tiff", ".tif")
    return next(name.upper() for name, one in FORMATS.items() if one == suffix)
