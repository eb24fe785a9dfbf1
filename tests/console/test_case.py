"""The page of a case: its whole story, and its recordings to hear."""

from __future__ import annotations

import re

from tests.support.fixtures import LEE
from tests.support.visitor import Visitor, signed_in
from tests.support.world import PUBLIC_URL, World
from triage.policy.access import Role
from webhooks.simulator.sound import tone


def test_a_case_tells_what_was_promised_and_done_and_lets_itself_be_heard(world: World, quick_hashes: None) -> None:
    auditor = signed_in(world, Role.AUDITOR)
    world.voicemail("+12165550123", attested=True, seconds=12, transcript="<b>press</b> 1 & wait")
    world.text(LEE, "ACK")
    world.advance(minutes=10)
    world.text(LEE, "DONE 35 new card")

    page = auditor.get("/").text
    assert "Nobody waits for a callback." in page
    page = auditor.get("/cases/1001").text
    heard = auditor.get("/cases/1001/recordings/1.wav")

    assert "<strong>The promise was kept" in page
    assert "Lee Okafor" in page
    assert '<time class="at" title="2026-11-21 ' in page
    assert "EST = " not in page
    assert "<span>window: overnight; message left: 2026-11-20 " in page
    assert "; technicians: alerted at once; product: not said; on site: attested, troubleshooting done;" in page
    assert "; language: English; rules: W3, E1, W5, W6, R1</span>" in page
    assert "; the technician&#39;s word; in time</span>" in page
    assert "<span>35 min; nothing measured; 35 min typed; $247.50 before tax; note: new card</span>" in page
    assert "after 5 minutes: primary by text and call" in page
    assert "$247.50" in page or "247.50" in page
    assert "&lt;b&gt;press&lt;/b&gt; 1 &amp; wait" in page
    assert 'src="/cases/1001/recordings/1.wav"' in page
    assert (heard.mimetype, heard.data) == ("audio/x-wav", tone(12))
    assert [entry.actor for entry in world.entries("recording_played")] == ["account:1"]
    assert 'href="/history?reference=1001&amp;kind=recording_played">Who listened</a>' in page
    listened = auditor.get("/history?reference=1001&kind=recording_played").text
    assert len(re.findall(r'<tr id="e\d+"', listened)) == 1
    assert '<optgroup label="Recordings">' in listened


def test_every_hearing_is_in_the_history_whatever_part_is_asked_for(world: World, quick_hashes: None) -> None:
    lee, auditor = signed_in(world, Role.TECHNICIAN, "lee"), signed_in(world, Role.AUDITOR)
    for _ in range(2):
        world.voicemail(attested=True, seconds=3)
    world.advance(minutes=1)

    def ask(visitor: Visitor, part: str, number: int = 1) -> int:
        path = f"/cases/1001/recordings/{number}.wav"
        return len(visitor.client.get(path, base_url=PUBLIC_URL, headers={"Range": part}, buffered=True).data)

    whole = ask(lee, "bytes=0-")
    found = {part: ask(auditor, part) for part in ("bytes=1-", "bytes=44-", "Bytes=0-", "bytes= 0-", "bytes=00-")}
    assert min(found.values()) >= whole - 44
    ask(lee, "bytes=44-", 2)
    lee.client.head("/cases/1001/recordings/2.wav", base_url=PUBLIC_URL).close()
    world.advance(minutes=11)
    ask(lee, "bytes=1-")

    entries = world.entries("recording_played")
    assert [entry.actor for entry in entries] == ["account:1", "account:2", "account:1", "account:1"]
    first, same, other, again = [entry.details["recording"] for entry in entries]
    assert first == same == again != other


def test_what_is_no_case_or_not_its_recording_is_not_found(world: World, quick_hashes: None) -> None:
    technician = signed_in(world, Role.TECHNICIAN)
    world.voicemail(attested=True)
    world.voicemail("+12165550123", attested=True)
    world.advance(minutes=1)

    answers = [
        technician.get(path).status_code
        for path in ("/cases/1009", "/cases/x", "/cases/1001/recordings/2.wav", "/cases/1001/recordings/9.wav")
    ]

    assert answers == [404, 404, 404, 404]
    assert world.entries("recording_played") == []
    assert technician.get("/cases/1002/recordings/2.wav").status_code == 200
