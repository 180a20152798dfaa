"""The optional compiled parts; everything else about the package stands in pyproject.toml.

Without a compiler the package installs all the same: the reference engine and the pure-Python
tokenizer give the same results.
"""

from Cython.Build import cythonize
from setuptools import Extension, setup

# No FMA contraction: the float64 sums must be those of the reference, bit for bit.
ARGUMENTS = ["-O3", "-ffp-contract=off"]

KERNELS = cythonize(
    [
        Extension(name, [name.replace(".", "/") + ".pyx"], extra_compile_args=ARGUMENTS)
        for name in (
            "recommender._lexicon",
            "recommender._counting",
            "recommender._overlap",
            "recommender._weighing",
            "recommender.neighbors._pruned",
        )
    ],
    language_level=3,
)
for kernel in KERNELS:
    kernel.optional = True  # set here: cythonize makes new extensions, and drops it

setup(ext_modules=KERNELS)
