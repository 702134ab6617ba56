"""The benchmarks of colouring run on small inputs, and their parts do what their tables claim."""

import sys

import numpy as np
import pytest
import pyvips
from PIL import Image

from benchmarks import against, cold_start, edges, folder, large, web
from benchmarks.parts import common, photos, table, tables, usual_way, web_clients
from benchmarks.parts.web_clients import Answer
from imaging.lab import split_lab


def test_memory_is_not_told_where_the_measuring_process_held_as_much():
    with pytest.raises(SystemExit, match="from too large a process"):
        common.measure([sys.executable, "-c", "pass"])


def test_a_command_that_fails_ends_the_benchmark_with_what_it_said():
    program = "import sys; sys.exit('out of luck')"
    with pytest.raises(SystemExit, match=r"(?s)failed \(1\).*out of luck"):
        common.measure([sys.executable, "-c", program])


def test_ratios_are_those_to_ours_and_a_way_that_is_not_there_has_no_row():
    costs = {
        cold_start.OURS: common.Cost(2.0, 100.0),
        cold_start.KERAS: common.Cost(8.0, 1000.0),
        cold_start.FLOOR: common.Cost(0.5, 50.0),
    }
    rows = [tuple(row.values()) for row in cold_start.rows_of(costs, 12)]
    assert rows == [
        (12, cold_start.OURS, 2.0, 1.0, 100.0, 1.0),
        (12, cold_start.KERAS, 8.0, 4.0, 1000.0, 10.0),
        (12, cold_start.FLOOR, 0.5, 0.25, 50.0, 0.5),
    ]


def test_two_checkouts_take_turns_and_the_ratio_is_that_of_their_medians(tmp_path):
    asked = []

    def job(checkout):
        asked.append(checkout)
        of_other = checkout == tmp_path
        return against.Cost(0.2 if of_other else 0.1 * len(asked), 4.0 if of_other else 1.0, 100.0)

    row = against.compare("a job", tmp_path, 3, job)
    assert asked == [against.HERE, tmp_path, tmp_path, against.HERE, against.HERE, tmp_path]
    figures = [value for name, value in row.items() if name not in ("job", "before")]
    assert figures == pytest.approx([0.2, 0.4, 2, 4, 1, 0.25, 100, 100, 1])


def test_the_networks_of_a_checkout_are_timed_by_its_own_code(tmp_path):
    photos_of_one_size = against.draw_squares(tmp_path, 2)
    cost = against.run_networks(against.HERE, photos_of_one_size)
    assert 0 < cost.wall_s < 5
    assert 0 < cost.cpu_s < 5
    with pytest.raises(SystemExit, match="failed in"):
        against.run_networks(tmp_path, photos_of_one_size)


def test_drawn_photos_are_gray_and_all_different(tmp_path):
    paths = photos.draw_photos(tmp_path, 12, 60, 40)
    images = [pyvips.Image.new_from_file(str(path)) for path in paths]
    assert {(one.width, one.height, one.bands) for one in images} == {(60, 40, 1)}
    assert len({one.numpy().tobytes() for one in images}) == 12


def test_photos_to_measure_on_are_packed_ones_or_those_of_scikit_image(packed_photos, tmp_path):
    packed = photos.square_photos(packed_photos, "test", 1)
    own = photos.square_photos(tmp_path / "nowhere", "test", 1)
    assert len(packed) == 3
    assert len(own) == len(photos.IN_COLOR)
    assert {(one.shape, one.dtype) for one in [*packed, *own]} == {((256, 256, 3), np.dtype("u1"))}


def test_the_network_of_2016_has_its_size():
    network = usual_way.build_torch()
    weights = sum(one.numel() for one in network.parameters())
    assert weights == pytest.approx(32.2e6, rel=0.01)
    ab = usual_way.run_torch(np.full((1, 64, 96, 1), 0.5, np.float32))
    assert ab.shape == (64, 96, 2)
    assert np.isfinite(ab).all()


def test_the_usual_way_leaves_a_photo_as_it_was_where_no_colour_is_predicted():
    rgb = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=-1)
    joined = usual_way.join(Image.fromarray(rgb), np.zeros((4, 4, 2), np.float32))
    np.testing.assert_allclose(np.asarray(joined).astype(int), rgb, atol=1)


def test_the_usual_way_sees_luminance_at_the_size_of_the_networks():
    lum = usual_way.small_lum(Image.new("RGB", (600, 400), (128, 128, 128)))
    assert (lum.shape, lum.dtype) == ((1, 256, 384, 1), np.float32)
    assert lum.mean() == pytest.approx(0.536, abs=1e-3)


def test_pixels_near_a_strong_edge_are_those_within_eight_px_of_it():
    lum = np.zeros((40, 64, 1), np.float32)
    lum[:, 32:] = 0.5
    near = edges.near_edges(lum)
    assert np.flatnonzero(near[20]).tolist() == list(range(31 - 8, 32 + 8 + 1))
    assert not edges.near_edges(np.full((40, 64, 1), 0.5, np.float32)).any()


def test_errors_are_none_for_the_truth_and_distances_in_cielab_units():
    rgb = np.full((8, 8, 3), 128, np.uint8)
    _, truth = split_lab(rgb)
    near = np.zeros((8, 8), bool)
    assert edges.errors_of(truth, rgb, near)[1:] == (0, float("inf"))
    near[0] = True
    shifted = edges.errors_of(truth + np.float32(10 / 128), rgb, near)
    assert shifted[:2] == pytest.approx((200**0.5, 200**0.5), rel=1e-5)


@pytest.mark.parametrize("kind", [*large.STREAMED, *large.WHOLE], ids=lambda kind: kind.name)
def test_photos_of_every_kind_are_what_the_table_says(kind, tmp_path):
    path = tmp_path / f"photo{kind.suffix}"
    large.write(kind, path, 60, 40)
    image = pyvips.Image.new_from_file(str(path))
    told = {name: image.get(name) for name in image.get_fields()}
    assert (image.width, image.height, image.bands) == (60, 40, 1 if kind.gray else 3)
    assert image.format == ("ushort" if kind.deep else "uchar")
    assert told.get("orientation", 1) == kind.orientation
    assert bool(told.get("interlaced")) == bool(kind.saving.get("interlace"))


@pytest.mark.slow
@pytest.mark.nightly
def test_a_folder_is_timed_beside_one_photo_at_a_time(tmp_path):
    options = ["--photos", "3", "--alone", "2", "--results-dir", str(tmp_path)]
    assert folder.main(options) == 0
    rows = table.read(tables.FOLDER, tmp_path)
    assert [row["photos"] for row in rows] == ["2", "3"]
    assert float(rows[0]["ratio"]) == 1
    figures = [one.name for one in tables.FOLDER.columns if one.form]
    assert all(float(row[name]) > 0 for row in rows for name in figures)
    batches = table.read(tables.BATCHES, tmp_path)
    assert [row["together"] for row in batches] == ["1", "2", "4", "8"]


def load(*answers: Answer) -> web.Load:
    return web.Load(clients=2, answers=answers, seconds=2.0, cpu_s=1.0, pulse_s=0.1)


def test_a_client_waits_for_coloured_photos_only_as_the_table_has_it():
    answers = [Answer("200", float(one)) for one in range(101)]
    refused = Answer("429", 1000.0)
    assert load(*answers, refused).waits == [50, 99]
    assert load(*answers, refused).rate == 50.5


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        (["200", "200", "500", "ReadError", "500"], "neither 200 nor 429: 500: 2, ReadError: 1"),
        (["200", "429", "429"], "only 1 of 3 photos were coloured"),
    ],
)
def test_a_server_that_answers_otherwise_or_seldom_ends_the_benchmark(statuses, told):
    with pytest.raises(SystemExit, match=told):
        web.require_colored(load(*(Answer(one, 1.0) for one in statuses)))


def test_a_server_that_does_not_start_ends_the_benchmark_with_what_it_said():
    with (
        pytest.raises(SystemExit, match=r"(?s)does not start.*--at-once"),
        web_clients.serving("--at-once", "0"),
    ):
        pass


@pytest.mark.slow
def test_clients_of_a_full_server_are_told_to_come_back(tmp_path):
    small = photos.draw_photos(tmp_path, 4, 60, 40)
    with web_clients.serving("--at-once", "1", "--waiting", "0") as server:
        answers = web_clients.ask_all(server.url, small, clients=4)
    assert {one.status for one in answers} == {"200", "429"}


@pytest.mark.slow
@pytest.mark.nightly
def test_the_server_is_timed_beside_the_library_and_its_memory_read(tmp_path):
    options = ["--requests", "4", "--clients", "2", "--small", "3", "--results-dir", str(tmp_path)]
    assert web.main(options) == 0
    library, server = table.read(tables.WEB, tmp_path)
    assert float(library["ratio"]) == 1
    assert (server["requests"], server["colored"], server["refused"]) == ("4", "4", "0")
    figures = ["photos_per_s", "ratio", "core_s", "median_s", "late_s", "healthz_s"]
    assert all(float(row[name]) > 0 for row in (library, server) for name in figures if row[name])
    memory = table.read(tables.WEB_MEMORY, tmp_path)
    assert [row["small_photos"] for row in memory] == ["3", "6"]
    assert [float(row["ratio"]) for row in memory] == [1, pytest.approx(1, rel=0.5)]
