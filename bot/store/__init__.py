"""The database: ledger, provider calls, settings, clips."""
