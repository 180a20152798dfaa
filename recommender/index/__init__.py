"""The index: what is kept between runs, so that the next one does only what changed.

`store` keeps files whole or not at all; `inputs` notes what a run read, and compares it with what
is there now. An index never decides what a list contains: a run with it writes the same bytes
as a run without it. It may be deleted at any time. Imports nothing heavy: a run with nothing to
do ends before pandas is loaded.
"""
