"""The window: what happens when something is clicked, pressed, or done."""

import logging
import signal
import tkinter as tk
from functools import partial
from pathlib import Path
from tkinter import ttk
from types import TracebackType

from basics.errors import ProjectError
from pipeline.colorizer import Colorizer
from pipeline.desktop import dialogs
from pipeline.desktop.background import OPEN, PAINT, SAVE, Background
from pipeline.desktop.controls import Controls
from pipeline.desktop.layout import CONTROLS_PX, LEAST_PX, PAD_PX, SIZE_PX
from pipeline.desktop.style import PALE_LABEL, set_style
from pipeline.desktop.view import BeforeAfter
from pipeline.engine.request import ColorRequest, Limits, Rendering
from pipeline.preview import OpenPhoto, Preview

PREVIEW_PX = 1024  # long side; that many pixels are coloured in a sixth of a second

log = logging.getLogger(__name__)


class Window:
    """One photo at a time, coloured as soon as it is open."""

    def __init__(self, root: tk.Tk, colorizer: Colorizer) -> None:
        """Fill an empty window.

        Args:
            root: the window.
            colorizer: of the bundle that colours.
        """
        self.root, self.colorizer = root, colorizer
        saturation = colorizer.engine.saturation(colorizer.defaults)
        self.automatic = ColorRequest(saturation=saturation)
        self.preview: Preview | None = None  # what is shown
        self.kept = {self.automatic}  # requests for the photo that nobody would miss
        self.is_leaving = self.was_interrupted = False
        set_style(root)
        _set_size(root)
        self.view = BeforeAfter(root)
        self.controls = Controls(
            root,
            colorizer.categories,
            open_=self.ask_open,
            save=self.ask_save,
            changed=self.repaint,
        )
        self.controls.show(self.automatic)
        self.message = ttk.Label(root, style=PALE_LABEL, padding=(PAD_PX, 6))
        self.busy = ttk.Progressbar(root, mode="indeterminate", length=120)
        self._place()
        self._add_menu()
        root.protocol("WM_DELETE_WINDOW", self.leave)
        root.report_callback_exception = self._report
        self.work = Background(root.after, self._fail, self._refresh)

    def run(self) -> None:
        """Show the window until it is closed.

        Raises:
            KeyboardInterrupt: control C in the terminal.
        """
        # a KeyboardInterrupt would be lost where Tk waits within a dialog
        before = signal.signal(signal.SIGINT, lambda *_: self.root.after_idle(self._interrupt))
        try:
            self.root.mainloop()
        finally:
            signal.signal(signal.SIGINT, before)
            self.work.close()
        if self.was_interrupted:
            raise KeyboardInterrupt

    def ask_open(self) -> None:
        """Ask for a photo and open it."""
        path = dialogs.ask_photo(
            self.root, self.preview.photo.path.parent if self.preview else None
        )
        if path:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a photo and colour it; what is shown stays until that is done."""
        if self._may_drop_request():
            request = self.automatic
            self._tell(f"opening {path.name} …")
            self.work.open(lambda: self._open(path).color(request), self._show_opened)

    def repaint(self) -> None:
        """Colour the photo as is chosen now."""
        if self.preview:
            job = partial(self.preview.photo.color, self.controls.request)
            self.work.paint(job, self._show)

    def ask_save(self) -> None:
        """Ask where the photo goes, and colour it at full size."""
        if not self.preview or self.work.has(OPEN):
            return
        photo, request = self.preview.photo, self.controls.request
        target = dialogs.ask_target(self.root, photo.path)
        if target:
            self._tell(f"saving {target.name} …")
            job = partial(photo.save, target, request, Rendering(), force=True)  # it was asked
            self.work.save(job, partial(self._end_saving, self.kept, request))

    def leave(self) -> None:
        """Close the window, once all is saved that shall be."""
        if self.root.tk.call("grab", "current", self.root):
            return  # a question waits for its answer
        if self.work.has(SAVE):
            self.is_leaving = True
            self._tell("closing as soon as the photo is saved …")
        elif self._may_drop_request():
            self.root.destroy()

    def _open(self, path: Path) -> OpenPhoto:
        limits = Limits(cancel=self.work.cancel)
        return OpenPhoto(self.colorizer, path, longest_px=PREVIEW_PX, limits=limits)

    def _may_drop_request(self) -> bool:
        """Whether the choice is saved or was nobody's; else ask."""
        if self.preview is None or self.controls.request in self.kept:
            return True
        return dialogs.ask_drop(self.root, self.preview.photo.path)

    def _show_opened(self, preview: Preview) -> None:
        self.kept = {self.automatic}
        self.root.title(f"{preview.photo.path.name} - {dialogs.TITLE}")
        self._show(preview)

    def _show(self, preview: Preview) -> None:
        self.preview = preview
        if not self.work.has(PAINT):  # else somebody is still choosing
            self.controls.show(preview.request)
        self.controls.show_ranking(preview.prediction.ranking)
        self.view.show(preview.photo.before, preview.after)
        self._tell(preview.status)
        self._refresh()

    def _end_saving(self, kept: set[ColorRequest], request: ColorRequest, target: Path) -> None:
        kept.add(request)
        self._tell(f"saved: {target.name}")
        if self.is_leaving:
            self.is_leaving = False
            self.root.after_idle(self.leave)

    def _fail(self, error: ProjectError) -> None:
        self._stay()
        dialogs.show_error(self.root, error)

    def _stay(self) -> None:
        """The photo that was there stays, coloured as it was."""
        self.is_leaving = False
        if self.preview:
            self.controls.show(self.preview.request)
        self._tell(self.preview.status if self.preview else "")

    def _interrupt(self) -> None:
        """Control C: leave at once, without a question; a dialog that is open is cancelled."""
        self.was_interrupted = True
        for answer in ("selectFilePath", "button"):  # what Tk's dialogs wait for
            self.root.tk.call("set", f"::tk::Priv({answer})", "")
        self.root.after_idle(self.root.destroy)

    def _report(
        self, _: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """What Tk calls when a callback fails, which is a mistake of ours."""
        log.error("a mistake in this program", exc_info=error.with_traceback(trace))
        self._stay()
        dialogs.show_mistake(self.root, error)

    def _refresh(self) -> None:
        """Show whether something is being done, and what may be done meanwhile."""
        self.controls.enable(self.preview is not None and not self.work.has(OPEN))
        if self.work.is_busy and not self.busy.winfo_ismapped():
            self.busy.grid()
            self.busy.start(15)
        elif not self.work.is_busy:
            self.busy.stop()
            self.busy.grid_remove()

    def _tell(self, what: str) -> None:
        self.message.configure(text=what)

    def _place(self) -> None:
        """Pictures left, controls right, the status line below both."""
        self.root.columnconfigure(0, weight=1)
        self.root.columnconfigure(1, minsize=CONTROLS_PX)
        self.root.rowconfigure(0, weight=1)
        self.view.grid(sticky="nsew")
        self.controls.grid(row=0, column=1, sticky="nsew")
        self.message.grid(row=1, sticky="ew")
        self.busy.grid(row=1, column=1, sticky="e", padx=PAD_PX)
        self.busy.grid_remove()

    def _add_menu(self) -> None:
        """The same as the buttons, for the keyboard."""
        has_command = self.root.tk.call("tk", "windowingsystem") == "aqua"
        key = "Command" if has_command else "Control"
        bar = tk.Menu(self.root, tearoff=False)
        menu = tk.Menu(bar, tearoff=False)
        bar.add_cascade(label="File", underline=0, menu=menu)
        for label, letter, command in (
            ("Open…", "o", self.ask_open),
            ("Save as…", "s", self.ask_save),
            ("Quit", "q", self.leave),
        ):
            message = f"{'Cmd' if has_command else 'Ctrl'}+{letter.upper()}"
            menu.add_command(label=label, underline=0, accelerator=message, command=command)
            for either in (letter, letter.upper()):  # with caps lock, too
                self.root.bind(f"<{key}-{either}>", lambda _, command=command: command())
        self.root.configure(menu=bar)


def _set_size(root: tk.Tk) -> None:
    """As large as is comfortable, where the screen is."""
    root.title(dialogs.TITLE)
    root.minsize(*LEAST_PX)
    width = min(SIZE_PX[0], root.winfo_screenwidth())
    height = min(SIZE_PX[1], root.winfo_screenheight())
    root.geometry(f"{width}x{height}")
