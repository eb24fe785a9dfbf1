"""What a backup is, when one is due, and which of the old ones go. Rules without input or output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from triage.errors import Refused
from triage.policy.gsm7 import one_line
from triage.policy.hours import instant, local
from triage.policy.terms import Terms

TRY_AGAIN_AFTER = timedelta(hours=1)
_LONGEST_TOLD = 90

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Where backups go, at what time of day by the contract's clock, and how many stay."""

    folder: Path
    at: time
    keep: int


class KeptRecording(BaseModel):
    """One recording of a backup, by the name it has on our disk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-z-]+\.wav$")]
    sha256: Sha256
    size: Count


def as_kept(name: str | None, sha256: str | None, size: int | None) -> KeptRecording | None:
    """A recording as a row has it; None where that is none that we fetched."""
    try:
        return KeptRecording.model_validate({"name": name, "sha256": sha256, "size": size})
    except ValidationError:
        return None


class Manifest(BaseModel):
    """What lies beside the copy of a database and says what is in it.

    `rows` is how many there are by table, `chain_number` and `chain_hash` the newest entry of the history. `fault` is
    what of the history did not fit when the backup was made; None where all did. `lacking` are the names of
    recordings whose file was missing or changed then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: Literal[1] = 1
    made_at: AwareDatetime
    program: str
    database: Literal["sqlite", "postgresql"]
    file: str
    sha256: Sha256
    size: Count
    revision: Annotated[str, StringConstraints(pattern="^[0-9]{4}_[a-z0-9_]+$")]
    chain_number: Count
    chain_hash: Sha256
    fault: str | None
    rows: dict[str, Count]
    recordings: tuple[KeptRecording, ...]
    lacking: tuple[str, ...]


def read_manifest(text: str, name: str) -> Manifest:
    """The manifest as it is written. Raises Refused where it is none of ours."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise Refused(
            f"{name} is no manifest of a backup that this program reads: {where or 'it'}: {fault['msg']}"
        ) from None


def stem_of(made_at: datetime) -> str:
    """The name of a backup without its ending: afterhours-20260310T140000Z."""
    return f"afterhours-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def is_due(plan: BackupPlan, made: datetime | None, tried: datetime | None, terms: Terms, now: datetime) -> bool:
    """Whether none was made since the last time of day at which one is, and none was tried in the last hour."""
    today = instant(local(now, terms).date(), plan.at, terms)
    slot = today if today <= now else instant(local(now, terms).date() - timedelta(days=1), plan.at, terms)
    return (made is None or made < slot) and (tried is None or not timedelta(0) <= now - tried < TRY_AGAIN_AFTER)


def too_many(stems: Sequence[str], keep: int) -> list[str]:
    """Which of these backups go, oldest first: all but the newest ones that stay."""
    return sorted(stems)[: max(len(stems) - keep, 0)]


def failed_in_words(reason: str) -> str:
    """What administrators are told of a backup that could not be made."""
    return f"No backup was made: {one_line(reason, _LONGEST_TOLD)}. Mend that, then run afterhours backup."
