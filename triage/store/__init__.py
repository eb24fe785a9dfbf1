"""The only home of SQLAlchemy: models, transactions, claims, the event chain, queries, migrations.

Rows are narrowed by SQL and decided upon by policy. No function here reads a clock or commits by itself:
`Store.write()` and `Store.read()` are the transactions; a `Session` is what the queries of one work in.
"""

from sqlalchemy.orm import Session

__all__ = ["Session"]
