"""Questions and messages over the window."""

import tkinter as tk
from pathlib import Path
from tkinter import filedialog, messagebox

from basics.errors import ProjectError
from imaging.formats import READABLE, WRITABLE
from pipeline.media.plan import default_output

TITLE = "Image colorizer"


def ask_photo(root: tk.Tk, folder: Path | None) -> Path | None:
    """Ask for a photo to open; `folder` is where to look first."""
    suffixes = sorted(READABLE)
    both = [f"*{one}" for suffix in suffixes for one in (suffix, suffix.upper())]
    kinds = [("Photos", both), ("All files", "*")]
    path = filedialog.askopenfilename(
        parent=root, title="Open a photo", initialdir=folder, filetypes=kinds
    )
    return Path(path) if path else None


def ask_target(root: tk.Tk, photo: Path) -> Path | None:
    """Ask where a coloured photo goes; the system asks before a file is overwritten."""
    default = default_output(photo)
    path = filedialog.asksaveasfilename(
        parent=root,
        title="Save the coloured photo",
        initialdir=default.parent,
        initialfile=default.name,
        defaultextension=default.suffix,
        filetypes=[("Photos", [f"*{suffix}" for suffix in sorted(WRITABLE)])],
    )
    return Path(path) if path else None


def ask_drop(root: tk.Tk, photo: Path) -> bool:
    """Ask whether chosen colours may be lost."""
    what = f"The colours that you chose for {photo.name} are not saved."
    return messagebox.askokcancel(
        TITLE, what, detail="Go on without them?", icon="warning", default="cancel", parent=root
    )


def show_error(root: tk.Tk, error: ProjectError) -> None:
    """Say what was wrong, where, and what to do."""
    what, where, fix = error.for_form()
    detail = f"Where: {where}\n\nWhat to do: {fix}"
    messagebox.showerror(TITLE, f"{what[:1].upper()}{what[1:]}", detail=detail, parent=root)


def show_mistake(root: tk.Tk, error: BaseException) -> None:
    """Say that the program itself is wrong."""
    detail = f"{type(error).__name__}: {error}\n\nThe photo is as it was; the terminal says more."
    messagebox.showerror(TITLE, "That is a mistake in this program.", detail=detail, parent=root)
