"""Related articles as a user of bm25s would write them: each article is a query."""

import json
import sys

import bm25s

K = 10

source, output = sys.argv[1:]
with open(source) as file:
    articles = [json.loads(line) for line in file]
texts = [article["title"] + "\n" + article["text"] for article in articles]
tokens = bm25s.tokenize(texts, stopwords="en", show_progress=False)
index = bm25s.BM25()
index.index(tokens, show_progress=False)
found, scores = index.retrieve(tokens, k=K + 1, show_progress=False, n_threads=-1)

related = {}
for row, article in enumerate(articles):
    related[article["id"]] = [
        {"id": articles[column]["id"], "score": round(float(score), 6)}
        for column, score in zip(found[row], scores[row], strict=True)
        if column != row
    ][:K]
with open(output, "w") as file:
    json.dump(related, file)
