"""Programs that show what mlmock is for."""
