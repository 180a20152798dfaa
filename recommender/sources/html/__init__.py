"""Pages of HTML: where the article is, and what of it is text."""
