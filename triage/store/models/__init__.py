"""Every table. Importing this package is what makes the metadata whole."""

from triage.store.models.account import Account, FormKey, Invitation, RecoveryCode, SignIn, SignInAttempt
from triage.store.models.alert import Alert, BlockedPhone, Delivery, Report
from triage.store.models.bridge import Bridge
from triage.store.models.calendar_feed import CalendarFeed
from triage.store.models.call import Call, InboundText, LookUp
from triage.store.models.case import Case, Timer, Voicemail
from triage.store.models.event import ChainCheck, ChainHead, Event
from triage.store.models.letter import Letter
from triage.store.models.number_change import NumberChange
from triage.store.models.recording import RecordingCopy
from triage.store.models.session import Attempt, BillableSession, BillingLine
from triage.store.models.version import CanaryRun, Heartbeat, Mark, PolicyVersion, RosterVersion

__all__ = [
    "Account",
    "Alert",
    "Attempt",
    "BillableSession",
    "BillingLine",
    "BlockedPhone",
    "Bridge",
    "CalendarFeed",
    "Call",
    "CanaryRun",
    "Case",
    "ChainCheck",
    "ChainHead",
    "Delivery",
    "Event",
    "FormKey",
    "Heartbeat",
    "InboundText",
    "Invitation",
    "Letter",
    "LookUp",
    "Mark",
    "NumberChange",
    "PolicyVersion",
    "RecordingCopy",
    "RecoveryCode",
    "Report",
    "RosterVersion",
    "SignIn",
    "SignInAttempt",
    "Timer",
    "Voicemail",
]
