"""What it costs, beside what others cost: stages and whole processes, in turns, on this machine.

    python benchmarks/speed.py --quick                    five minutes: what `make bench` runs
    python benchmarks/speed.py --sizes 1k,10k,100k        generated news of these sizes
    python benchmarks/speed.py --corpus posts.jsonl       a corpus of your own
    python benchmarks/speed.py --sizes 10k,100k --stages search -k 10,50 --plot time.png

Every trial is a process of its own. Methods take turns (A B C, A B C, ...), so that a noisy
machine is noisy for all of them; a figure is the median of the turns, with the least and the
largest behind it. "×" is a peer's figure over ours, taken within each turn. CPU is user and
system time of all threads. Lists of a search are held against the reference engine's before any
of its times is printed. All that was measured is kept in WORK/results.jsonl.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from generator import WORDS, write
from growth import draw_plot, print_exponents, read_results
from search_peers import SEARCHES

HERE = Path(__file__).parent
UNITS = {"k": 1_000, "m": 1_000_000}
REFERENCE_K = 50
"""Lists of the reference are made this long, and cut for a smaller k."""
ALL_CHECKED, DRAWN = 100_000, 2_000
"""Articles up to which every list is checked; lists that are drawn to be checked beyond."""
TEXTS = ("recommender", "recommender counts", "recommender with stems", "TfidfVectorizer")

RESULTS = "results.jsonl"
"""File in WORK with all that was measured."""

Result = dict[str, Any]
Trial = Callable[[], Result]


class Script(NamedTuple):
    """A whole process: JSONL in, JSON out."""

    file: str
    limit: int
    """Most articles that it is tried on: beyond, it takes hours or all memory."""


SCRIPTS = {
    "recommender": Script("", 10**9),
    "scikit-learn script": Script("plain_scikit_learn.py", 20_000),
    "NearestNeighbors script": Script("neighbors_scikit_learn.py", 12_000),
    "careful scikit-learn script": Script("careful_scikit_learn.py", 30_000),
    "sparse_dot_topn script": Script("plain_sparse_dot_topn.py", 300_000),
    "bm25s script": Script("plain_bm25s.py", 10_000),
    "gensim script": Script("plain_gensim.py", 10_000),
}


class Corpus(NamedTuple):
    """Articles, and where what is made of them is kept."""

    path: Path
    articles: int
    work: Path

    def made(self, suffix: str) -> Path:
        """Return the path of something made of this corpus."""
        return self.work / f"{self.path.stem}{suffix}"


def main() -> None:
    """Measure what the command line asks for."""
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, {options.rounds} turns")
    for corpus in corpora(options):
        print(f"\n# {corpus.path.stem}: {corpus.articles:,} articles")
        for stage in options.stages:
            STAGES[stage](corpus, options)
    path = options.work / RESULTS
    results = read_results(path) if path.exists() else []
    print_exponents(results)
    if options.plot:
        draw_plot(results, options.plot)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="1k and 10k, the main peers")
    parser.add_argument("--sizes", type=sizes, default=[], help="of generated corpora: 1k,10k,1m")
    parser.add_argument("--words", type=int, default=WORDS, help="of a generated text, median")
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="a JSONL file")
    parser.add_argument("--stages", type=names(STAGES), default=["text", "search", "whole"])
    parser.add_argument("--methods", type=names(), help="only these (default: all that fit)")
    parser.add_argument("-k", type=sizes, default=[10], help="neighbors searched: 10,50")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each method")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--work", type=Path, default=Path("build/bench"), help="kept between runs")
    parser.add_argument("--plot", type=Path, help="draw time against size into this file")
    options = parser.parse_args()
    if options.quick:
        options.sizes = [1_000, 10_000]
        options.methods = [name for name in {**SCRIPTS, **SEARCHES} if name not in SLOW]
        options.methods += TEXTS
    if not options.sizes and not options.corpus:
        parser.error("nothing to measure: add --quick, --sizes or --corpus")
    return options


SLOW = ("bm25s script", "gensim script", "pynndescent", "faiss HNSW", "faiss flat")
"""What the five-minute version leaves out."""


def sizes(text: str) -> list[int]:
    """Return numbers such as ``1k,1m``."""
    return [
        int(float(part.rstrip("km")) * UNITS.get(part[-1], 1)) for part in text.lower().split(",")
    ]


def names(known: Any = ()) -> Callable[[str], list[str]]:
    """Return a reader of lists of names."""

    def read(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if known and name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
        return text.split(",")

    return read


def corpora(options: argparse.Namespace) -> Iterator[Corpus]:
    """Yield the corpora named, and those generated if they are not there yet."""
    for path in options.corpus:
        with path.open("rb") as file:
            yield Corpus(path, sum(1 for _ in file), options.work)
    for size in options.sizes:
        words = "" if options.words == WORDS else f"-{options.words}-words"
        path = options.work / f"news-{size}{words}.jsonl"
        if not path.exists():
            write(path, size, words=options.words)
        yield Corpus(path, size, options.work)


# The stages: each makes a trial of every method that is wanted and fits, and hands them to `table`.


def text_stage(corpus: Corpus, options: argparse.Namespace) -> None:
    """Texts to weighted rows, on one processor and on all."""
    for processors in sorted({1, options.threads}):
        trials = {
            name: child("text", name, corpus.path, processors)
            for name in TEXTS
            if wanted(name, options)
        }
        table(corpus, f"text to rows, {processors} processors", trials, options)


def search_stage(corpus: Corpus, options: argparse.Namespace) -> None:
    """The k nearest of every article, on the rows of the default weighting."""
    rows, lists = corpus.made(".rows.npz"), corpus.made(".lists.npz")
    if not rows.exists():
        child("vectors", corpus.path, rows)()
    if not lists.exists():
        seeds = corpus.articles if corpus.articles <= ALL_CHECKED else DRAWN
        child("reference", rows, lists, REFERENCE_K, seeds)()
    for k in options.k:
        trials = {
            name: child("search", name, rows, lists, k, options.threads)
            for name, search in SEARCHES.items()
            if wanted(name, options) and corpus.articles <= search.limit
        }
        table(corpus, f"search, k = {k}", trials, options)


def whole_stage(corpus: Corpus, options: argparse.Namespace) -> None:
    """Whole processes: ours with its defaults, and scripts as users write them."""
    trials = {
        name: process(command(name, corpus), corpus)
        for name, script in SCRIPTS.items()
        if wanted(name, options) and corpus.articles <= script.limit
    }
    table(corpus, "whole process", trials, options)


def start_stage(corpus: Corpus, options: argparse.Namespace) -> None:
    """A first run with no file of the installation in memory and a new home, and a second."""
    ours = command("recommender", corpus)

    def first() -> Result:
        shutil.rmtree(corpus.made(".home"), ignore_errors=True)
        corpus.made(".home").mkdir()
        forget(Path(sys.prefix))
        return process(ours, corpus)()

    table(corpus, "start", {"second run": process(ours, corpus), "first run": first}, options)


STAGES = {
    "text": text_stage,
    "search": search_stage,
    "whole": whole_stage,
    "start": start_stage,
}


def wanted(name: str, options: argparse.Namespace) -> bool:
    """Tell whether a method is to be measured."""
    return options.methods is None or name in options.methods


def command(name: str, corpus: Corpus) -> list[str]:
    """Return the command of a whole process; it writes a JSON file."""
    output = str(corpus.made(f".{name.replace(' ', '-')}.json"))
    if name == "recommender":
        ours = str(Path(sys.executable).parent / "recommender")
        return [ours, "-q", "build", str(corpus.path), "-o", output, "-k", "10"]
    return [sys.executable, str(HERE / "scripts" / SCRIPTS[name].file), str(corpus.path), output]


def child(*arguments: object) -> Trial:
    """Return a trial that runs `stage.py` and reads its last line."""

    def trial() -> Result:
        line = [sys.executable, str(HERE / "stage.py"), *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode:
            return {"error": done.stderr.strip().splitlines()[-1]}
        return json.loads(done.stdout.splitlines()[-1])

    return trial


def process(line: list[str], corpus: Corpus) -> Trial:
    """Return a trial that runs a command and asks the system what it cost."""
    environment = {**os.environ, "HOME": str(corpus.made(".home"))}

    def trial() -> Result:
        started = time.perf_counter()
        running = subprocess.Popen(
            line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(running.pid, 0)
        wall = time.perf_counter() - started
        running.returncode = os.waitstatus_to_exitcode(status)
        if running.returncode:
            return {"error": f"exit code {running.returncode}"}
        cpu = usage.ru_utime + usage.ru_stime
        return {"cpu": cpu, "wall": wall, "peak": usage.ru_maxrss / 1000}

    return trial


def forget(folder: Path) -> None:
    """Let the system drop the files of a directory from memory."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


# Measuring and telling.


def table(
    corpus: Corpus, title: str, trials: dict[str, Trial], options: argparse.Namespace
) -> None:
    """Let the trials take turns, then print a table and keep what was measured."""
    turns = [{name: trial() for name, trial in trials.items()} for _ in range(options.rounds)]
    wrong = [name for name in trials if any(not sound(name, turn[name]) for turn in turns)]
    print(f"\n## {title}\n\n| | CPU s | × | wall s | × | peak MB | lists |")
    print("|---|---|---|---|---|---|---|")
    base = next(iter(trials), "")
    for name in trials:
        mine = [turn[name] for turn in turns]
        if name in wrong:
            print(f"| {name} | {mine[0].get('error', 'WRONG LISTS')} | | | | | |")
            continue
        ours = [turn[base] for turn in turns] if base not in wrong else mine
        print(row(name, mine, ours), flush=True)
        keep(corpus, title, name, mine)


def sound(name: str, result: Result) -> bool:
    """Tell whether a trial ran, and gave the true lists if it claims to."""
    approximate = name in SEARCHES and not SEARCHES[name].exact
    return "error" not in result and (approximate or result.get("equal", True))


def row(name: str, mine: list[Result], ours: list[Result]) -> str:
    """Return a row of the table."""
    cells = []
    for figure in ("cpu", "wall"):
        cells.append(spread([result[figure] for result in mine]))
        cells.append(
            spread([a[figure] / b[figure] for a, b in zip(mine, ours, strict=True)], digits=1)
        )
    cells.append(f"{median(result['peak'] for result in mine):,.0f}")
    if "extra" in mine[0]:
        cells[-1] += f" (+{median(result['extra'] for result in mine):,.0f})"
    return f"| {name} | {' | '.join(cells)} | {verdict(mine)} |"


def spread(figures: list[float], digits: int = 2) -> str:
    """Return the median, with the least and the largest where there are several."""
    shown = f"{median(figures):.{digits}f}"
    if len(figures) == 1:
        return shown
    return f"{shown} [{min(figures):.{digits}f}, {max(figures):.{digits}f}]"


def verdict(results: list[Result]) -> str:
    """Return what the check of the trials found."""
    result = results[0]
    if "terms" in result:
        rate = result["megabytes"] / median(each["cpu"] for each in results)
        return f"{result['terms']:,} terms, {result['weights']:,} weights, {rate:.1f} MB/CPU s"
    if "recall" not in result:
        return ""
    return "exact" if result["equal"] else f"recall {result['recall']:.2f}"


def keep(corpus: Corpus, title: str, name: str, results: list[Result]) -> None:
    """Add the medians of a method to the results on disk."""
    kept = {"stage": title, "corpus": corpus.path.stem, "articles": corpus.articles, "method": name}
    kept |= {figure: median(each[figure] for each in results) for figure in ("cpu", "wall", "peak")}
    kept |= {"recall": results[0].get("recall"), "trials": results}
    with (corpus.work / RESULTS).open("a") as file:
        file.write(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
