"""The domain: the contract, the promise, the ladder, the session. Usable without Flask and APScheduler.

Inside, left may import right: cli, bootstrap, owner_files, services | transports, store, ports, policy, clock | errors.
Only cli, bootstrap and owner_files read settings.
"""
