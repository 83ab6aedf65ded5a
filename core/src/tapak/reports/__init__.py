"""Reports: registers and what really happened, as tables on the screen and as CSV, XLSX and PDF."""
