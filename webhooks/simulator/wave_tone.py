"""The sound of every simulated recording: a quiet tone of the right length."""

from __future__ import annotations

import io
import math
import wave

RATE = 8000
PITCH = 440
LOUDNESS = 8000
LONGEST = 600  # seconds; a day of tone would be 1.4 GB


def tone(seconds: int) -> bytes:
    """A mono WAV file, 16 bits, 8 kHz, as Twilio makes them."""
    period = [round(LOUDNESS * math.sin(2 * math.pi * PITCH * at / RATE)) for at in range(RATE)]
    second = b"".join(sample.to_bytes(2, "little", signed=True) for sample in period)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(second * min(max(seconds, 1), LONGEST))
    return buffer.getvalue()
