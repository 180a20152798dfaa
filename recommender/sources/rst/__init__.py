"""reStructuredText files."""
