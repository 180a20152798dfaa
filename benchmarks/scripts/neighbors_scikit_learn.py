"""Related articles by the class that scikit-learn has for it: JSONL in, JSON out."""

import json
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

K = 10

source, output = sys.argv[1:]
with open(source) as file:
    articles = [json.loads(line) for line in file]
texts = [article["title"] + "\n" + article["text"] for article in articles]
rows = TfidfVectorizer(stop_words="english").fit_transform(texts)
search = NearestNeighbors(n_neighbors=K + 1, metric="cosine", n_jobs=-1).fit(rows)
distances, neighbors = search.kneighbors(rows)

related = {}
for row, article in enumerate(articles):
    found = zip(neighbors[row], distances[row], strict=True)
    related[article["id"]] = [
        {"id": articles[column]["id"], "score": round(float(1 - distance), 6)}
        for column, distance in found
        if column != row
    ][:K]
with open(output, "w") as file:
    json.dump(related, file)
