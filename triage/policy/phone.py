"""How our number answers and what callers hear, field for field as `config/policy.toml` writes it."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from triage.policy.fields import KeyWait, Ringing, Span, Value, seconds_between

Language = Literal["en", "es"]
Number = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]

_BLANKS = {
    "opening": ("window",),
    "promise": ("within",),
    "billed": ("rate", "minimum"),
    "emergency": ("percent",),
    "hello": ("name", "dealer"),
    "hello_left": ("name", "dealer", "left"),
    "hello_not_now": ("name", "dealer", "left"),
    "number": ("number",),
    "number_of_case": ("number",),
    "number_kept": ("number",),
    "number_listed": ("number",),
    "number_listed_kept": ("number",),
    "server": ("due",),
    "promised": ("reference", "due"),
    "overdue": ("reference",),
    "deferred": ("reference", "due"),
    "kept": ("reference",),
}
"""What a sentence may leave to be filled in; a sentence that is not named here says the same in every call."""

_VOICES = {
    "en-US": ("Ivy", "Joanna", "Joey", "Justin", "Kendra", "Kimberly", "Matthew", "Salli", "Danielle", "Ruth"),
    "es-US": ("Lupe", "Miguel", "Penelope", "Pedro"),
    "es-MX": ("Mia", "Andres"),
    "es-ES": ("Conchita", "Enrique", "Lucia", "Sergio"),
}
"""Amazon Polly's voices by language, as Twilio offers them: a voice of another language fails the verb."""


class Phone(Value):
    """How our number answers. `languages`: the first is spoken until the caller asks for the other."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    blocked: tuple[Number, ...]
    day_desk: Annotated[tuple[Number, ...], Field(max_length=10)]
    day_desk_rings: Ringing
    key_wait: KeyWait
    number_wait: KeyWait
    tells_account: bool
    pin_tries: Annotated[int, Field(ge=1)]
    pin_tries_within: Annotated[Span, seconds_between(60, 2_592_000)]
    max_length: Annotated[Span, seconds_between(10, 3600)]
    silence: Annotated[Span, seconds_between(2, 60)]

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        if len(set(languages)) < len(languages):
            raise ValueError("name each language once")
        return languages


class Words(Value):
    """Texts that are spoken; each names the blanks that it leaves, and no others."""

    @field_validator("*")
    @classmethod
    def _only_known_blanks(cls, text: object, field: ValidationInfo) -> object:
        if not isinstance(text, str):
            return text
        known = _BLANKS.get(field.field_name or "", ())
        try:
            text.format(**dict.fromkeys(known, ""))
        except (KeyError, IndexError, ValueError, AttributeError, TypeError):
            blanks = " and ".join(f"{{{name}}}" for name in known)
            raise ValueError(f"the blanks here are {blanks}" if known else "there is no blank here") from None
        return text


class WindowNames(Words):
    """What each window is called in a greeting."""

    support_hours: str
    evening: str
    overnight: str
    other: str


class Sentences(Words):
    """What callers hear in one language. `language` and `voice` are Twilio's, and have to fit each other."""

    language: Annotated[str, Field(pattern="^[a-z]{2}-[A-Z]{2}$")]
    voice: str
    chosen_by: str
    windows: WindowNames
    hello: str
    hello_left: str
    hello_not_now: str
    opening: str
    promise: str
    billed: str
    emergency: str
    emergency_noted: str
    pin: str
    no_pin: str
    product: str
    server: str
    discontinued: str
    no_exception: str
    attest: str
    noted: str
    number: str
    number_of_case: str
    number_listed: str
    withheld: str
    not_callable: str
    key_number: str
    no_number: str
    not_dialled: str
    number_kept: str
    number_listed_kept: str
    say_number: str
    strange_key: str
    record: str
    promised: str
    overdue: str
    deferred: str
    kept: str
    thanks: str
    nothing: str
    little: str
    desk: str
    unattended: str

    @model_validator(mode="after")
    def _a_voice_of_the_language(self) -> Self:
        if self.voice in {"man", "woman"} or self.voice.startswith(f"Google.{self.language}-"):
            return self
        names = _VOICES.get(self.language, ())
        if names and not re.fullmatch(rf"Polly\.({'|'.join(names)})(-Neural|-Generative)?", self.voice):
            raise ValueError(
                f"{self.voice!r} does not speak {self.language}; write one of Polly.{', Polly.'.join(names)}"
            )
        return self


class Spoken(Value):
    """What callers hear in each language."""

    en: Sentences
    es: Sentences

    @model_validator(mode="after")
    def _each_in_its_language(self) -> Self:
        for name in type(self).model_fields:
            sentences: Sentences = getattr(self, name)
            if not sentences.language.startswith(f"{name}-"):
                raise ValueError(f"{name}.language is {sentences.language}; write a language that begins with {name}-")
        return self
