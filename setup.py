"""The optional compiled parts; everything else about the package stands in pyproject.toml.

Without a compiler the package installs all the same: the reference engine and the pure-Python
tokenizer give the same results. With RECOMMENDER_CHECKED=1 the parts are built to be tested:
every index is checked by Cython, every access by AddressSanitizer and UBSan; see `.ci/sanitize`.
"""

import os

from Cython.Build import cythonize
from setuptools import Extension, setup

CHECKED = os.environ.get("RECOMMENDER_CHECKED") == "1"

# No FMA contraction: the float64 sums must be those of the reference, bit for bit.
ARGUMENTS = ["-O3", "-ffp-contract=off"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
if CHECKED:
    ARGUMENTS = ["-O1", "-g", "-ffp-contract=off", "-fno-omit-frame-pointer", *SANITIZERS]

KERNELS = cythonize(
    [
        Extension(
            name,
            [name.replace(".", "/") + ".pyx"],
            depends=["recommender/neighbors/_pruned.h"] if name.endswith("_pruned") else [],
            include_dirs=["recommender/neighbors"],
            extra_compile_args=ARGUMENTS,
            extra_link_args=SANITIZERS if CHECKED else [],
        )
        for name in (
            "recommender.text._lexicon",
            "recommender.text._counting",
            "recommender.vectors._overlap",
            "recommender.vectors._weighing",
            "recommender.neighbors._pruned",
        )
    ],
    build_dir="build/checked/c" if CHECKED else None,
    compiler_directives={
        "language_level": 3,
        "cdivision": True,
        "boundscheck": CHECKED,
        "wraparound": False,
        "initializedcheck": CHECKED,
    },
)
for kernel in KERNELS:
    kernel.optional = not CHECKED  # set here: cythonize makes new extensions, and drops it

setup(ext_modules=KERNELS)
