"""How `zfnet` came to be: its pictures (`pictures`), its training (`zfnet`) and what it can do (`evidence`)."""
