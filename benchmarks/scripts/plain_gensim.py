"""Related articles as a user of gensim would write them: JSONL in, JSON out."""

import json
import sys

from gensim.corpora import Dictionary
from gensim.models import TfidfModel
from gensim.similarities import SparseMatrixSimilarity
from gensim.utils import simple_preprocess

K = 10

source, output = sys.argv[1:]
with open(source) as file:
    articles = [json.loads(line) for line in file]
words = [simple_preprocess(article["title"] + "\n" + article["text"]) for article in articles]
dictionary = Dictionary(words)
dictionary.filter_extremes(no_below=2, no_above=0.5, keep_n=None)
bags = [dictionary.doc2bow(each) for each in words]
rows = TfidfModel(bags)[bags]
index = SparseMatrixSimilarity(rows, num_features=len(dictionary), num_best=K + 1)

related = {}
for row, found in enumerate(index):
    related[articles[row]["id"]] = [
        {"id": articles[column]["id"], "score": round(float(score), 6)}
        for column, score in found
        if column != row
    ][:K]
with open(output, "w") as file:
    json.dump(related, file)
