"""Who encrypts, selects and decrypts: one interface over our own transforms and over SEAL."""
