"""The Excel room: reads other people's tables and writes registers. Knows no ledger."""
