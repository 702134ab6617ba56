"""Before and after, as large as the window lets them be."""

import tkinter as tk
from collections.abc import Sequence

import pyvips

from pipeline.desktop.layout import CAPTION_PX, arrange
from pipeline.desktop.style import BACKDROP, FAINT

CAPTIONS = ("before", "after")
INVITATION = "Open a photo to colour it"


class BeforeAfter(tk.Canvas):
    """Two pictures of one size, each with its caption below it."""

    def __init__(self, parent: tk.Misc) -> None:
        """No pictures yet."""
        super().__init__(parent, background=BACKDROP, highlightthickness=0, width=1, height=1)
        self._pictures: Sequence[pyvips.Image] = ()
        self._drawn: list[tk.PhotoImage] = []  # Tk itself keeps none of them
        self._due = ""
        self.bind("<Configure>", lambda _: self._draw_soon())

    def show(self, before: pyvips.Image, after: pyvips.Image) -> None:
        """Show two pictures, 8 bits sRGB of one size."""
        self._pictures = before, after
        self._draw_soon()

    def _draw_soon(self) -> None:
        if not self._due:
            self._due = self.after_idle(self._draw)

    def _draw(self) -> None:
        self._due = ""
        area = self.winfo_width(), self.winfo_height()
        self.delete("all")
        if not self._pictures:
            middle = area[0] // 2, area[1] // 2
            self.create_text(*middle, text=INVITATION, fill=FAINT, font="TkHeadingFont")
            return
        size, corners = arrange((self._pictures[0].width, self._pictures[0].height), area)
        self._drawn = [photo_image(picture, *size) for picture in self._pictures]
        for (x, y), image, caption in zip(corners, self._drawn, CAPTIONS, strict=True):
            self.create_image(x, y, image=image, anchor="nw")
            below = x + size[0] // 2, y + size[1] + CAPTION_PX // 2
            self.create_text(*below, text=caption, fill=FAINT)


def photo_image(picture: pyvips.Image, width: int, height: int) -> tk.PhotoImage:
    """A picture, 8 bits sRGB, at another size and as Tk draws it."""
    small = picture.thumbnail_image(width, height=height, size="force")
    header = b"P6 %d %d 255\n" % (width, height)
    return tk.PhotoImage(data=header + bytes(small.write_to_memory()), format="ppm")
