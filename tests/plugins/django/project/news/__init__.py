"""The articles of the newspaper."""
