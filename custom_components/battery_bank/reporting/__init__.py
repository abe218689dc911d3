"""The report and the export: what the journal and the recorder have, as documents and tables."""
