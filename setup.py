"""The compiled parts, and archives with the same bytes each time; the rest is in pyproject.toml.

Without a compiler the package installs all the same: each part has an equivalent in Python or
NumPy with the same results. With RECOMMENDER_CHECKED=1 the parts are built to be tested:
every index is checked by Cython, every access by AddressSanitizer and UBSan; see `.ci/sanitize`.
"""

import gzip
import io
import os
import tarfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext  # it runs Cython on each .pyx
from setuptools.command.sdist import sdist

CHECKED = os.environ.get("RECOMMENDER_CHECKED") == "1"

# Archives say neither when nor by whom they were made. 1980 is the first year of a zip file.
EPOCH = int(os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800"))
os.umask(0o022)

# No FMA contraction: the float64 sums must be those of the reference, bit for bit. No debugging
# information: it names the directory of the build.
ARGUMENTS = ["-O3", "-g0", "-ffp-contract=off"]
MSVC = ["/O2", "/fp:precise"]  # which contracts nothing since Visual Studio 2022
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
if CHECKED:
    ARGUMENTS = ["-O1", "-g", "-ffp-contract=off", "-fno-omit-frame-pointer", *SANITIZERS]

DIRECTIVES = {
    "language_level": 3,
    "cdivision": True,
    "boundscheck": CHECKED,
    "wraparound": False,
    "initializedcheck": CHECKED,
}
HEADERS = ["recommender/neighbors/_pruned.h", "recommender/neighbors/_pruned_lanes.h"]
KERNELS = [
    Extension(
        name,
        [name.replace(".", "/") + ".pyx"],
        depends=HEADERS if name.endswith("_pruned") else [],
        include_dirs=["recommender/neighbors"],
        extra_link_args=SANITIZERS if CHECKED else [],
        optional=not CHECKED,
    )
    for name in (
        "recommender.text._lexicon",
        "recommender.text._counting",
        "recommender.vectors._overlap",
        "recommender.vectors._weighing",
        "recommender.neighbors._pruned",
    )
]


class Kernels(build_ext):
    """Compiles with the flags of the compiler at hand; C files stay out of the source tree."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.cython_directives = DIRECTIVES
        self.cython_c_in_temp = True

    def build_extensions(self) -> None:
        for extension in self.extensions:
            msvc = self.compiler.compiler_type == "msvc"
            extension.extra_compile_args = MSVC if msvc else ARGUMENTS
        super().build_extensions()


class Sources(sdist):
    """Writes the archive with one time, one mode, no owner, and sorted names."""

    def make_archive(self, base_name: str, *_: object, base_dir: str, **__: object) -> str:
        archive = Path(f"{base_name}.tar.gz")
        archive.parent.mkdir(parents=True, exist_ok=True)
        names = sorted(path.as_posix() for path in Path(base_dir).rglob("*") if path.is_file())
        with (
            archive.open("wb") as file,
            gzip.GzipFile("", "wb", mtime=EPOCH, fileobj=file) as packed,
            tarfile.open(fileobj=packed, mode="w") as tar,
        ):
            for name in names:
                content = Path(name).read_bytes()
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(content), EPOCH
                tar.addfile(entry, io.BytesIO(content))
        return str(archive)


setup(ext_modules=KERNELS, cmdclass={"build_ext": Kernels, "sdist": Sources})
