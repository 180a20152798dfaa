"""Related articles as a user of sparse_dot_topn would write them: JSONL in, JSON out."""

import json
import os
import sys

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sparse_dot_topn import sp_matmul_topn

K = 10

source, output = sys.argv[1:]
with open(source) as file:
    articles = [json.loads(line) for line in file]
texts = [article["title"] + "\n" + article["text"] for article in articles]
vectorizer = TfidfVectorizer(stop_words="english", min_df=2, max_df=0.5, dtype=np.float32)
rows = vectorizer.fit_transform(texts)
threads = len(os.sched_getaffinity(0))
best = sp_matmul_topn(rows, rows.T.tocsr(), top_n=K + 1, n_threads=threads, sort=True)

related = {}
for row, article in enumerate(articles):
    part = slice(best.indptr[row], best.indptr[row + 1])
    found = zip(best.indices[part], best.data[part], strict=True)
    related[article["id"]] = [
        {"id": articles[column]["id"], "score": round(float(score), 6)}
        for column, score in found
        if column != row
    ][:K]
with open(output, "w") as file:
    json.dump(related, file)
