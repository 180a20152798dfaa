"""A real WordPress with MariaDB and PHP, the plug-in in it, and a browser before it."""
