"""A run: every file alone, then in a folder with others, of which some are sound."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.fuzz import oracle
from tests.fuzz.cases import Case, case
from tests.fuzz.driver import Answer, Driver
from tests.fuzz.oracle import Failure
from tests.fuzz.orders import ORDERS, Order
from tests.fuzz.outcome import Outcome
from tests.fuzz.seeds import FORMATS, seeds

BATCH = 50  # files of a folder
ALONE_S = 20.0  # of one file
SOUND = ("gray.jpg", "gray16.png", "gray.tif", "gray.heic", "still.gif")
COMMAND_EVERY = 25  # files: this one alone is coloured by the command, the others by Python
FAILED = "failed"


class Run:
    """Colours the files of one seed, batch by batch."""

    def __init__(
        self,
        driver: Driver,
        folder: Path,
        seed: int,
        *,
        formats: Sequence[str] = FORMATS,
        alone_s: float = ALONE_S,
        keep: Path | None = None,
    ) -> None:
        """Do nothing yet; `folder` is emptied again and again, `keep` gets what failed."""
        self.driver, self.folder, self.seed = driver, folder, seed
        self.formats, self.alone_s, self.keep = formats, alone_s, keep
        self.outcome = Outcome()
        self._seen = (0, 0)  # which worker, files that it has seen
        self._references: dict[int, dict[str, Path]] = {}

    def batch(self, numbers: Sequence[int]) -> None:
        """Colour files of these numbers alone, and then together."""
        which = numbers[0] // BATCH % len(ORDERS)
        order, cases = ORDERS[which], [case(self.seed, one, self.formats) for one in numbers]
        fates: dict[str, str] = {}
        for one in cases:
            before = len(self.outcome.failures)
            fates[one.name] = self._alone(one, order)
            self.outcome.fates[fates[one.name]] += 1
            self._keep(one, before)
        borne = [one for one in cases if fates[one.name] != FAILED]
        self._together(which, borne, fates)
        self.outcome.n_files += len(numbers)

    def _alone(self, one: Case, order: Order) -> str:
        """What becomes of a file on its own: coloured, refused, left; or failed."""
        folder = self._empty("alone")
        path = folder / one.name
        one.make(path)
        before = oracle.state(path)
        by_command = one.number % COMMAND_EVERY == 0
        if by_command:
            job = {"argv": [str(path), *order.options(is_bomb=one.is_bomb)]}
        else:
            limits = order.limits(is_bomb=one.is_bomb)
            how = {"request": dict(order.request), "rendering": dict(order.rendering)}
            job = {"photo": str(path), **how, "limits": limits}
        answer = self._ask(job, self.alone_s)
        self.outcome.slowest = max(self.outcome.slowest, (answer.seconds, one.name))
        found = list(oracle.judge(one.name, answer, 1))
        if answer.ended:
            self.outcome.failures += found
            return FAILED
        if oracle.state(path) != before:
            found.append(Failure(name=one.name, kind="changed", what="the input is not as it was"))
        path.unlink() if not path.is_dir() or path.is_symlink() else path.rmdir()
        results = _told(answer)
        found += oracle.judge_results(one.name, folder, results)
        found += oracle.judge_sizes(one.name, answer.stdout, one.sides)
        errors, left = (
            oracle.errors_in(answer.stderr),
            answer.is_left or "left alone" in answer.stderr,
        )
        if not answer.trace and len(results) + len(errors) + left != 1:
            what = f"{len(results)} results, {len(errors)} errors: {answer.stderr[-500:]}"
            found.append(Failure(name=one.name, kind="silent", what=what))
        self.outcome.failures += found
        return "coloured" if results else "left" if left else "refused"

    def _together(self, which: int, cases: Sequence[Case], fates: dict[str, str]) -> None:
        """Colour a folder of them, among sound photos."""
        order, folder, output = ORDERS[which], self._empty("folder"), self._empty("output")
        told = f"folder of {cases[0].number if cases else 0}"
        for one in cases:
            one.make(folder / one.name)
        for name, content in sound_photos().items():
            (folder / name).write_bytes(content)
        before = {path: oracle.state(path) for path in folder.iterdir()}
        answer = self._ask(
            {"argv": [str(folder), "-o", str(output), *order.options()]},
            self.alone_s + len(before),
        )
        found = list(oracle.judge(told, answer, len(before)))
        if not answer.ended:
            self._remember(answer, len(cases))
            results = _told(answer)
            found += oracle.judge_results(told, output, results)
            found += oracle.judge_sizes(told, answer.stdout)
            found += _compared(told, folder, output, answer, fates)
            found += self._sound(which, output)
            for path, was in before.items():
                if oracle.state(path) != was:
                    found.append(Failure(name=path.name, kind="changed", what="in a folder"))
            if any(path not in before for path in folder.iterdir()):
                found.append(Failure(name=told, kind="partial", what="something new beside photos"))
        self.outcome.failures += found
        if found and self.keep:
            kept = self.keep / told.replace(" ", "-")
            _copied(folder, kept)
            (kept / "stderr.txt").write_text(answer.stderr, errors="replace")

    def _sound(self, which: int, output: Path) -> Iterator[Failure]:
        """Sound photos that were not coloured, or not as they are alone."""
        for name, alone in self._references_of(which).items():
            results = [one for one in output.glob(f"{Path(name).stem}_*")
                       if not one.stem.endswith(oracle.PICTURES)]  # fmt: skip
            if not results:
                yield Failure(name=name, kind="lost", what="a sound photo in a folder")
            elif different := oracle.apart(results[0], alone):
                yield Failure(name=name, kind="different", what=different)

    def _references_of(self, which: int) -> dict[str, Path]:
        """The results of the sound photos alone, as this order has them."""
        if which not in self._references:
            order, made = ORDERS[which], {}
            for name, content in sound_photos().items():
                folder = self._empty(f"alone-{which}-{name}")
                path = folder / name
                path.write_bytes(content)
                rendering = {**order.rendering, "compare": False}
                job = {"photo": str(path), "request": dict(order.request), "rendering": rendering}
                results = _told(self._ask({**job, "limits": order.limits()}, self.alone_s))
                if results:
                    made[name] = results[0]
            self._references[which] = made
        return self._references[which]

    def _ask(self, job: Mapping[str, object], longest_s: float) -> Answer:
        return self.driver.ask(job, longest_s)

    def _remember(self, answer: Answer, n_files: int) -> None:
        """Note how much memory the worker has, and how many files it has seen."""
        worker, seen = self._seen
        seen = (seen if worker == self.driver.n_started else 0) + n_files
        self._seen = (self.driver.n_started, seen)
        self.outcome.memory.append((seen, answer.rss))

    def _keep(self, one: Case, before: int) -> None:
        """Copy a file that failed, and what was said of it."""
        new = self.outcome.failures[before:]
        if self.keep and new:
            self.keep.mkdir(parents=True, exist_ok=True)
            if one.content is not None:
                (self.keep / one.name).write_bytes(one.content)
            text = "\n".join(f"{failure.kind}: {failure.what}" for failure in new)
            (self.keep / f"{one.name}.txt").write_text(text, errors="replace")

    def _empty(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def run(
    run: Run, n_files: int, *, first: int = 0, tell: Callable[[Outcome], None] = lambda _: None
) -> float:
    """Colour so many files; returns the seconds that it took."""
    started = time.perf_counter()
    for start in range(first, first + n_files, BATCH):
        run.batch(range(start, min(start + BATCH, first + n_files)))
        tell(run.outcome)
    return time.perf_counter() - started


def sound_photos() -> dict[str, bytes]:
    """The sound photos of a folder: file name -> content; no two have one stem."""
    named = {one: one.replace(".", "-") for one in SOUND}
    return {f"sound-{stem}{Path(one).suffix}": seeds()[one] for one, stem in named.items()}


def _told(answer: Answer) -> list[Path]:
    """The results that were printed, pictures beside them left out."""
    return oracle.results_in(answer.stdout)


def _compared(
    name: str, folder: Path, output: Path, answer: Answer, fates: dict[str, str]
) -> Iterator[Failure]:
    """Files of a folder that went another way than alone, or of which nothing was said."""
    results = {one.name.split("-")[0] for one in _told(answer)}
    blamed = "\n".join(where for _, where, _ in oracle.errors_in(answer.stderr))
    for path in folder.iterdir():
        if not path.is_file() or path.name.startswith("sound-"):
            continue
        is_there, is_told = (
            path.name.split("-")[0] in results,
            f"/{path.name.split('-')[0]}-" in blamed,
        )
        left = f"left alone: {path}" in answer.stderr
        if is_there + is_told + left != 1:
            what = f"results and errors in {name}: {is_there:d} and {is_told:d}"
            yield Failure(name=path.name, kind="silent", what=what)
        elif is_there != (fates[path.name] == "coloured"):
            what = f"alone: {fates[path.name]}; in {name}: {'coloured' if is_there else 'refused'}"
            yield Failure(name=path.name, kind="otherwise", what=what)


def _copied(folder: Path, kept: Path) -> None:
    """The regular files of a folder."""
    kept.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and os.access(path, os.R_OK):
            shutil.copyfile(path, kept / path.name)
