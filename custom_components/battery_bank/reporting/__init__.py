"""The report, and the export: documents and tables made from the journal and the recorder."""
