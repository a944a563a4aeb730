"""The database: ledger, budget, clips."""
