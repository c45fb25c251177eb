"""The web edge: who calls, what may be sent, what comes back."""
