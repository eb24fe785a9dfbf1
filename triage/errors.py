"""What can go wrong, by what it means for the one who asked.

Raised with facts; the docstring is the sentence where none is given.
"""

from __future__ import annotations


class TriageError(Exception):
    """Something went wrong."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "").strip()


class ConfigurationError(TriageError):
    """The configuration does not make a working daemon. Raised at start only; the process exits with 2."""


class NotFound(TriageError):
    """There is no such record."""


class Refused(TriageError):
    """The rules do not allow it."""


class TooManyAttempts(Refused):
    """Too many attempts failed: wait, then try again."""


class NobodyToCall(Refused):
    """Nothing says who is to be called: there is no number, and no message that could name one."""


class IllegalTransition(Refused):
    """The case cannot do that in the state it is in."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"a case that is {state} cannot {event}")
        self.state = state
        self.event = event


class MovedOn(Refused):
    """Somebody did something with the case meanwhile: look at it again."""


class WouldBillTwice(Refused):
    """Another program of accounting has these invoices already."""


class StaleRow(TriageError):
    """Somebody else changed the row first; nothing was written."""


class StoreUnavailable(TriageError):
    """The database does not answer; the request may be repeated."""


class StoreLocked(StoreUnavailable):
    """The database is well, but somebody else has been writing to it for too long."""


class Busy(TriageError):
    """Too many people sign in at this moment: try again in a few seconds."""


class ProviderUnavailable(TriageError):
    """The sign-in provider does not answer as it should: nobody was let in, and nobody was refused."""


class FolderUnusable(TriageError):
    """The folder of the recordings cannot be read or written."""


class BackupFailed(TriageError):
    """No backup was made, or one is damaged; nothing is half there."""


class MoveFailed(TriageError):
    """The database was not moved: the new one is as empty as it was."""


class AnomalousRequest(TriageError):
    """Not what the phone system sends. Answered with 400; logged with ids only."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class TransportError(TriageError):
    """A message or call certainly did not go out.

    `permanent` means that repeating it cannot help; `code` is the provider's own number, where it gave one.
    """

    def __init__(self, reason: str, *, permanent: bool, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.code = code


class OutcomeUnknown(TriageError):
    """The provider did not answer in time, or answered with its own failure: it may have gone out."""
