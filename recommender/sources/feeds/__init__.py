"""XML files: feeds, sitemaps."""
