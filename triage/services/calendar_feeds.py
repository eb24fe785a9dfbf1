"""Secret addresses under which calendars read who is on call."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from triage.errors import NotFound, Refused
from triage.policy.bookings import BookingState
from triage.policy.calendar_feed import LOOKS_AHEAD, LOOKS_BACK, Booked, feed
from triage.services.booking_records import list_bookings
from triage.services.desk import Desk
from triage.services.passwords import digest
from triage.services.sign_in import SignedIn
from triage.store import calendar_feeds
from triage.store.models import CalendarFeed

_MOST = 10


@dataclass(frozen=True, slots=True)
class Feed:
    """`whose` is the name of a person, or `everybody`."""

    number: int
    whose: str
    made_at: datetime


def list_feeds(desk: Desk, who: SignedIn) -> list[Feed]:
    """The addresses of whoever is signed in, the newest first."""
    with desk.store.read() as session:
        names = {person.id: person.name for person in desk.roster(session).people}
        return [
            Feed(row.id, names.get(row.person_id, row.person_id) if row.person_id else "everybody", row.made_at)
            for row in calendar_feeds.of_account(session, who.account_id)
        ]


def make_feed(desk: Desk, who: SignedIn, person_id: str | None, now: datetime) -> str:
    """A new address: its token, which nobody can show again. Raises Refused."""
    token = secrets.token_urlsafe(32)
    with desk.store.write() as tx:
        if person_id is not None and desk.roster(tx.session).person(person_id) is None:
            raise Refused("There is no such person on the roster.")
        if len(calendar_feeds.of_account(tx.session, who.account_id)) >= _MOST:
            raise Refused(f"You have {_MOST} addresses: revoke one that you do not need.")
        row = CalendarFeed(account_id=who.account_id, person_id=person_id, token_hash=digest(token), made_at=now)
        tx.session.add(row)
        tx.session.flush()
        tx.record("calendar_feed_made", at=now, actor=who.actor, feed=row.id, person=person_id)
    return token


def revoke_feed(desk: Desk, who: SignedIn, number: int, now: datetime) -> None:
    """From now on the address shows nothing. Raises NotFound where it is none of one's own."""
    with desk.store.write() as tx:
        own = calendar_feeds.of_account(tx.session, who.account_id)
        row = next((row for row in own if row.id == number), None)
        if row is None:
            raise NotFound("You have no such address.")
        row.revoked_at = now
        tx.record("calendar_feed_revoked", at=now, actor=who.actor, feed=row.id, person=row.person_id)


def read_feed(desk: Desk, token: str, now: datetime) -> bytes:
    """The calendar behind an address, as iCalendar. Raises NotFound where it is revoked or never was one."""
    with desk.store.read() as session:
        row = calendar_feeds.of_token(session, digest(token))
        if row is None:
            raise NotFound("There is no calendar here.")
        roster, person_id = desk.roster(session), row.person_id
    found = list_bookings(desk, now - LOOKS_BACK, now + LOOKS_AHEAD, now)
    booked = [
        Booked(each["booking"], each["technician"], each["dealer_name"], each["starts_at"], each["ends_at"])
        for each in found
        if each["state"] != BookingState.CANCELLED and person_id in {None, each["person"]}
    ]
    return feed(roster, person_id, now, booked)
