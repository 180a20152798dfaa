"""Pages of HTML: where the article is, and which parts of it are text."""
