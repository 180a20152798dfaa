"""The command line: verbs, their flags and their messages."""
