"""Programs that make parts of the documentation. Run by ``make docs``."""
