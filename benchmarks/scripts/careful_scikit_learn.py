"""Related articles as a careful user of scikit-learn would write them: JSONL in, JSON out.

Rare and frequent terms are left out, scores are computed in blocks, and no row is sorted whole.
"""

import json
import sys

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import linear_kernel

K = 10
BLOCK = 1000

source, output = sys.argv[1:]
with open(source) as file:
    articles = [json.loads(line) for line in file]
texts = [article["title"] + "\n" + article["text"] for article in articles]
rows = TfidfVectorizer(stop_words="english", min_df=2, max_df=0.5).fit_transform(texts)

related = {}
for start in range(0, len(articles), BLOCK):
    scores = linear_kernel(rows[start : start + BLOCK], rows)
    scores[np.arange(len(scores)), start + np.arange(len(scores))] = -1
    best = np.argpartition(-scores, K, axis=1)[:, :K]
    for row, columns in enumerate(best):
        columns = columns[np.argsort(-scores[row, columns])]
        related[articles[start + row]["id"]] = [
            {"id": articles[column]["id"], "score": round(float(scores[row, column]), 6)}
            for column in columns
        ]
with open(output, "w") as file:
    json.dump(related, file)
