"""WordPress sites: the database, the REST API, exports; one way from a post to an article."""
