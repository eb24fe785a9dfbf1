"""What each entry of the history means, for somebody who has never seen the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from triage.policy.twilio_words import is_not_answered

EVENT_WORDS = {
    "account_disabled": "An account was disabled",
    "account_invited": "Somebody was invited to the console",
    "acknowledged": "Taken by a technician",
    "alert_made": "Alerted",
    "at_risk": "The promise is at risk: the deadline is near",
    "attempted": "Tried to call back, reached nobody",
    "became_emergency": "The caller made it an emergency",
    "billed_anew": "Billed anew",
    "ledger_entry": "Ledger entry",
    "overage_billed": "Time over the credits billed",
    "billed": "Priced by the contract",
    "breach_was_early": "Breach taken back: our clock was ahead, the deadline lies ahead",
    "breach_withdrawn": "Breach withdrawn: the callback had been made in time",
    "breached": "Promise broken: the deadline passed without a callback",
    "calendar_feed_made": "An address of a calendar feed was made",
    "calendar_feed_revoked": "An address of a calendar feed was revoked",
    "call_asked_for": "Asked to be put through to the caller",
    "call_ended": "The call to the caller ended",
    "call_found": "A call without a message was found in the phone system's list",
    "call_measured": "The phone network measured the call",
    "call_refused": "The call was refused by the rules for dialling",
    "call_waits": "A call waits until the line is free",
    "callback_withdrawn": "Callback taken back: it had reached a voicemail box",
    "called_back": "Called back",
    "caller_answered": "The caller picked up",
    "caller_dialled": "The caller is dialled",
    "caller_learnt": "The caller's number became known",
    "caller_text_planned": "A text to the caller was planned",
    "caller_text_withheld": "A text to the caller was withheld",
    "canary_failed": "The test call failed",
    "canary_passed": "The test call passed",
    "canary_started": "A test call began",
    "case_exported": "The case was exported as a pack",
    "case_opened": "Case opened",
    "clock_was_ahead": "The machine's clock had been ahead and was put back",
    "closed": "Closed",
    "coverage_gap": "Nights ahead have nobody on call",
    "delivery_accepted": "The phone system took a text or call",
    "delivery_delivered": "A text arrived, or a call was answered",
    "delivery_failed": "A text or call failed, or nobody answered it",
    "delivery_repeated": "A text or call was repeated",
    "delivery_unknown": "Nobody knows whether a text or call went out",
    "desk_answered": "The day desk answered",
    "desk_rung": "The day desk was rung",
    "found_by_reconciler": "Found in the phone system's list: no report of it had come",
    "given_up": "Given up: it could not be taken from the phone system's list",
    "handed_over": "Handed over",
    "head_published": "The day's head of the history was published",
    "hearing_asked_for": "Asked to hear the message by phone",
    "history_checked": "The chain of the history was checked",
    "history_exported": "The history was exported",
    "invoice_made": "An invoice was made",
    "invoice_printed": "An invoice was printed",
    "invoices_exported": "Invoices were handed to accounting",
    "invitation_accepted": "An invitation was accepted",
    "identity_bound": "Somebody's identity at the sign-in provider was bound to their account",
    "key_pressed": "A key was pressed in an alert call",
    "keyed": "The caller pressed a key",
    "ladder_exhausted": "The ladder has ended: nobody took the case",
    "ladder_moved_on": "The next alert comes at once",
    "ladder_resumed": "No callback in time: the ladder goes on",
    "length_doubted": "More work was stated than there was time for",
    "listed": "Listed for review: no support is owed",
    "lists_behind": "A list of the phone system is not read",
    "message_learnt_from": "A further message told more",
    "nobody_on_call": "Nobody is on call",
    "not_billed": "Not billed",
    "noted": "Note",
    "number_change_asked": "Somebody asked for another telephone number",
    "number_change_refused": "A wrong code was given for another telephone number",
    "number_change_verified": "Another telephone number was proven",
    "number_keyed": "The caller keyed in another number to call",
    "number_set": "Our number was set up at the phone system",
    "opted_in": "Somebody takes our texts again",
    "opted_out": "Somebody opted out of our texts",
    "outage": "The scheduler was down",
    "owner_asked_again": "Whoever had it is asked again: they took it before it was an emergency",
    "passed": "Passed on",
    "password_changed": "A password was changed",
    "policy_loaded": "A version of the policy came into force",
    "recording_confirmed": "The phone system confirmed the recording",
    "recording_damaged": "Our copy of the recording was found to be changed",
    "recording_delayed": "The recording cannot be fetched yet",
    "recording_deleted_at_provider": "The phone system's copy of the recording was deleted",
    "recording_exported": "The recording was handed out in a pack",
    "recording_kept": "The recording is on our disk",
    "recording_missing": "The recording could not be fetched",
    "recording_played": "The recording was played",
    "recording_removed": "Our copy of the recording was removed: its time was over",
    "reopened": "Opened again after it was closed",
    "report_exported": "A report was exported",
    "report_mailed": "The monthly report was sent by e-mail",
    "report_not_mailed": "The monthly report could not be sent by e-mail",
    "resorted": "Sorted anew by the phone system's own times",
    "account_linked": "An account got another person of the roster",
    "role_changed": "An account got another role",
    "roster_changed": "The roster was changed",
    "roster_loaded": "A roster file was loaded",
    "second_factor_set_up": "A second factor was set up",
    "session_corrected": "The session was corrected",
    "sign_in_failed": "A sign-in failed",
    "sign_ins_ended": "Sign-ins were ended",
    "signed_in": "Signed in",
    "signed_out": "Signed out",
    "started": "The support day began: the case was opened to the technicians",
    "status_asked": "The caller asked how it stands",
    "test_alert_sent": "A test alert was sent",
    "test_call_dismissed": "Closed: it was a test call of ours",
    "text_from_caller": "The caller sent a text",
    "text_from_stranger": "A text came from a number that is not known",
    "transcribed": "The words of the recording came",
    "voicemail_box": "Said to have been a voicemail box",
    "voicemail_left": "Voicemail left",
}

EVENT_GROUPS: dict[str, frozenset[str]] = {
    "A case and its promise": frozenset(
        [
            "acknowledged",
            "at_risk",
            "became_emergency",
            "billed",
            "breach_was_early",
            "breach_withdrawn",
            "breached",
            "case_exported",
            "case_opened",
            "closed",
            "handed_over",
            "length_doubted",
            "listed",
            "message_learnt_from",
            "not_billed",
            "noted",
            "passed",
            "reopened",
            "resorted",
            "session_corrected",
            "started",
        ]
    ),
    "Alerts, texts and calls to technicians": frozenset(
        [
            "alert_made",
            "delivery_accepted",
            "delivery_delivered",
            "delivery_failed",
            "delivery_repeated",
            "delivery_unknown",
            "key_pressed",
            "ladder_exhausted",
            "ladder_moved_on",
            "ladder_resumed",
            "nobody_on_call",
            "opted_in",
            "opted_out",
            "owner_asked_again",
            "test_alert_sent",
        ]
    ),
    "Dealers and what they owe": frozenset(
        [
            "billed_anew",
            "ledger_entry",
            "overage_billed",
        ]
    ),
    "Calls back": frozenset(
        [
            "attempted",
            "call_asked_for",
            "call_ended",
            "call_measured",
            "call_refused",
            "call_waits",
            "callback_withdrawn",
            "called_back",
            "caller_answered",
            "caller_dialled",
            "voicemail_box",
        ]
    ),
    "Callers": frozenset(
        [
            "caller_learnt",
            "caller_text_planned",
            "caller_text_withheld",
            "desk_answered",
            "desk_rung",
            "keyed",
            "number_keyed",
            "status_asked",
            "text_from_caller",
            "text_from_stranger",
            "voicemail_left",
        ]
    ),
    "Recordings": frozenset(
        [
            "hearing_asked_for",
            "recording_confirmed",
            "recording_damaged",
            "recording_delayed",
            "recording_deleted_at_provider",
            "recording_exported",
            "recording_kept",
            "recording_missing",
            "recording_played",
            "recording_removed",
            "transcribed",
        ]
    ),
    "Accounts and sign-in": frozenset(
        [
            "account_disabled",
            "account_invited",
            "account_linked",
            "identity_bound",
            "invitation_accepted",
            "password_changed",
            "role_changed",
            "second_factor_set_up",
            "sign_in_failed",
            "sign_ins_ended",
            "signed_in",
            "signed_out",
        ]
    ),
    "Invoices": frozenset(
        [
            "invoice_made",
            "invoice_printed",
            "invoices_exported",
        ]
    ),
    "People and the roster": frozenset(
        [
            "calendar_feed_made",
            "calendar_feed_revoked",
            "coverage_gap",
            "number_change_asked",
            "number_change_refused",
            "number_change_verified",
            "roster_changed",
            "roster_loaded",
        ]
    ),
    "The program": frozenset(
        [
            "call_found",
            "canary_failed",
            "canary_passed",
            "canary_started",
            "clock_was_ahead",
            "found_by_reconciler",
            "given_up",
            "head_published",
            "history_checked",
            "history_exported",
            "lists_behind",
            "number_set",
            "outage",
            "policy_loaded",
            "report_exported",
            "report_mailed",
            "report_not_mailed",
            "test_call_dismissed",
        ]
    ),
}
"""Kinds by what they are about: each that has words stands in one group."""

ALERT_WORDS = {
    "ladder": "somebody has to take it",
    "emergency": "theirs, and now an emergency",
    "resume": "no callback yet",
    "at_risk": "the promise is at risk",
    "breach": "overdue",
    "by_name": "asked for by name",
    "nobody": "nobody is on call",
    "exhausted": "nobody took it",
}


def event_in_words(kind: str, details: Mapping[str, Any] | None = None) -> str:
    """The words for a kind of entry and what it says; a kind of another release by its own name."""
    if kind == "voicemail_left" and details and details.get("recorded") is False:
        return "Called, and no words were recorded"
    if channel := (details or {}).get("channel"):
        what = "A text" if channel == "sms" else "A call"
        if kind == "delivery_delivered":
            return f"{what} {'arrived' if channel == 'sms' else 'was answered'}"
        if kind == "delivery_failed":
            why = (details or {}).get("why")
            return f"{what}: {why}" if is_not_answered(channel, why) else f"{what} failed"
    return EVENT_WORDS.get(kind, kind.replace("_", " ").capitalize())
