"""Colours of the window."""

import tkinter as tk
from tkinter import ttk

from pipeline.desktop.layout import PAD_PX

BACKDROP, FAINT = "#30343a", "#aab2bb"  # behind photos: dark and without a tint
PAPER, INK, PALE, EDGE = "#f4f5f7", "#1f2328", "#59636e", "#c3cad2"
BAR, TRACK = "#2f6f9f", "#dfe4e9"
PALE_LABEL = "Pale.TLabel"


def set_style(root: tk.Tk) -> None:
    """Windows and macOS keep their own looks; X11, where Tk has none worth keeping, gets some."""
    style = ttk.Style(root)
    if root.tk.call("tk", "windowingsystem") == "x11":
        _set_x11_style(root, style)
    style.configure(PALE_LABEL, foreground=PALE)


def _set_x11_style(root: tk.Tk, style: ttk.Style) -> None:
    style.theme_use("clam")
    style.configure(
        ".", background=PAPER, foreground=INK, bordercolor=EDGE, lightcolor=PAPER, darkcolor=PAPER,
        troughcolor=TRACK, selectbackground=BAR, selectforeground="white",
    )  # fmt: skip
    style.configure("TButton", padding=(PAD_PX, 6), background="white")
    style.map(
        "TButton",
        background=[("disabled", PAPER), ("active", TRACK)],
        foreground=[("disabled", EDGE)],
    )
    style.configure("TCombobox", padding=4, arrowsize=14)
    style.map(
        "TCombobox",
        fieldbackground=[("disabled", PAPER), ("readonly", "white")],
        foreground=[("disabled", EDGE), ("readonly", INK)],
        selectbackground=[("readonly", "white")],
        selectforeground=[("readonly", INK)],
    )
    style.configure(
        "TProgressbar", background=BAR, lightcolor=BAR, darkcolor=BAR, bordercolor=TRACK
    )
    style.map("Horizontal.TScale", background=[("disabled", PAPER), ("!disabled", "white")])
    root.configure(background=PAPER)
    # Tk's file dialog shows hidden files unless told otherwise; it is loaded by its first call
    root.tk.eval("catch {tk_getOpenFile -}; set ::tk::dialog::file::showHiddenVar 0")
    for name, value in {
        "*Menu.background": PAPER,
        "*Menu.foreground": INK,
        "*Menu.activeBackground": BAR,
        "*Menu.activeForeground": "white",
        "*Menu.borderWidth": 4,
        "*Menu.relief": "flat",
        "*Menu.activeBorderWidth": 0,  # it would be drawn in relief
        "*TCombobox*Listbox.background": "white",
        "*TCombobox*Listbox.selectBackground": BAR,
        "*TCombobox*Listbox.selectForeground": "white",
    }.items():
        root.option_add(name, value)
