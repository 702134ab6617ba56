"""Killed, stopped, out of space: what has its final name is whole, and the next run goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import pyvips

from basics.temporaries import TEMPORARY, host, remove_stale_temporaries, temporary_file
from pipeline.colorize import main
from tests.corpus import corpus
from tests.drawing import draw_photo

N_PHOTOS = 40
COMMAND = [sys.executable, "-m", "pipeline.colorize"]


@pytest.fixture
def album(tmp_path):
    """Forty gray photos of 900 x 600 px."""
    folder = tmp_path / "album"
    folder.mkdir()
    for i in range(N_PHOTOS):
        gray = np.ascontiguousarray(draw_photo("beach", i, 600, 900)[..., 1])
        pyvips.Image.new_from_array(gray, interpretation="b-w").write_to_file(
            str(folder / f"{i:02}.png"), compression=1
        )
    return folder


def whole(folder):
    """The results of a folder, each read to its end."""
    results = sorted(folder.glob("*_color.png"))
    for path in results:
        image = pyvips.Image.new_from_file(str(path), fail_on="error")
        assert (image.width, image.height, image.bands) == (900, 600, 3)
        image.avg()
    return results


def stopped_midway(album, how):
    """Colour the album in another process and stop it once five results are there."""
    process = subprocess.Popen(
        [*COMMAND, str(album)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    for _ in range(5):
        process.stdout.readline()
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_a_killed_run_leaves_whole_results_and_the_next_one_goes_on(album, capsys):
    code, _ = stopped_midway(album, signal.SIGKILL)
    assert code == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in whole(album)}
    assert 5 <= len(before) < N_PHOTOS
    assert main([str(album)]) == 0
    out, err = capsys.readouterr()
    assert len(whole(album)) == N_PHOTOS
    assert len(out.splitlines()) == N_PHOTOS - len(before)
    assert f"{N_PHOTOS - len(before)} coloured, {len(before)} done already" in err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not list(album.glob(".*"))  # what the killed run left has gone


def test_control_c_stops_at_once_and_leaves_nothing_half_done(album):
    started = time.monotonic()
    code, err = stopped_midway(album, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    assert "stopped" in err
    assert time.monotonic() - started < 60
    assert 5 <= len(whole(album)) < N_PHOTOS
    assert not list(album.glob(".*"))


def test_control_c_does_not_wait_for_a_large_photo(tmp_path):
    path = tmp_path / "large.jpg"
    gray = pyvips.Image.new_from_array(draw_photo("beach", 0)[..., 1], interpretation="b-w")
    gray.resize(40, kernel="linear").write_to_file(str(path))  # 96 megapixels
    process = subprocess.Popen([*COMMAND, str(path)], stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob(".partial-*")):
        time.sleep(0.02)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert [one.name for one in tmp_path.iterdir()] == ["large.jpg"]


def test_a_run_that_is_done_does_nothing(album, capsys):
    for path in sorted(album.iterdir())[2:]:
        path.unlink()
    assert main([str(album)]) == 0
    times = [path.stat().st_mtime_ns for path in whole(album)]
    assert main([str(album)]) == 0
    assert "2 done already" in capsys.readouterr().err
    assert [path.stat().st_mtime_ns for path in whole(album)] == times
    assert main([str(album), "--no-resume"]) == 1
    assert capsys.readouterr().err.count("error: the output exists already") == 2
    assert main([str(album), "--force"]) == 0
    assert all(path.stat().st_mtime_ns > old for path, old in zip(whole(album), times, strict=True))


def test_a_single_photo_with_a_result_can_be_left_out_too(gray_photo, capsys):
    assert main([str(gray_photo)]) == 0
    assert main([str(gray_photo), "--resume"]) == 0
    assert capsys.readouterr().out.count("beach_color.jpg") == 1


def test_temporary_files_of_running_processes_stay(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    elsewhere = tmp_path / f"{TEMPORARY}otherhost-{ended.pid}-0.jpg"
    reused = tmp_path / f"{TEMPORARY}{host()}-{os.getpid()}-0.jpg"  # our number was another's
    left = tmp_path / f"{TEMPORARY}{host()}-{ended.pid}-0.jpg"
    folder = tmp_path / f"{TEMPORARY}{host()}-{ended.pid}-1"
    for path in (elsewhere, left, reused):
        path.touch()
    folder.mkdir()
    with temporary_file(tmp_path / "a.jpg") as mine:
        remove_stale_temporaries(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere])
    assert list(tmp_path.iterdir()) == [elsewhere]


def test_a_full_disk_is_told_and_leaves_no_part(album, tmp_path):
    """On a file system of its own of 2 MB; a limit on the size of files where none can be made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    run = f"{' '.join(COMMAND)} '{album}' -o '{disk}'"
    command = f"{run}; echo code $?; ls -A '{disk}'; cp '{disk}'/* '{tmp_path}'"
    mounted = f"mount -t tmpfs -o size=2m none '{disk}' && {command}"
    unshare = shutil.which("unshare")
    own = [unshare, "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run([*own, "sh", "-c", mounted], capture_output=True, text=True, check=False)
    if "code" not in done.stdout:  # no right to mount
        limited = f"ulimit -f 400; {command}"
        done = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=False)
    assert "code 1" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot write the coloured photo" in done.stderr
    assert ".partial-" not in done.stdout
    assert len(whole(tmp_path)) < N_PHOTOS


def test_an_output_folder_that_is_deleted_midway_stops_nothing(album, tmp_path):
    output = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, str(album), "-o", str(output)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout
    for _ in range(5):
        process.stdout.readline()
    shutil.rmtree(output)
    _, err = process.communicate(timeout=120)
    assert process.returncode in (0, 1)
    assert "Traceback" not in err
    assert len(whole(output)) >= N_PHOTOS // 2
    assert not list(output.glob(".*"))


def test_two_photos_never_share_a_result(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(corpus()["gray.png"])
    (tmp_path / "a.jpg").write_bytes(corpus()["gray.jpg"])
    assert main([str(tmp_path), "--format", "webp", "--force"]) == 1
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'a_color.webp'}\n"
    assert "two photos would become one result" in err
