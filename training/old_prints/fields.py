"""What age and process did to one print, as numbers; and the prints by which a network is measured.

Sources: what films see: C. E. K. Mees and T. H. James, "The Theory of the Photographic Process",
1966 (plates saw blue alone until about 1880; orthochromatic ones, blue and green, lasted into the
1930s). Degradations of scans: Wan et al., "Bringing Old Photos Back to Life", 2020, section 3.1,
which draws blur, grain, low resolution and JPEG. All ranges are ours.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from imaging.lab import XYZ_FROM_RGB

PANCHROMATIC = XYZ_FROM_RGB[1]  # weights of linear R, G, B whose gray has the photo's own L*
ORTHOCHROMATIC = (0.0, 0.6, 0.4)
BLUE_SENSITIVE = (0.0, 0.1, 0.9)


@dataclass(frozen=True, kw_only=True)
class OldPrint:
    """One print; as it stands here, a sound one, with the lightness of the photo itself.

    Lengths named `_px` are in pixels of what the network sees; levels are of sRGB, 0 to 1.

    Attributes:
        red: weight of linear red in the film's gray; the three sum to 1.
        green: that of green.
        blue: that of blue.
        blur_px: standard deviation of a gaussian blur.
        reduction: the photo was reduced by this factor and enlarged again; 1 is not at all.
        grain: standard deviation of the grain in levels.
        grain_px: standard deviation of the gaussian that gives the grain its size; 0 is one pixel.
        darkest: the level to which black has faded.
        brightest: that to which white has.
        veil: how much of what is missing to white is added where the veil is brightest.
        veil_y: where that is, as a fraction of the side; may lie outside.
        veil_x: likewise, from the left.
        veil_radius: standard deviation of the veil as a fraction of the side.
        rim: width of the paper round the picture, as a fraction of the side.
        rim_level: its level.
        jpeg_quality: of a JPEG, 1 to 100, as libjpeg counts; 0 is none.
    """

    red: float = PANCHROMATIC[0]
    green: float = PANCHROMATIC[1]
    blue: float = PANCHROMATIC[2]
    blur_px: float = 0.0
    reduction: float = 1.0
    grain: float = 0.0
    grain_px: float = 0.0
    darkest: float = 0.0
    brightest: float = 1.0
    veil: float = 0.0
    veil_y: float = 0.5
    veil_x: float = 0.5
    veil_radius: float = 1.0
    rim: float = 0.0
    rim_level: float = 1.0
    jpeg_quality: float = 0.0


FIELDS = tuple(field.name for field in fields(OldPrint))

NAMED = {  # one fault each; for squares of 256 px
    "fade": OldPrint(darkest=110 / 255, brightest=170 / 255),
    "grain": OldPrint(grain=12 / 255),
    "jpeg": OldPrint(jpeg_quality=30),
    "orthochromatic": OldPrint(**dict(zip(FIELDS, ORTHOCHROMATIC, strict=False))),
    "blur": OldPrint(blur_px=1.5),
    "enlarged": OldPrint(reduction=4),  # from 64 px
    "blue_sensitive": OldPrint(**dict(zip(FIELDS, BLUE_SENSITIVE, strict=False))),
}


def rows_of(*prints: OldPrint) -> NDArray[np.float32]:
    """(n, 16) float32, a row for each print, in the order of `FIELDS`."""
    return np.array([astuple(one) for one in prints], np.float32)
