from dataclasses import dataclass
from pathlib import Path

import pytest

from basics import cli
from basics.settings import add_config, fill, setting


@dataclass(frozen=True, kw_only=True)
class Config:
    run_dir: Path
    packed_dir: Path = setting("packed photos", Path("data"))
    batch_size: int = setting("photos per batch", 25)
    weight_decay: float = setting("of AdamW", 0.0, zero=True)
    keep_best: bool = setting("keep the best epoch", False)
    minutes: float | None = setting("stop after so many", None)
    save_at: tuple[int, ...] = setting("epochs to keep", ())
    known: tuple[str, ...] | None = setting("categories", None, metavar="NAME")


DEFAULTS = Config(run_dir=Path("runs"))


def parse(*arguments: str) -> Config:
    parser = cli.parser("A command.", "command")
    add_config(parser, DEFAULTS)
    return fill(DEFAULTS, parser.parse_args(arguments), run_dir=Path("given"))


def test_an_option_fills_the_field_of_its_name_in_its_type():
    assert parse() == Config(run_dir=Path("given"))
    config = parse(
        *("--packed-dir", "there", "--batch-size", "3", "--weight-decay", "0", "--keep-best"),
        *("--minutes", "1.5", "--save-at", "1", "9", "--known", "beach", "dog"),
    )
    assert config == Config(
        run_dir=Path("given"),
        packed_dir=Path("there"),
        batch_size=3,
        keep_best=True,
        minutes=1.5,
        save_at=(1, 9),
        known=("beach", "dog"),
    )


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--batch-size", "0"], "0 is not > 0"),
        (["--weight-decay", "-1"], "-1 is not >= 0"),
        (["--minutes", "soon"], "invalid float value"),
        (["--run-dir", "x"], "unrecognized arguments: --run-dir"),
    ],
)
def test_what_a_field_cannot_be_is_wrong_usage(arguments, answer, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse(*arguments)
    assert answer in capsys.readouterr().err
