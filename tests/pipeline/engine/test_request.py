"""What is asked for is checked when it is said, whatever Python lets somebody give."""

import math

import pytest

from basics.errors import ConfigError
from pipeline import ColorRequest, Limits, Rendering
from pipeline.engine.request import Hint

NAN, INF = math.nan, math.inf
SPOT = {"x": 0.5, "y": 0.5, "ab": None}


@pytest.mark.parametrize(
    ("kind", "given", "named"),
    [
        *((Hint, {**SPOT, "x": one}, "x") for one in (NAN, INF, -0.1, 1.1, "0", None, True, [])),
        *((Hint, {**SPOT, "y": one}, "y") for one in (NAN, -INF, b"0", 1j)),
        *((Hint, {**SPOT, "radius": one}, "radius") for one in (-1, 2, NAN, None)),
        *(
            (Hint, {**SPOT, "ab": one}, "ab")
            for one in ((0.1,), (0, 0, 0), 5, "ab", (), {}, {0, 1})
        ),
        *((Hint, {**SPOT, "ab": one}, "ab") for one in ((NAN, 0), (0, "0"), (2, 0), (None, None))),
        *((Hint, {**SPOT, "time_s": one}, "time_s") for one in (NAN, INF, -1, "now", True)),
        *((ColorRequest, {"mode": one}, "mode") for one in (3, b"vivid", ["vivid"])),
        *((ColorRequest, {"top": one}, "top") for one in (0, -1, 1.0, True, "3", NAN)),
        *((ColorRequest, {"saturation": one}, "saturation") for one in (NAN, INF, -0.1, 3.1, "1")),
        *((ColorRequest, {"hints": one}, "hints") for one in (None, "abc", [1], {"x": 0}, 5)),
        *((ColorRequest, {"reference": one}, "reference") for one in (3, b"a.jpg", ["a.jpg"])),
        *((ColorRequest, {"keep_color": one}, "keep_color") for one in ("no", 2, None)),
        *((ColorRequest, {"best": one}, "best") for one in ("yes", 1)),
        (ColorRequest, {"reference_strength": NAN}, "reference_strength"),
        *((Rendering, {"format": one}, "format") for one in ("exe", "", 3, [], "JPG", ".jpg")),
        *((Rendering, {"pages": one}, "pages") for one in (None, 1, "every")),
        *((Rendering, {"quality": one}, "quality") for one in (0, 101, 9.5, True, None)),
        *((Rendering, {one: "no"}, one) for one in ("strip", "compare")),
        *((Limits, {"max_pixels": one}, "max_pixels") for one in (0, -1, INF, 1e6, None, True)),
        (Limits, {"tolerate": "no"}, "tolerate"),
        (Limits, {"cancel": None}, "cancel"),
    ],
)
def test_what_is_odd_is_refused_by_name_with_what_to_give(kind, given, named):
    with pytest.raises(ConfigError, match=rf"^(unknown )?[\s\S]+\n  where: {named}=?") as caught:
        kind(**given)
    assert caught.value.fix.startswith(("give", "choose"))


@pytest.mark.parametrize(
    "made",
    [
        Hint(x=0, y=1, ab=(-1.0, 1.0), radius=0, time_s=0),
        ColorRequest(top=10**30, saturation=0, hints=(Hint(**SPOT),), keep_color=True),
        Rendering(quality=100, strip=True, pages="all"),
        Limits(max_pixels=10**30, tolerate=True),
    ],
    ids=lambda made: type(made).__name__,
)
def test_the_edges_of_what_is_allowed_are_allowed(made):
    assert made == type(made)(**{name: getattr(made, name) for name in vars(made)})


def test_an_error_shows_no_more_than_the_beginning_of_what_was_given():
    for wrong in (lambda: Rendering(format="x" * 10**6), lambda: ColorRequest(top="x" * 10**6)):  # pyright: ignore[reportArgumentType]
        with pytest.raises(ConfigError, match=r"'xxx+\.\.\.") as caught:
            wrong()
        assert len(str(caught.value)) < 300
