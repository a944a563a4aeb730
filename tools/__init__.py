"""Programs that generate parts of the documentation. Run by ``make docs``."""
