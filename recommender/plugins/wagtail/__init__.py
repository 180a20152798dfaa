"""Wagtail: lists of related pages, and a panel for editors; on top of the plug-in for Django.

Add ``recommender.plugins.wagtail`` to ``INSTALLED_APPS`` after ``recommender.plugins.django``, and
name the types of pages in ``RECOMMENDER``. Lists contain live and public pages in the locale of
their page. A page that is published has its list at once.
"""
