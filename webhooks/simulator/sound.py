"""The sound of simulated recordings: WAV files, 16 bits, mono, 8 kHz, as Twilio makes them."""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from collections.abc import Sequence
from functools import cache

RATE = 8000
PITCH = 440
LOUDNESS = 8000
LONGEST = 600  # seconds; a day of tone would be 1.4 GB


class NotASound(Exception):
    """Not a WAV file that can be played; the text says what was wanted."""


def tone(seconds: int) -> bytes:
    """A quiet tone of this length."""
    return _file(_second_of_tone() * min(max(seconds, 1), LONGEST))


def telephone_sound(upload: bytes) -> bytes:
    """An uploaded WAV file as a telephone carries it.

    Raises NotASound where it is no PCM of 8 or 16 bits, or longer than LONGEST.
    """
    try:
        with wave.open(io.BytesIO(upload)) as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, OverflowError, ValueError) as error:
        raise NotASound("This is not a WAV file with plain PCM sound.") from error
    if width not in {1, 2} or not 1 <= channels <= 2 or not 4000 <= rate <= 192_000:
        raise NotASound("The WAV file must have 8 or 16 bits, one or two channels, and 4 to 192 kHz.")
    if len(frames) > LONGEST * rate * width * channels:
        raise NotASound(f"The sound is longer than {LONGEST // 60} minutes.")
    left = _samples(frames, width)[::channels]
    count = len(left) * RATE // rate
    if not count:
        raise NotASound("The WAV file has no sound in it.")
    samples = array("h", (left[place * rate // RATE] for place in range(count)))
    return _file(_bytes(samples))


def seconds_of(sound: bytes) -> float:
    """The length of a WAV file; 0 where it is none."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            return float(file.getnframes() / file.getframerate())
    except (wave.Error, EOFError, ZeroDivisionError):
        return 0


def joined(sounds: Sequence[bytes]) -> bytes:
    """Telephone sounds, one after the other."""
    return _file(b"".join(_frames(sound) for sound in sounds))


def shortened(sound: bytes, seconds: float) -> bytes:
    """The beginning of a telephone sound."""
    return _file(_frames(sound)[: 2 * round(seconds * RATE)])


@cache
def _second_of_tone() -> bytes:
    period = [round(LOUDNESS * math.sin(2 * math.pi * PITCH * at / RATE)) for at in range(RATE)]
    return b"".join(sample.to_bytes(2, "little", signed=True) for sample in period)


def _frames(sound: bytes) -> bytes:
    with wave.open(io.BytesIO(sound)) as file:
        frames: bytes = file.readframes(file.getnframes())
    return frames


def _samples(frames: bytes, width: int) -> array[int]:
    """Signed samples of 16 bits; a WAV file of 8 bits has unsigned ones."""
    if width == 1:
        return array("h", ((value - 128) * 256 for value in frames))
    return _little(array("h", frames[: len(frames) // 2 * 2]))


def _bytes(samples: array[int]) -> bytes:
    return _little(samples).tobytes()


def _little(samples: array[int]) -> array[int]:
    """WAV files are little-endian, whatever this machine is."""
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _file(frames: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames)
    return buffer.getvalue()
