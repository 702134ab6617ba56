import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyvips

from basics.errors import ConfigError, DataError
from evaluation.encoded import colored_by_blend, encode_photo
from imaging.lab import lightness_from_gray, split_lab
from pipeline import Colorizer, ColorRequest
from pipeline.colorize import main
from pipeline.engine.bundle_file import read_bundle
from pipeline.media.plan import find_photos
from preprocessing.packing import load_packed
from tests.bundles import copy_with_networks
from tests.drawing import CATEGORIES, draw_photo

ROOT = Path(__file__).parent.parent.parent


def pixels(path):
    return pyvips.Image.new_from_file(str(path)).numpy()


def test_a_gray_photo_becomes_a_colour_photo_of_the_same_size(gray_photo, capsys):
    assert main([str(gray_photo)]) == 0
    output = gray_photo.with_name("beach_color.jpg")
    assert capsys.readouterr().out == f"{output}\n"
    rgb = pixels(output)
    assert rgb.shape == (200, 300, 3)
    assert np.abs(np.diff(rgb.astype(int), axis=2)).mean() > 1  # it has colour


def test_json_tells_all_about_each_photo(gray_photo, tmp_path, capsys):
    assert main([str(gray_photo), "--json", "-o", str(tmp_path / "out.png")]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert list(told) == [
        "input", "output", "category", "confidence", "ranking", "width", "height", "seconds",
        "colorizer",
    ]  # fmt: skip
    assert told["output"] == str(tmp_path / "out.png")
    assert (told["width"], told["height"]) == (300, 200)
    confidences = [confidence for _, confidence in told["ranking"]]
    assert len(confidences) == 20
    assert sum(confidences) == pytest.approx(1, abs=1e-4)
    assert confidences == sorted(confidences, reverse=True)
    assert told["ranking"][0] == [told["category"], told["confidence"]]
    assert told["colorizer"].startswith("shared_encoder/")


def test_the_luminance_of_a_gray_photo_is_kept(gray_photo, tmp_path):
    gray = pixels(gray_photo)
    colored = Colorizer().colorize(gray_photo, tmp_path / "out.png")
    lum, _ = split_lab(pixels(colored.output))
    inside = (gray > 25) & (gray < 230)
    levels = 255 * np.abs(lum - lightness_from_gray(gray))[..., 0][inside]
    assert levels.max() <= 1.5  # rounding of three channels to 8 bit


def test_nothing_is_overwritten_without_force(gray_photo, capsys):
    output = gray_photo.with_name("beach_color.jpg")
    output.write_text("mine")
    assert main([str(gray_photo)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert output.read_text() == "mine"
    assert main([str(gray_photo), "--force"]) == 0
    assert pixels(output).shape == (200, 300, 3)


def test_a_folder_keeps_its_structure_below_the_output(gray_photo, tmp_path, capsys):
    deep = tmp_path / "album" / "1950"
    deep.mkdir(parents=True)
    gray_photo.rename(deep / "a.jpg")
    output = tmp_path / "out"
    assert main([str(tmp_path / "album"), "-o", str(output), "--format", "png"]) == 0
    assert capsys.readouterr().out == f"{output / '1950' / 'a_color.png'}\n"


def test_results_of_earlier_runs_are_not_coloured_again(tmp_path):
    for name in ("a.jpg", "a_color.jpg", "b_color.jpg", ".c.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_photos(tmp_path)] == ["a.jpg", "b_color.jpg"]


def test_bad_photos_are_told_and_the_others_still_coloured(gray_photo, tmp_path, capsys):
    empty, text, cut = (tmp_path / name for name in ("empty.jpg", "text.jpg", "cut.jpg"))
    empty.touch()
    text.write_text("no photo")
    content = gray_photo.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    (tmp_path / "bare").mkdir()
    bad = [empty, text, cut, tmp_path / "missing.jpg", tmp_path / "bare"]
    output = tmp_path / "out"
    assert main([*map(str, bad), str(gray_photo), "-o", str(output)]) == 1
    out, err = capsys.readouterr()
    assert out == f"{output / 'beach_color.jpg'}\n"
    assert [path.name for path in output.iterdir()] == ["beach_color.jpg"]
    for path in bad:
        assert f"where: {path}" in err
    assert err.count("fix:") == len(bad)


def test_an_unwritable_output_is_told(gray_photo, tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert main([str(gray_photo), "-o", str(tmp_path / "file" / "out.jpg")]) == 1
    assert "where:" in capsys.readouterr().err


def test_an_unknown_category_offers_the_nearest_name(gray_photo, capsys):
    assert main([str(gray_photo), "--category", "beech"]) == 1
    assert "did you mean 'beach'" in capsys.readouterr().err
    assert not gray_photo.with_name("beach_color.jpg").exists()


def test_a_named_category_overrides_the_router(gray_photo):
    colored = Colorizer().colorize(gray_photo, request=ColorRequest(category="sunset"))
    assert (colored.category, colored.colorizer) == ("sunset", "shared_encoder/sunset")
    assert colored.confidence == dict(colored.ranking)["sunset"]


def test_the_network_of_figure_3_can_be_chosen(gray_photo, capsys):
    options = ["--colorizer", "encoder_decoder", "--category", "fruit", "--json"]
    assert main([str(gray_photo), *options]) == 0
    assert json.loads(capsys.readouterr().out)["colorizer"] == "encoder_decoder/fruit"


def test_the_best_colours_are_others_and_their_name_says_so(gray_photo, capsys):
    assert main([str(gray_photo), "--category", "beach", "--best"]) == 0
    output = gray_photo.with_name("beach_color_beach_best.jpg")
    assert capsys.readouterr().out == f"{output}\n"
    once = Colorizer().colorize(gray_photo, request=ColorRequest(category="beach")).output
    assert 0 < np.abs(pixels(output).astype(int) - pixels(once)).mean() < 10


@pytest.fixture
def blending(tiny_bundle, tmp_path):
    """A bundle that blends two colorizers, whose three categories have files of their own."""
    folder = copy_with_networks(tiny_bundle, tmp_path / "blending", CATEGORIES)
    bundle = read_bundle(folder)
    table = dict(bundle.colorizers["shared_encoder"])
    for category in ("forest", "fruit"):  # the universal network, copied
        name = f"shared_encoder/{category}.onnx"
        shutil.copy2(folder / table[category].file, folder / name)
        table[category] = replace(table[category], file=name)
    colorizers = {**bundle.colorizers, "shared_encoder": table}
    return replace(
        bundle, colorizers=colorizers, top=2, universal_rest=False, fallback_threshold=0.0
    )


def named(blend):
    return [(file.category, pytest.approx(weight)) for file, weight in blend]


RANKING = [("beach", 0.6), ("forest", 0.3), ("fruit", 0.1)]


def test_the_bundle_says_how_many_are_blended_by_confidence(blending):
    colorizer = Colorizer(blending)
    assert named(colorizer.engine.choose(RANKING)) == [("beach", 2 / 3), ("forest", 1 / 3)]
    assert named(colorizer.engine.choose(RANKING, ColorRequest(top=1))) == [("beach", 1.0)]
    assert named(colorizer.engine.choose(RANKING, ColorRequest(top=9))) == RANKING
    assert named(colorizer.engine.choose(RANKING, ColorRequest(category="fruit"))) == [
        ("fruit", 1.0)
    ]


def test_the_universal_colorizer_takes_what_the_best_leave(blending):
    colorizer = Colorizer(replace(blending, universal_rest=True))
    assert named(colorizer.engine.choose(RANKING, ColorRequest(top=1))) == [
        ("beach", 0.6),
        ("universal", 0.4),
    ]
    even = [("beach", 0.3), ("forest", 0.3), ("fruit", 0.4)]
    assert named(colorizer.engine.choose(even, ColorRequest(top=2))) == [
        ("universal", 0.4), ("beach", 0.3), ("forest", 0.3),
    ]  # fmt: skip


def test_a_colorizer_that_hardly_counts_is_left_out(blending):
    colorizer = Colorizer(blending)
    assert named(colorizer.engine.choose([("beach", 0.995), ("forest", 0.004)])) == [("beach", 1.0)]


def test_categories_that_share_a_colorizer_count_as_one(tiny_bundle):
    colorizer = Colorizer(tiny_bundle)  # only the beach has a network of its own
    assert named(colorizer.engine.choose(RANKING, ColorRequest(top=3))) in (
        [("beach", 0.6), ("universal", 0.4)],
        [("universal", 1.0)],  # where the router counts as unsure
    )
    assert named(colorizer.engine.blend_of({"forest": 0.5, "fruit": 0.5})) == [("universal", 1.0)]


def test_a_blend_lies_between_its_colorizers(blending, packed_photos):
    colorizer = Colorizer(blending)
    photo = encode_photo(colorizer, np.asarray(load_packed(packed_photos, "beach", "test")[0]))
    one, other = (colorizer.engine.blend_of({name: 1.0}) for name in ("beach", "universal"))
    both = colorizer.engine.blend_of({"beach": 0.5, "universal": 0.5})
    alone = [colored_by_blend(colorizer, photo, way).astype(float) for way in (one, other)]
    gap = np.abs(colored_by_blend(colorizer, photo, both) - np.mean(alone, axis=0))
    assert not np.array_equal(alone[0], alone[1])
    assert gap.max() < np.abs(alone[0] - alone[1]).max() / 2 + 1.5  # rounded three times


def test_the_result_names_every_colorizer_of_the_blend(gray_photo, tmp_path):
    colorizer = Colorizer()
    colored = colorizer.colorize(gray_photo, tmp_path / "3.png", ColorRequest(top=3))
    blend = colorizer.engine.choose(colored.ranking, ColorRequest(top=3))
    assert colored.colorizer == "+".join(f"shared_encoder/{file.category}" for file, _ in blend)


def test_the_universal_colorizer_takes_over_where_the_router_is_unsure(blending):
    colorizer = Colorizer(replace(blending, fallback_threshold=0.5))
    assert named(colorizer.engine.choose([("beach", 0.49), ("fruit", 0.4)])) == [("universal", 1.0)]
    assert named(colorizer.engine.choose([("beach", 0.51)], ColorRequest(top=1))) == [
        ("beach", 1.0)
    ]
    low = [("beach", 0.1)]
    assert named(colorizer.engine.choose(low, ColorRequest(category="fruit"))) == [("fruit", 1.0)]


def test_top_below_one_is_refused():
    with pytest.raises(ConfigError, match="top 0"):
        ColorRequest(top=0)


def test_an_existing_output_is_refused_by_the_library_too(gray_photo, tmp_path):
    output = tmp_path / "there.jpg"
    output.write_text("mine")
    with pytest.raises(DataError, match="exists already"):
        Colorizer().colorize(gray_photo, output)
    assert output.read_text() == "mine"


def test_a_damaged_bundle_is_told_with_its_sha256(gray_photo, tiny_bundle, tmp_path, capsys):
    broken = shutil.copytree(tiny_bundle, tmp_path / "broken")
    (broken / read_bundle(broken).router.file).write_bytes(b"broken")
    assert main([str(gray_photo), "--models", str(broken)]) == 1
    assert "its sha256 is" in capsys.readouterr().err


def test_a_bundle_of_ones_own_categories_colours_too(gray_photo, tiny_bundle, tmp_path):
    colored = Colorizer(tiny_bundle).colorize(gray_photo, tmp_path / "out.webp")
    assert {category for category, _ in colored.ranking} == {"beach", "forest", "fruit"}
    assert pixels(colored.output).shape == (200, 300, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (33, 257)])
def test_any_size_comes_back_as_it_was(tmp_path, size):
    path = tmp_path / "photo.png"
    photo = draw_photo("fruit", 1)[: size[0], : size[1]]
    photo = np.resize(photo, (*size, 3))
    pyvips.Image.new_from_array(photo, interpretation="srgb").write_to_file(str(path))
    colored = Colorizer().colorize(path)
    assert pixels(colored.output).shape == (*size, 3)


def test_colouring_a_photo_imports_no_training_framework(gray_photo):
    program = (
        "import sys\n"
        "from pipeline.colorize import main\n"
        "code = main(sys.argv[1:])\n"
        "heavy = {'keras', 'tensorflow', 'torch', 'jax', 'skimage', 'scipy', 'pandas'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(gray_photo)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"


def test_nobody_is_told_of_a_coloured_photo(gray_photo, tmp_path):
    """ONNX Runtime leaves an id among the temporary files where it reports to its makers."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "CI"}  # it is silent
    command = [sys.executable, "-m", "pipeline.colorize", str(gray_photo)]
    done = subprocess.run(command, env={**environment, "TMPDIR": str(temporary)}, check=False)
    assert done.returncode == 0
    assert list(temporary.iterdir()) == []


def test_a_format_that_does_not_go_with_the_outputs_name_is_told(gray_photo, tmp_path, capsys):
    output = tmp_path / "x.png"
    assert main([str(gray_photo), "-o", str(output), "--format", "jpg"]) == 1
    assert "where: --format jpg" in capsys.readouterr().err
    assert not output.exists()
    assert main([str(gray_photo), "-o", str(tmp_path / "x.jpeg"), "--format", "jpg"]) == 0


def test_a_name_as_long_as_may_be_has_room_for_pictures_of_the_result(gray_photo):
    photo = gray_photo.rename(gray_photo.with_name("x" * 251 + ".jpg"))
    assert main([str(photo), "--compare", "--ranking"]) == 0
    assert len(list(photo.parent.iterdir())) == 4
