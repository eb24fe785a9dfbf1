"""Reading an .ics file, of which only what shifts need is looked at."""

from __future__ import annotations

from icalendar import Event
from icalendar.cal.component_factory import ComponentFactory
from icalendar.parser import Parameters
from icalendar.parser.content_line import Contentline
from icalendar.parser.ical.component import ComponentIcalParser
from icalendar.prop import TypesFactory

_NEEDED = {"SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_LONGEST_ZONE = 80
_MOST_SLASHES = 6


class CalendarReader(ComponentIcalParser):
    """Takes no zones that a file defines: their rules could repeat without end, and would count for later files too."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content, ComponentFactory(), TypesFactory.instance())

    def events(self) -> list[Event]:
        """Every event. Raises ValueError, KeyError, IndexError, TypeError, AttributeError or OverflowError."""
        [calendar] = self.parse()
        return [event for event in calendar.walk("VEVENT") if isinstance(event, Event)]

    def handle_end_component(self, vals: str) -> None:  # noqa: ARG002 - named, it would make a zone
        super().handle_end_component("")

    def handle_property(self, name: str, params: Parameters, vals: str, line: Contentline) -> None:
        zone = str(params.get("TZID", ""))
        if len(zone) > _LONGEST_ZONE or zone.count("/") > _MOST_SLASHES:  # each end of it is looked up
            raise ValueError("no zone has a name as long as that")
        if name in _NEEDED or self.component is None:
            super().handle_property(name, params, vals, line)
