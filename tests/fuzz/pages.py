"""Links and forms of a page, as a browser finds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from triage.policy.access import Role


@dataclass(frozen=True, slots=True)
class Field:
    """`offered` are the values that a list or a box offers; `kind` is the type of an input, or the element's name."""

    name: str
    value: str
    kind: str
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """`page` is where it stands, `role` who saw it there."""

    page: str
    role: Role
    method: str
    action: str
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    @property
    def holds_state(self) -> bool:
        """Whether a hidden field says what the page was made of, a version or a seal: an old one is refused."""
        return any(field.kind == "hidden" and field.name != "csrf_token" for field in self.fields)

    @property
    def has_file(self) -> bool:
        return any(field.kind == "file" for field in self.fields)


def forms_of(page: str, path: str, role: Role) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    return [
        Form(path, role, form.method, _local(form.action, path) or path.partition("?")[0], tuple(form.fields))
        for form in reader.forms
    ]


def links_of(page: str, path: str) -> list[str]:
    """Addresses of ours, each once, in the order of the page."""
    reader = _Reader()
    reader.feed(page)
    found = (_local(link, path) for link in reader.links)
    return list(dict.fromkeys(link for link in found if link and not link.startswith("/static/")))


def _local(link: str, path: str) -> str | None:
    parts = urlsplit(urljoin(f"https://afterhours.example{path}", urldefrag(link).url))
    if parts.netloc != "afterhours.example" or parts.scheme != "https":
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(slots=True)
class _Open:
    method: str
    action: str
    fields: list[Field] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[_Open] = []
        self._form: _Open | None = None
        self._select: tuple[str, list[str], list[str]] | None = None
        self._area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            self._form = _Open(given.get("method", "get").upper(), given.get("action", ""))
            self.forms.append(self._form)
        elif self._form is not None and given.get("name"):
            self._field(tag, given)
        elif tag == "option" and self._select is not None:
            self._select[1].append(given.get("value", ""))
            if "selected" in given:
                self._select[2].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select is not None:
            name, offered, chosen = self._select
            self._select = None
            if self._form is not None:
                value = (chosen or offered or [""])[0]
                self._form.fields.append(Field(name, value, "select", tuple(offered)))
        elif tag == "textarea" and self._area is not None:
            name, words = self._area
            self._area = None
            if self._form is not None:
                self._form.fields.append(Field(name, "".join(words).strip(), "textarea"))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        if tag == "select":
            self._select = (given["name"], [], [])
        elif tag == "textarea":
            self._area = (given["name"], [])
        elif tag in {"input", "button"} and self._form is not None:
            kind, value = given.get("type", "text"), given.get("value", "")
            is_box = kind in {"checkbox", "radio"} or tag == "button"
            offered = (value,) if is_box else ()
            shown = value if not is_box or "checked" in given else ""
            self._form.fields.append(Field(given["name"], shown, "button" if tag == "button" else kind, offered))
