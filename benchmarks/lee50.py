"""How the scores of 50 short news items agree with people's: the data set of Lee et al. 2005.

    python benchmarks/lee50.py

Needs gensim, in whose package the data lies. All 350 items (300 of them background) are fitted
together, so that idf knows terms of the 50 too; only pairs of the 50 are judged. Pearson is over
all 1,225 pairs; nDCG@10 over the other 49 items of each, the people's score being the gain.

M. D. Lee, B. Pincombe and M. Welsh (2005). An empirical evaluation of models of text document
similarity. Proceedings of the Cognitive Science Society 27, 1254-1259.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

import recommender as rec
from recommender.evaluation.measures import ndcg


def main() -> None:
    """Print both figures for the default and for scikit-learn's defaults."""
    spec = find_spec("gensim")
    if spec is None or spec.origin is None:
        raise SystemExit("pip install gensim: its package holds the data")
    folder = Path(spec.origin).parent / "test" / "test_data"
    judged, background = (_lines(folder / name) for name in ("lee.cor", "lee_background.cor"))
    upper = np.triu(np.loadtxt(folder / "similarities0-1.txt"), 1)
    people = upper + upper.T
    texts = judged + background
    ids = [f"{number:03d}" for number in range(len(texts))]
    articles = pd.DataFrame({"id": ids, "title": "", "text": texts})
    vectors = rec.ArticleRecommender().fit(articles).vectors_[:50]
    report("recommender, default", (vectors @ vectors.T).toarray(), people)

    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer().fit_transform(texts)[:50]
    report("scikit-learn TfidfVectorizer", (rows @ rows.T).toarray(), people)


def report(name: str, scores: np.ndarray, people: np.ndarray) -> None:
    """Print how scores of all pairs agree with the people's."""
    pairs = np.triu_indices(len(people), 1)
    pearson = np.corrcoef(scores[pairs], people[pairs])[0, 1]
    np.fill_diagonal(scores, -1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :-1]
    gains = np.take_along_axis(people, order, axis=1)
    ideal = -np.sort(-gains, axis=1)
    print(f"{name:30} Pearson {pearson:.3f}   nDCG@10 {ndcg(gains, ideal, 10).mean():.3f}")


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="latin-1").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
