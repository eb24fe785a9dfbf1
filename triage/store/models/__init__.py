"""Every table. Importing this package is what makes the metadata whole."""

from triage.store.models.account import Account, FormKey, Invitation, RecoveryCode, SignIn, SignInAttempt
from triage.store.models.alarm import AlarmRow
from triage.store.models.alert import Alert, BlockedPhone, Delivery, Report
from triage.store.models.booking import Booking
from triage.store.models.bridge import Bridge
from triage.store.models.calendar_feed import CalendarFeed
from triage.store.models.call import Call, InboundText, LookUp, PinTry
from triage.store.models.case import Case, Timer, Voicemail
from triage.store.models.dealer import Dealer, DealerPhone, DealerTechnician, PinSalt, Purchase, Site
from triage.store.models.event import ChainCheck, ChainHead, Event
from triage.store.models.invoice import Invoice, InvoiceFile, InvoiceRun
from triage.store.models.kept_month import KeptMonth
from triage.store.models.ledger import BorrowRequest, LedgerEntry
from triage.store.models.letter import Letter
from triage.store.models.number_change import NumberChange
from triage.store.models.recording import RecordingCopy
from triage.store.models.session import Attempt, BillableSession, BillingLine, Expense, WorkSpan
from triage.store.models.version import CanaryRun, Heartbeat, Mark, PolicyVersion, RosterVersion

__all__ = [
    "Account",
    "AlarmRow",
    "Alert",
    "Attempt",
    "BillableSession",
    "BillingLine",
    "BlockedPhone",
    "Booking",
    "BorrowRequest",
    "Bridge",
    "CalendarFeed",
    "Call",
    "CanaryRun",
    "Case",
    "ChainCheck",
    "ChainHead",
    "Dealer",
    "DealerPhone",
    "DealerTechnician",
    "Delivery",
    "Event",
    "Expense",
    "FormKey",
    "Heartbeat",
    "InboundText",
    "Invitation",
    "Invoice",
    "InvoiceFile",
    "InvoiceRun",
    "KeptMonth",
    "LedgerEntry",
    "Letter",
    "LookUp",
    "Mark",
    "NumberChange",
    "PinSalt",
    "PinTry",
    "PolicyVersion",
    "Purchase",
    "RecordingCopy",
    "RecoveryCode",
    "Report",
    "RosterVersion",
    "SignIn",
    "SignInAttempt",
    "Site",
    "Timer",
    "Voicemail",
    "WorkSpan",
]
