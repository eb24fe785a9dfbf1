"""The audio of recordings, fetched from Twilio and deleted there.

The address is built from our account and the recording's SID: the one that a webhook posts is never asked for.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from triage.errors import OutcomeUnknown, TransportError
from triage.ports import TakesBytes
from triage.transports.in_time import within
from triage.transports.twilio_client import TIMEOUT_SECONDS, Account, answered, is_not_found, our_errors

LARGEST_BYTES = 64 * 1024 * 1024
"""More than an hour at Twilio's 128 kbit/s."""

LONGEST_SECONDS = 90
"""For a whole download."""

_CHUNK = 64 * 1024
_WAV_HEADER = 12


class TwilioRecordings:
    """Audio as Twilio keeps it: WAV files."""

    def __init__(self, client: Any, account: Account) -> None:
        self._client = client
        self._account = account

    def fetch(self, recording_sid: str, into: TakesBytes) -> bool:
        with our_errors(), within(LONGEST_SECONDS), self._get(self._address(recording_sid)) as answer:
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return False
            if answer.status_code != HTTPStatus.OK:
                raise _refused(answer.status_code)
            _copy(answer, into)
            return True

    def delete(self, recording_sid: str) -> None:
        try:
            with our_errors():
                self._client.recordings(recording_sid).delete()
        except TransportError as error:
            if not is_not_found(error):
                raise

    def _get(self, address: str) -> Any:
        """An answer whose body is still to be read. Twilio's client itself gives nothing but text."""
        return self._client.http_client.session.get(
            address,
            auth=self._client.auth,
            headers={"Accept-Encoding": "identity"},  # so that the length is that of the file
            stream=True,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,  # credentials go to Twilio only, and Twilio redirects no recording
        )

    def _address(self, recording_sid: str) -> str:
        if not re.fullmatch("RE[0-9a-fA-F]{32}", recording_sid):
            raise TransportError("that is no SID of a recording", permanent=True)
        base, account_sid = self._client.api.base_url, self._account.account_sid
        return f"{base}/2010-04-01/Accounts/{account_sid}/Recordings/{recording_sid}.wav"


def _refused(status: int) -> TransportError | OutcomeUnknown:
    """No refusal is for ever: credentials and accounts are mended."""
    error = answered(status)
    return TransportError(error.reason, permanent=False) if isinstance(error, TransportError) else error


def _copy(answer: Any, into: TakesBytes) -> None:
    """Copy the whole body; raises where it is no WAV file, is not as long as announced, or longer than allowed."""
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > LARGEST_BYTES:
        raise _too_large()
    size, beginning = 0, b""
    for chunk in answer.iter_content(_CHUNK):
        size += len(chunk)
        if size > LARGEST_BYTES:
            raise _too_large()
        if len(beginning) < _WAV_HEADER:
            beginning += chunk[:_WAV_HEADER]
        into.write(chunk)
    if announced.isdecimal() and int(announced) != size:
        raise OutcomeUnknown(f"{size} of {announced} bytes of the recording came")
    if not (beginning[:4] == b"RIFF" and beginning[8:12] == b"WAVE"):
        raise OutcomeUnknown("what came is no WAV file")


def _too_large() -> TransportError:
    return TransportError(f"the recording is larger than {LARGEST_BYTES // 1024 // 1024} MB", permanent=True)
