"""Django: lists of related objects in a table, made by ``manage.py recommend``.

Add ``recommender.plugins.django`` to ``INSTALLED_APPS`` and name the models in ``RECOMMENDER``.
Templates show a list with ``{% related object %}``, which reads the table and the objects that are
shown, and nothing else; the admin shows every list with its reasons.
"""
