"""The program: `recommender`, or `python -m recommender`.

Looks for garbage seldom, and says so before anything heavy is loaded.
"""

from __future__ import annotations

import gc

OBJECTS_BETWEEN_COLLECTIONS = 10_000_000
"""A run makes many objects that live to its end. At Python's 700, a tenth of the start and a
fifth of the time of 10,000 articles went into looking for garbage among them."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    from recommender.cli import main as run

    try:
        run()
    finally:
        gc.freeze()  # at exit Python would look through all objects once more


if __name__ == "__main__":
    main()
