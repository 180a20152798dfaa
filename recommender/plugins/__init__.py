"""Plug-ins for site generators in Python: Pelican, MkDocs, Sphinx.

Each collects the pages that its host has read, calls the library, and adds the lists to the
pages. `base` contains the shared code; none of them imports the host of another.
"""
