"""Plug-ins of Python's own site generators: Pelican, MkDocs, Sphinx.

Each gathers what its host has read, calls the library, and hands the lists to the pages. What
they share is in `base`; none of them imports another's host.
"""
