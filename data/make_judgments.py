"""Make judgments.csv from stories.csv: same story gain 3, same subject gain 1."""

from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent

ledger = pd.read_csv(HERE / "stories.csv", keep_default_na=False)
pairs = ledger.merge(ledger, on="subject", suffixes=("", "_related"))
pairs = pairs[pairs["article_id"] != pairs["article_id_related"]]
same_story = (pairs["story"] != "") & (pairs["story"] == pairs["story_related"])
pairs = pairs.assign(gain=same_story.map({True: 3, False: 1}))
pairs = pairs.rename(columns={"article_id": "query", "article_id_related": "related"})
pairs = pairs[["query", "related", "gain"]].sort_values(["query", "related"])
pairs.to_csv(HERE / "judgments.csv", index=False, lineterminator="\n")
