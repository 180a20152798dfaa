"""XML files: feeds, sitemaps, WordPress exports."""
