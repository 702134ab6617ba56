"""Pictures in memory: arrays and Pillow images in, arrays out."""

from dataclasses import replace

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from basics.errors import Cancelled, ConfigError, DataError, InColorError
from imaging.lab import gray_from_lightness, lightness_from_rgb
from pipeline import CancelToken, Colorizer, ColorRequest, Hint, Limits, Rendering
from pipeline.engine.inputs import blend
from tests.drawing import draw_photo

COLORIZER = Colorizer()
RGB = draw_photo("beach", 0)[:150, :200].copy()
GRAY = gray_from_lightness(lightness_from_rgb(RGB))
ALPHA = np.tile(np.arange(200, dtype=np.uint8), (150, 1))


def deep(pixels):
    return pixels.astype(np.uint16) * 257


@pytest.mark.parametrize(
    "image",
    [GRAY, RGB, deep(GRAY), deep(RGB)],
    ids=["gray", "rgb", "gray of 16 bits", "rgb of 16 bits"],
)
def test_an_array_comes_back_in_colour_of_its_own_size_and_depth(image):
    result = COLORIZER.colorize_array(image)
    assert (result.shape, result.dtype) == ((150, 200, 3), image.dtype)
    assert np.ptp(result.astype(int), axis=2).mean() > (1 if image.dtype == np.uint8 else 257)


@pytest.mark.parametrize("of_16_bits", [False, True])
def test_alpha_comes_back_as_it_was(of_16_bits):
    image = np.dstack([RGB, ALPHA])
    image = deep(image) if of_16_bits else image
    result = COLORIZER.colorize_array(image)
    assert (result.shape, result.dtype) == ((150, 200, 4), image.dtype)
    np.testing.assert_array_equal(result[..., 3], image[..., 3])


def test_an_array_is_coloured_as_the_same_photo_in_a_file(tmp_path):
    path = tmp_path / "gray.png"
    pyvips.Image.new_from_array(GRAY, interpretation="b-w").write_to_file(str(path))
    of_file = pyvips.Image.new_from_file(str(COLORIZER.colorize(path).output)).numpy()
    np.testing.assert_array_equal(COLORIZER.colorize_array(GRAY), of_file)


def test_an_array_that_is_not_contiguous_or_of_another_byte_order_is_taken():
    expected = COLORIZER.colorize_array(deep(GRAY))
    swapped = deep(GRAY).astype(">u2")
    np.testing.assert_array_equal(COLORIZER.colorize_array(swapped), expected)
    flipped = np.ascontiguousarray(deep(GRAY)[:, ::-1])[:, ::-1]
    np.testing.assert_array_equal(COLORIZER.colorize_array(flipped), expected)


@pytest.mark.parametrize(
    ("mode", "bands"),
    [("1", 3), ("L", 3), ("LA", 4), ("P", 3), ("PA", 4), ("RGB", 3), ("RGBA", 4), ("CMYK", 3),
     ("YCbCr", 3), ("LAB", 3), ("HSV", 3), ("I", 3), ("F", 3), ("I;16", 3), ("RGBa", 4),
     ("La", 4), ("RGBX", 3)],
)  # fmt: skip
def test_a_pillow_image_of_any_mode_is_converted_by_its_mode(mode, bands):
    if mode == "I;16":
        image = Image.fromarray(deep(GRAY))
    elif mode in ("RGBa", "La"):
        image = Image.fromarray(RGB).convert({"RGBa": "RGBA", "La": "LA"}[mode]).convert(mode)
    elif mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.profileToProfile(Image.fromarray(RGB), srgb, lab, outputMode="LAB")
        assert image is not None
    elif mode == "RGBX":
        image = Image.frombytes("RGBX", (200, 150), np.dstack([RGB, ALPHA]).tobytes())
    else:
        image = Image.fromarray(RGB).convert(mode)
    assert image.mode == mode
    result = COLORIZER.colorize_array(image)
    assert result.shape == (image.height, image.width, bands)
    if mode in ("L", "I;16", "RGB", "CMYK", "YCbCr", "RGBX", "LAB"):
        shown = (result[..., :3] / (257 if result.dtype == np.uint16 else 1)).astype(np.uint8)
        kept = gray_from_lightness(lightness_from_rgb(shown)).astype(int)
        assert np.abs(kept - GRAY).mean() < 3  # the same lightness


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4), np.uint8),
     np.zeros(4, np.uint8), np.zeros((1, 4, 4, 3), np.uint8), np.zeros((4, 4), np.int64), "a.jpg"],
    ids=str,
)  # fmt: skip
def test_what_is_no_image_is_refused_with_what_would_be_one(image):
    with pytest.raises(DataError, match=r"no image that can be coloured[\s\S]*uint8 or uint16"):
        COLORIZER.colorize_array(image)


def test_what_is_encoded_once_is_predicted_in_many_ways():
    encoded = COLORIZER.encode(GRAY)
    assert len(encoded.ranking) == 20
    runs = counted(COLORIZER.bundle.router)
    sunset = COLORIZER.predict(encoded, ColorRequest(category="sunset"))
    vivid = COLORIZER.predict(encoded, ColorRequest(mode="vivid"))
    assert runs == []
    assert sunset.ab.shape == (256, 352, 2)
    assert np.abs(sunset.ab).max() <= 1
    assert sunset.colorizer == "shared_encoder/sunset"
    assert vivid.saturation > sunset.saturation == 1


def counted(entry):
    """A list that grows with every run of a model from now on."""
    model, runs = COLORIZER.engine.models.open(entry), []
    kind = type(model)

    class Counting(kind):
        def __call__(self, inputs):
            runs.append(len(inputs[0]))
            return super().__call__(inputs)

    model.__class__ = Counting
    return runs


@pytest.mark.parametrize("colorizer", ["shared_encoder", "encoder_decoder"])
def test_only_who_asks_for_the_best_pays_for_two_sizes_and_mirror_images(colorizer):
    request = ColorRequest(colorizer=colorizer, category="fruit")
    encoded = COLORIZER.encode(GRAY)
    entry = COLORIZER.bundle.find_colorizer(colorizer, "fruit")
    routed, painted = counted(COLORIZER.bundle.router), counted(entry)
    once = COLORIZER.predict(encoded, request)
    assert (routed, painted) == ([], [1])
    best = COLORIZER.predict(encoded, replace(request, best=True))
    assert (routed, painted) == ([1, 2], [1, 2, 2])  # what the router has seen, it has seen
    again = COLORIZER.predict(best.encoded, request)
    assert (routed, painted) == ([1, 2], [1, 2, 2, 1])
    np.testing.assert_allclose(again.ab, once.ab, atol=1e-6)
    assert again.ranking == once.ranking != best.ranking
    assert best.ab.shape == once.ab.shape
    assert 0.001 < np.abs(best.ab - once.ab).mean() < 0.1


def test_networks_that_take_lightness_themselves_run_in_batches():
    request = ColorRequest(colorizer="encoder_decoder", category="fruit")
    frames = [COLORIZER.encode(one) for one in (GRAY, np.fliplr(GRAY), np.flipud(GRAY))]
    runs = counted(COLORIZER.bundle.find_colorizer("encoder_decoder", "fruit"))
    together = COLORIZER.engine.predict(frames, request)
    assert runs == [3]
    for one, frame in zip(together, frames, strict=True):
        (alone,) = COLORIZER.engine.predict([frame], request)
        np.testing.assert_allclose(one.ab, alone.ab, atol=1e-3)


def test_frames_of_several_sizes_are_encoded_and_predicted_in_their_order():
    images = [GRAY, GRAY[:, :80], RGB, GRAY[:60]]
    encoded = COLORIZER.engine.encode([one.frame for one in map(COLORIZER.encode, images)])
    predicted = COLORIZER.engine.predict(encoded, ColorRequest())
    for image, one in zip(images, predicted, strict=True):
        alone = COLORIZER.predict(COLORIZER.encode(image))
        assert one.ranking[0][0] == alone.ranking[0][0]
        np.testing.assert_allclose(one.ab, alone.ab, atol=1e-3)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ({"hints": (Hint(x=0.5, y=0.5, ab=(0.1, 0.2)),)}, "hints"),
        ({"reference": "a.jpg"}, "reference"),
    ],
)
def test_what_no_colorizer_of_the_bundle_takes_is_refused_not_ignored(wanted, name):
    with pytest.raises(ConfigError, match=f"takes no {name}"):
        COLORIZER.colorize_array(GRAY, ColorRequest(**wanted))


def test_errors_speak_python_to_python(gray_photo):
    COLORIZER.colorize(gray_photo)
    with pytest.raises(DataError, match=r"fix: .*force=True"):
        COLORIZER.colorize(gray_photo)
    with pytest.raises(DataError, match=r"fix: .*max_pixels=\.\.\."):
        COLORIZER.colorize(gray_photo, limits=Limits(max_pixels=10))
    with pytest.raises(ConfigError, match=r"where: saturation\n"):
        ColorRequest(saturation=9)


def test_the_default_name_tells_what_was_asked_for(gray_photo):
    request = ColorRequest(category="sunset", mode="vivid", saturation=1.5)
    result = COLORIZER.colorize(gray_photo, request=request, rendering=Rendering(format="png"))
    assert result.output == gray_photo.with_name("beach_color_sunset_vivid_1.5x.png")


def test_a_photo_in_colour_is_left_alone_if_asked(tmp_path):
    path = tmp_path / "color.jpg"
    from skimage import data

    pyvips.Image.new_from_array(data.coffee()).write_to_file(str(path))
    with pytest.raises(InColorError, match="in colour already"):
        COLORIZER.colorize(path, request=ColorRequest(keep_color=True))
    assert list(tmp_path.iterdir()) == [path]


def test_a_cancelled_job_writes_nothing(gray_photo):
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled, match="cancelled"):
        COLORIZER.colorize(gray_photo, limits=Limits(cancel=cancel))
    assert list(gray_photo.parent.iterdir()) == [gray_photo]


def test_a_result_shows_itself_in_a_notebook(gray_photo):
    page = COLORIZER.colorize(gray_photo)._repr_html_()
    assert page.startswith("<figure><img ")
    assert "data:image/jpeg;base64," in page
    assert "300 x 200 px" in page
    assert str(gray_photo.with_name("beach_color.jpg")) in page


def test_what_is_encoded_is_not_changed_by_what_becomes_of_the_array():
    image = GRAY.copy()
    encoded = COLORIZER.encode(image)
    image[:] = 0
    np.testing.assert_array_equal(encoded.frame.full().numpy().squeeze(), GRAY)


def test_an_array_in_colour_is_left_alone_if_asked():
    from skimage import data

    with pytest.raises(InColorError, match="in colour already"):
        COLORIZER.colorize_array(data.coffee(), ColorRequest(keep_color=True))
    assert COLORIZER.colorize_array(GRAY, ColorRequest(keep_color=True)).shape == (150, 200, 3)


def test_a_blend_of_colorizers_of_several_sizes_is_as_large_as_the_largest():
    small, large = np.zeros((8, 12, 2), np.float32), np.full((16, 24, 2), 0.5, np.float32)
    both = blend([small, large], [0.5, 0.5])
    assert both.shape == (16, 24, 2)
    np.testing.assert_allclose(both, 0.25, atol=1e-6)


def test_frames_whose_sizes_differ_only_for_the_colorizer_are_predicted_too():
    table = COLORIZER.bundle.colorizers["encoder_decoder"]
    larger = replace(table["universal"], inference_px=512)
    bundle = replace(COLORIZER.bundle, colorizers={"encoder_decoder": {"universal": larger}},
                     default="encoder_decoder", modes={})  # fmt: skip
    colorizer = Colorizer(bundle)
    encoded = [colorizer.encode(np.zeros((256, width), np.uint8)) for width in (340, 356)]
    assert len({one.views[0].lightness.shape for one in encoded}) == 1
    predicted = colorizer.engine.predict(encoded, ColorRequest())
    assert [one.ab.shape[:2] for one in predicted] == [(512, 672), (512, 704)]


def test_before_and_after_are_written_beside_the_result_if_asked(gray_photo):
    COLORIZER.colorize(gray_photo, rendering=Rendering(compare=True))
    assert gray_photo.with_name("beach_color_compare.jpg").exists()


def test_a_category_that_is_no_name_of_a_file_is_unknown_as_any_other(gray_photo):
    with pytest.raises(ConfigError, match="unknown category 'a/b'"):
        COLORIZER.colorize(gray_photo, request=ColorRequest(category="a/b"))


def test_the_photo_itself_is_never_overwritten(gray_photo):
    before = gray_photo.read_bytes()
    with pytest.raises(DataError, match="black-and-white photo itself"):
        COLORIZER.colorize(gray_photo, gray_photo, force=True)
    assert gray_photo.read_bytes() == before


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Rendering(format="bmp"),
        lambda: Rendering(pages="foo"),  # pyright: ignore[reportArgumentType]
        lambda: Rendering(quality="x"),  # pyright: ignore[reportArgumentType]
        lambda: ColorRequest(top=2.5),  # pyright: ignore[reportArgumentType]
        lambda: ColorRequest(saturation="1"),  # pyright: ignore[reportArgumentType]
        lambda: ColorRequest(category=5),  # pyright: ignore[reportArgumentType]
        lambda: Limits(max_pixels="x"),  # pyright: ignore[reportArgumentType]
        lambda: Limits(cancel=None),  # pyright: ignore[reportArgumentType]
        lambda: Hint(x=5, y=0, ab=None),
        lambda: Hint(x=0, y=0, ab=(9, 9)),
        lambda: COLORIZER.colorize_array(GRAY, ColorRequest(mode="nonsense", saturation=1.0)),
    ],
)
def test_what_is_of_the_wrong_type_or_unknown_is_refused_at_once(wrong):
    with pytest.raises(ConfigError, match="fix: "):
        wrong()


def test_a_pillow_image_in_cmyk_obeys_its_profile(tmp_path):
    profile = pyvips.Image.new_from_array(RGB, interpretation="srgb").icc_export(
        output_profile="cmyk"
    )
    path = tmp_path / "cmyk.jpg"
    profile.write_to_file(str(path))
    with Image.open(path) as image:
        assert (image.mode, bool(image.info.get("icc_profile"))) == ("CMYK", True)
        of_array = COLORIZER.colorize_array(image).astype(int)
    of_file = pyvips.Image.new_from_file(str(COLORIZER.colorize(path).output)).numpy().astype(int)
    assert abs(of_array.mean() - of_file.mean()) < 3
