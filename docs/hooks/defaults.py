"""Griffe extension: in the API each parameter has its own type and default.

Griffe gives all names of one entry (``title_weight, text_weight : float``) the default of the
first, and a setting's default is the argument of the call that declares it.
"""

from typing import Any

from griffe import (
    Alias,
    DocstringParameter,
    DocstringSectionKind,
    ExprCall,
    Extension,
    Module,
    Object,
)


class OwnDefaults(Extension):
    """Correct the parameters of every public docstring of a package."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """Walk over the package, once its objects are known."""
        self._correct(pkg)

    def _correct(self, parent: Object) -> None:
        for member in parent.members.values():
            if isinstance(member, Alias) or member.name.startswith("_"):
                continue
            if member.docstring and hasattr(member, "parameters"):
                for section in member.docstring.parsed:
                    if section.kind is DocstringSectionKind.parameters:
                        _correct_defaults(section.value, member.parameters)
            if not member.is_attribute:
                self._correct(member)


def _correct_defaults(described: list[DocstringParameter], parameters: Any) -> None:
    own = {parameter.name: parameter for parameter in parameters}
    for item in described:
        parameter = own.get(item.name)
        value = parameter.default if parameter else None
        declared = isinstance(value, ExprCall) and str(value.function) == "_setting"
        item.value = value.arguments[0] if declared else value
        if any(item.annotation is one.annotation for one in parameters):  # not the docstring's
            item.annotation = parameter.annotation if parameter else None
