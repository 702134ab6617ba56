"""The tables of all benchmarks: which columns each prints and keeps. One table, one CSV."""

from benchmarks.parts.table import Column, Table

_RATIO = Column("ratio", ".2f")
_PEAK = (Column("peak_mb", ".0f", "peak MB"), Column("peak_ratio", ".2f", "ratio"))
_RATE = Column("photos_per_s", ".2f", "photos/s")

COLD_START = Table(
    "cold_start",
    (
        Column("megapixels", "d", "MP"),
        Column("way"),
        Column("seconds", ".2f"),
        _RATIO,
        *_PEAK,
    ),
)
FOLDER = Table(
    "folder",
    (
        Column("way"),
        Column("photos", "d"),
        _RATE,
        _RATIO,
        Column("busy", ".1%"),
        Column("in_networks", ".1%"),
        Column("peak_mb", ".0f", "peak MB"),
    ),
)
BATCHES = Table("folder_batches", (Column("together", "d"), _RATE, _RATIO))
LARGE = Table(
    "large",
    (
        Column("kind"),
        Column("megapixels", "d", "MP"),
        Column("seconds", ".2f"),
        Column("s_per_mp", ".3f", "s per MP"),
        _RATIO,
        *_PEAK,
        Column("ratio_to", "", "ratios to"),
    ),
)
WEB = Table(
    "web",
    (
        Column("way"),
        Column("requests", "d"),
        Column("colored", "d", "200"),
        Column("refused", "d", "429"),
        Column("requests_per_s", ".2f", "requests/s"),
        _RATE,
        _RATIO,
        Column("core_s", ".3f"),
        Column("median_s", ".2f"),
        Column("late_s", ".2f", "99 % s"),
        Column("healthz_s", ".3f"),
    ),
)
WEB_MEMORY = Table(
    "web_memory",
    (Column("small_photos", "d"), Column("resident_mb", ".0f", "resident MB"), _RATIO),
)
EDGES = Table(
    "edges",
    (
        Column("case"),
        Column("photos", "d"),
        *(
            Column(f"{where}_{what}", ".2f", f"{title}\n{what}")
            for where, title in (("near", "near edges"), ("overall", "overall"))
            for what in ("bicubic", "guided", "ratio")
        ),
        Column("psnr_bicubic_db", ".2f", "PSNR in dB\nbicubic"),
        Column("psnr_guided_db", ".2f", "PSNR in dB\nguided"),
        Column("psnr_gain_db", "+.2f", "gain"),
    ),
)
FADES = ((110, 170), (170, 255), (0, 80))  # levels of 255 into which 0 to 255 are mapped
FADED_COLUMNS = tuple(
    Column(f"{kind}_{what}_{low}_{high}", ".2f", f"{low}..{high}\n{kind}\n{what}")
    for low, high in FADES
    for kind in ("predicted", "result")
    for what in ("distance", "chroma")
)
FADED = Table("faded", (Column("photo"), *FADED_COLUMNS))
FADED_TEST = Table(
    "faded_test",
    (
        Column("photos", "d", "test photos"),
        Column("stretched", "d"),
        Column("without_db", ".4f", "dB without"),
        Column("with_db", ".4f", "dB with it"),
        Column("gain_db", "+.4f", "gain"),
    ),
)
FADED_FOG = Table(
    "faded_fog",
    (
        Column("photos", "d", "photos of fog"),
        Column("stretched", "d"),
        Column("mean_ratio", ".2f", "mean ratio of chroma"),
        Column("largest_ratio", ".2f", "largest"),
    ),
)
INT8 = Table(
    "int8",
    (
        Column("network"),
        Column("float32_ms", ".1f", "float32\nms"),
        Column("int8_ms", ".1f", "int8\nms"),
        Column("speedup", ".2f"),
        Column("float32_mb", ".1f", "float32\nMB"),
        Column("int8_mb", ".1f", "int8\nMB"),
        Column("photos", "d"),
        Column("float32_db", ".2f", "float32\ndB"),
        Column("int8_db", ".2f", "int8\ndB"),
        Column("lost_db", ".3f", "dB\nlost"),
    ),
)
TRAINING = Table(
    "training",
    (
        Column("way"),
        Column("photos", "d"),
        Column("which"),
        _RATE,
        _RATIO,
        Column("bf16_share", ".1%", "bf16\nshare"),
        Column("input_alone", ".0f", "input alone\nphotos/s"),
        Column("gflop_per_photo", ".1f", "GFLOP\nper photo"),
        Column("bf16_tflop_per_s", ".2f", "bf16 products\nTFLOP/s"),
    ),
)
DEPTHWISE = Table(
    "depthwise",
    (
        Column("encoder"),
        Column("usual_photos_per_s", ".1f", "usual\nphotos/s"),
        Column("ours_photos_per_s", ".1f", "ours\nphotos/s"),
        _RATIO,
    ),
)
SCRAPING = Table(
    "scraping",
    (
        Column("photos", "d"),
        Column("seconds", ".1f"),
        Column("floor_s", ".1f", "floor"),
        _RATIO,
        Column("browser_mb", ".0f", "browser MB"),
        Column("scraper_mb", ".0f", "scraper MB"),
    ),
)
IMAGE_SIZE = Table("image_size", (Column("part"), Column("mb", ".1f", "MB")))
ENVIRONMENTS = Table(
    "environments",
    (Column("environment"), Column("mb", ".0f", "MB"), Column("seconds", ".0f")),
)
TARGETS = Table("targets", (Column("target"), Column("seconds", ".0f")))
AGAINST = Table(
    "against",
    (
        Column("job"),
        *(
            Column(f"{what}{which}", ".2f" if which == "_ratio" else form, f"{title}\n{word}")
            for what, title, form in (
                ("wall_s", "wall s", ".3f"),
                ("cpu_s", "CPU s", ".3f"),
                ("peak_mb", "peak MB", ".0f"),
            )
            for which, word in (("_before", "before"), ("", "now"), ("_ratio", "ratio"))
        ),
        Column("before", "", "commit before"),
    ),
)
SAME_PICTURES = Table(
    "same_pictures",
    (
        Column("asked"),
        Column("answers", "d"),
        Column("same", "d"),
        Column("largest", "d", "levels apart at most"),
        Column("before", "", "commit before"),
    ),
)
SAME_TRAINING = Table(
    "same_training",
    (
        Column("run"),
        Column("began"),
        Column("numbers", "d"),
        Column("differ", "d"),
        Column("gap", ".2g", "by at most"),
        Column("before", "", "commit before"),
    ),
)

ALL = (
    COLD_START, FOLDER, BATCHES, LARGE, WEB, WEB_MEMORY, EDGES, FADED, FADED_TEST, FADED_FOG, INT8,
    TRAINING, DEPTHWISE, SCRAPING, IMAGE_SIZE, ENVIRONMENTS, TARGETS, AGAINST, SAME_PICTURES,
    SAME_TRAINING,
)  # fmt: skip
