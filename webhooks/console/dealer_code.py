"""A dealer's code as a part of an address: accounting chose it, and some characters and words mean something there."""

from __future__ import annotations

from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

_TAKEN = {"import", "new", ".", ".."}
"""What an address of ours, or a browser, takes for something else."""
_SLASH, _MARK = "~", "~~"
"""No code has this character."""


class DealerCode(BaseConverter):
    """`A/7` as `A~7`, and a code that is a word of our addresses behind a mark: `~~import`."""

    def to_python(self, value: str) -> str:
        if value.startswith(_MARK) and value.removeprefix(_MARK) in _TAKEN:
            return value.removeprefix(_MARK)
        return value.replace(_SLASH, "/")

    def to_url(self, value: str) -> str:
        return super().to_url(f"{_MARK}{value}" if value in _TAKEN else value.replace("/", _SLASH))


def add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["dealer"] = DealerCode
