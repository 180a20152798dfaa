"""The public names: which they are, that they are documented, and that they load late."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import recommender
from recommender import outputs, ranking, sources

PUBLIC = [
    (module, name)
    for module in (recommender, outputs, ranking, sources)
    for name in module.__all__
    if callable(getattr(module, name)) and name not in ("Stage", "Card")
]


def python(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Python in a process of its own."""
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("module", [recommender, outputs, ranking, sources])
def test_all_is_sorted_and_holds_names_that_exist(module: ModuleType) -> None:
    """Every public name can be imported and is listed once, in order: constants, classes, rest."""
    assert len(set(module.__all__)) == len(module.__all__)
    assert list(module.__all__) == sorted(
        module.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    assert all(hasattr(module, name) for name in module.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    """A missing name raises Python's usual error."""
    with pytest.raises(AttributeError, match="no attribute 'fit'"):
        recommender.fit  # noqa: B018  (the access is the test)


def test_dir_shows_the_names_not_yet_loaded() -> None:
    """Completion offers what is loaded late."""
    assert set(recommender.__all__) <= set(dir(recommender))


@pytest.mark.parametrize("name", recommender.__all__)
def test_public_name_is_the_same_however_often_and_late_it_is_asked_for(name: str) -> None:
    """No submodule of the same name ever takes the place of a public function."""
    import_module(getattr(recommender, name).__module__)
    assert callable(getattr(recommender, name))
    assert getattr(recommender, name) is getattr(recommender, name)
    assert not isinstance(getattr(recommender, name), ModuleType)


def test_import_loads_nothing_heavy() -> None:
    """`import recommender` loads neither pandas, scikit-learn, SciPy nor NumPy."""
    loaded = python("import recommender", "-X", "importtime").stderr
    modules = {line.rsplit("|")[-1].strip().split(".")[0] for line in loaded.splitlines()}
    assert "recommender" in modules
    assert not modules & {"pandas", "sklearn", "scipy", "numpy", "msgspec", "click"}


def test_command_line_starts_without_the_heavy_libraries() -> None:
    """Help and settings come at once: they load no table and no matrix."""
    heavy = "{'pandas', 'sklearn', 'scipy', 'numpy'}"
    code = f"import sys, recommender.cli.main; print({heavy} & set(sys.modules))"
    assert python(code).stdout.strip() == "set()"


def test_fit_does_not_load_scikit_learn() -> None:
    """scikit-learn's import costs a second, and no build needs it."""
    code = "import sys, recommender.model, recommender.sources; print('sklearn' in sys.modules)"
    assert python(code).stdout.strip() == "False"


def test_parts_of_numpy_that_no_build_needs_load_when_used() -> None:
    """SciPy names them at its import; they are there for whoever asks for more."""
    code = (
        "import sys, numpy as np, recommender.cli.steps as workflow;"
        "workflow._load_when_used(workflow.SELDOM_USED); import recommender.model;"
        "print(sum(name.startswith(workflow.SELDOM_USED) for name in sys.modules));"
        "print(np.testing.assert_allclose(1, 1), np.f2py.crackfortran.__name__)"
    )
    assert python(code).stdout.split() == ["2", "None", "numpy.f2py.crackfortran"]


def test_a_build_does_without_them(tmp_path: Path) -> None:
    """Nothing that it loads before loads SciPy, whose import would load them."""
    articles = [{"id": name, "title": name, "text": "rye and oats"} for name in "abc"]
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, articles)))
    code = (
        "import sys; from recommender.cli.main import cli;"
        f"cli.main(['-q', 'build', {str(source)!r}, '-o', {str(tmp_path / 'a.json')!r}],"
        " standalone_mode=False);"
        "print([type(sys.modules[name]).__name__ for name in ('numpy.f2py', 'numpy.testing')])"
    )
    assert python(code).stdout.strip() == "['_LazyModule', '_LazyModule']"


@pytest.mark.parametrize(
    ("module", "name"), PUBLIC, ids=lambda part: getattr(part, "__name__", part)
)
def test_public_name_is_documented(module: ModuleType, name: str) -> None:
    """A public function or class says in its first line what it does."""
    assert (inspect.getdoc(getattr(module, name)) or "").splitlines()[0].endswith((".", ":"))


@pytest.mark.parametrize("name", recommender.__all__)
def test_top_level_name_has_an_example(name: str) -> None:
    """Every name at the top level has an example."""
    doc = inspect.getdoc(getattr(recommender, name)) or ""
    assert "\nExamples\n--------\n>>> " in doc


@pytest.mark.parametrize("name", recommender.__all__)
def test_top_level_name_is_annotated(name: str) -> None:
    """Every parameter and result of the top level has its type."""
    target: Any = getattr(recommender, name)
    signature = inspect.signature(target.__init__ if inspect.isclass(target) else target)
    parameters = [p for p in signature.parameters.values() if p.name != "self"]
    assert all(p.annotation is not inspect.Parameter.empty for p in parameters)
    assert signature.return_annotation is not inspect.Signature.empty


def test_package_says_that_it_is_typed() -> None:
    """Type checkers of users read our annotations."""
    assert (resources.files("recommender") / "py.typed").is_file()


def test_package_carries_its_data() -> None:
    """Stop lists, schema and page are installed with the package."""
    files = resources.files("recommender")
    for name in (
        "text/stopwords/en.txt",
        "sources/html/formulas/en.txt",
        "outputs/schema.json",
        "pages/preview.html",
    ):
        assert (files / name).is_file()
