"""One use case a function: load facts, decide by policy, write, return.

`now` comes from the caller, once for each request or sweep. No transaction is open while a transport is called.
"""
