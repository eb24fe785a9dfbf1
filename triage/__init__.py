"""The domain: the contract, the promise, the ladder, the session. Usable without Flask and APScheduler.

Inside, left may import right: cli, bootstrap, services | transports, store, ports, policy, clock | errors.
Only bootstrap and cli read settings.
"""
