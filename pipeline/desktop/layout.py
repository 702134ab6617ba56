"""Sizes in the window, and where two pictures go."""

SIZE_PX, LEAST_PX = (1120, 720), (640, 480)  # of the window: at first, and at least
CONTROLS_PX = 250  # wide enough for every category
PAD_PX = 12  # around and between widgets
GAP_PX = 12  # around and between the pictures
CAPTION_PX = 24  # below each


def arrange(
    picture: tuple[int, int], area: tuple[int, int]
) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Put two pictures of one size side by side or one above the other, whichever is larger.

    Args:
        picture: its width and height.
        area: width and height of what they go into, px.

    Returns:
        size: width and height of each picture, px.
        corners: (x, y) of the upper left of each.
    """
    fits = {}
    for across, down in ((2, 1), (1, 2)):
        width = (area[0] - (across + 1) * GAP_PX) / across
        height = (area[1] - (down + 1) * GAP_PX) / down - CAPTION_PX
        fits[across, down] = min(width / picture[0], height / picture[1])
    across, down = max(fits, key=lambda grid: fits[grid])
    w, h = (max(1, int(side * fits[across, down])) for side in picture)
    step_x, step_y = w + GAP_PX, h + CAPTION_PX + GAP_PX
    left = (area[0] - across * step_x + GAP_PX) // 2
    top = (area[1] - down * step_y + GAP_PX) // 2
    second = (left + step_x, top) if across == 2 else (left, top + step_y)
    return (w, h), [(left, top), second]
