"""Time: the bell, the sweep, the senders, the auditor.

Rows are the truth. APScheduler and the local bell only say "look now"; a sweep that finds nothing due does
nothing, so any ring may be lost, late or doubled.
"""
