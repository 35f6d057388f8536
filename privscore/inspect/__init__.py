"""What a person reads of a run: views, messages, sheets, the protocol drawn, the ledger."""
