"""What is beside the pictures: buttons, category, saturation, what the router thinks."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from pipeline.desktop.layout import PAD_PX
from pipeline.desktop.style import BAR, PALE_LABEL, TRACK
from pipeline.engine.request import ColorRequest
from pipeline.engine.routing import Ranking

AUTOMATIC = "automatic"
BEST = 5  # categories in the ranking
STEPS = 20  # of the saturation's scale, per 1: arrow keys go from one to the next
MOST = 2  # saturation; beyond it colours are garish


class Controls(ttk.Frame):
    """The column beside the pictures."""

    def __init__(
        self,
        parent: tk.Misc,
        categories: Sequence[str],
        *,
        open_: Callable[[], None],
        save: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """All but `open_` is disabled until there is a photo.

        Args:
            parent: what it is a part of.
            categories: that can be chosen.
            open_: is called for another photo.
            save: is called to save.
            changed: is called when `request` is another.
        """
        super().__init__(parent, padding=PAD_PX)
        self._changed = changed
        self._saturation = 1.0
        self._open = ttk.Button(self, text="Open…", command=open_)
        self._save = ttk.Button(self, text="Save as…", command=save)
        self._category = ttk.Combobox(self, values=[AUTOMATIC, *categories], state="readonly")
        self._category.set(AUTOMATIC)
        self._category.configure(height=1 + len(categories))  # all of them, without a scrollbar
        self._category.bind("<<ComboboxSelected>>", lambda _: self._choose_category())
        self._factor = ttk.Label(self, style=PALE_LABEL)
        self._scale = ttk.Scale(self, to=MOST * STEPS, command=self._choose_saturation)
        self._is_best = tk.BooleanVar(self)
        self._best = ttk.Checkbutton(
            self, text="Best, and slower", variable=self._is_best, command=changed
        )
        self._ranking = _Bars(self)
        self._place()
        self.enable(False)

    @property
    def request(self) -> ColorRequest:
        """What is chosen."""
        category = self._category.get()
        return ColorRequest(
            category=None if category == AUTOMATIC else category,
            saturation=self._saturation,
            best=self._is_best.get(),
        )

    def show(self, request: ColorRequest) -> None:
        """Show how a photo was coloured."""
        self._category.set(request.category or AUTOMATIC)
        self._saturation = 1.0 if request.saturation is None else request.saturation
        self._is_best.set(request.best)
        self._scale.configure(value=self._saturation * STEPS)  # which does not call back
        self._factor.configure(text=f"{self._saturation:.2f}")

    def show_ranking(self, ranking: Ranking) -> None:
        """Show what the router thinks of a photo."""
        self._ranking.show(ranking[:BEST])

    def enable(self, on: bool) -> None:
        """Let the photo be changed and saved, or not."""
        for widget in (self._save, self._category, self._scale, self._best):
            widget.state(["!disabled" if on else "disabled"])

    def _place(self) -> None:
        """One below the other."""
        self.columnconfigure(0, weight=1)
        category = ttk.Label(self, text="Category")
        saturation = ttk.Label(self, text="Saturation")
        wide, gap = {"columnspan": 2, "sticky": "ew"}, (2 * PAD_PX, PAD_PX // 2)
        self._open.grid(row=0, **wide)
        self._save.grid(row=1, pady=(PAD_PX // 2, 0), **wide)
        category.grid(row=2, pady=gap, **wide)
        self._category.grid(row=3, **wide)
        saturation.grid(row=4, pady=gap, sticky="w")
        self._factor.grid(row=4, column=1, pady=gap, sticky="e")
        self._scale.grid(row=5, **wide)
        self._best.grid(row=6, pady=(PAD_PX, 0), **wide)
        self._ranking.grid(row=7, pady=(2 * PAD_PX, 0), **wide)

    def _choose_category(self) -> None:
        self._category.selection_clear()
        self._changed()

    def _choose_saturation(self, position: str) -> None:
        """Of the places between two steps, the nearer step's."""
        chosen = round(float(position)) / STEPS
        if chosen != self._saturation:
            self._saturation = chosen
            self._factor.configure(text=f"{chosen:.2f}")
            self._changed()


class _Bars(ttk.Frame):
    """A name, a bar and a percentage for each of the most confident categories."""

    def __init__(self, parent: tk.Misc) -> None:
        """Nothing is known yet."""
        super().__init__(parent)
        self.columnconfigure(1, weight=1)

    def show(self, ranking: Ranking) -> None:
        """Show (category, confidence) pairs, confidence 0 to 1."""
        for widget in self.winfo_children():
            widget.destroy()
        heading = ttk.Label(self, text="What the photo shows")
        heading.grid(columnspan=3, sticky="w", pady=(0, PAD_PX // 2))
        for row, (category, confidence) in enumerate(ranking, 1):
            ttk.Label(self, text=category, width=10).grid(row=row, sticky="w")
            track = tk.Frame(self, background=TRACK, height=8, width=80)
            track.grid(row=row, column=1, sticky="ew")
            tk.Frame(track, background=BAR).place(relwidth=confidence, relheight=1)
            percent = ttk.Label(self, text=f"{confidence:.0%}", style=PALE_LABEL, width=5)
            percent.configure(anchor="e")
            percent.grid(row=row, column=2)
