"""Markdown files: front matter, dialects, text."""
