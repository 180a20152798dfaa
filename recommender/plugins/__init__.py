"""Plug-ins for hosts in Python: the site generators Pelican, MkDocs and Sphinx; Django and Wagtail.

Each collects the pages that its host has read or stored, calls the library, and adds the lists to
the pages. `base` contains the shared code. None of them imports the host of another, except that
the plug-in for Wagtail is built on that for Django.
"""
