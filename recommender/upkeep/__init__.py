"""The upkeep of a site with the vectors of its articles: removed addresses, links and tags.

Reads fitted recommenders and tables; writes no files.
"""
