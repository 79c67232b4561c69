"""The Excel room: reads tables out of other people's files and writes registers. Knows no
ledger."""
