"""Judgments, ranking measures of lists against them, and the search for better settings."""
