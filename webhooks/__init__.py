"""The HTTP face. A view checks who asks, parses strictly, calls one service, answers.

No rule and no query here; slow work is left to the scheduler, which is rung after the commit.
"""
