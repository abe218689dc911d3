"""The tables of a journal, and the migrations of a file of an earlier release."""

from typing import Final

# In the header of the file. A database without it is not a journal.
APPLICATION_ID: Final = 0x42424A4C  # "BBJL"

# Each migrates a file from the version of its position to the next. A released migration is never changed. Times are s
# since 1970, UTC; the battery "" is the string itself. Curves make up most of the file, so they are small integers.
MIGRATIONS: Final = (
    f"""
    PRAGMA application_id = {APPLICATION_ID};
    CREATE TABLE alarms (string TEXT, raised REAL, kind TEXT, battery TEXT, level INTEGER NOT NULL, value REAL,
        "limit" REAL, worst INTEGER NOT NULL, acknowledged REAL, acknowledged_by TEXT, cleared REAL,
        PRIMARY KEY (string, raised, kind, battery)) STRICT, WITHOUT ROWID;
    CREATE TABLE discharges (id INTEGER PRIMARY KEY, string TEXT NOT NULL, start REAL NOT NULL, "end" REAL, drawn REAL,
        energy REAL, start_voltage REAL, end_voltage REAL, lowest_battery TEXT, lowest_voltage REAL, lowest_at REAL,
        first_below TEXT, first_below_at REAL, dip REAL, temperature REAL, capacity REAL, interrupted INTEGER NOT NULL,
        UNIQUE (string, start)) STRICT;
    CREATE TABLE names (id INTEGER PRIMARY KEY, string TEXT NOT NULL, battery TEXT NOT NULL,
        UNIQUE (string, battery)) STRICT;
    CREATE TABLE curves (discharge INTEGER REFERENCES discharges, battery INTEGER REFERENCES names,
        centiseconds INTEGER, millivolts INTEGER NOT NULL, milliampere_hours INTEGER,
        PRIMARY KEY (discharge, battery, centiseconds)) STRICT, WITHOUT ROWID;
    CREATE TABLE tests (string TEXT, battery TEXT, at REAL, ohmic_value REAL NOT NULL, temperature REAL,
        string_median REAL, usable INTEGER NOT NULL, PRIMARY KEY (string, battery, at)) STRICT, WITHOUT ROWID;
    CREATE TABLE baselines (id INTEGER PRIMARY KEY, string TEXT NOT NULL, battery TEXT NOT NULL, kind TEXT NOT NULL,
        ohmic_value REAL NOT NULL, at REAL NOT NULL, UNIQUE (string, battery, at, kind)) STRICT;
    CREATE TABLE replacements (string TEXT, battery TEXT, at REAL, "by" TEXT, serial TEXT, note TEXT,
        PRIMARY KEY (string, battery, at)) STRICT, WITHOUT ROWID;
    CREATE TABLE documents (string TEXT, key TEXT, data BLOB NOT NULL, PRIMARY KEY (string, key)) STRICT, WITHOUT ROWID;
    """,
    "ALTER TABLE alarms ADD COLUMN drill INTEGER NOT NULL DEFAULT FALSE",
    """CREATE TABLE gaps (string TEXT, start REAL, "end" REAL NOT NULL, PRIMARY KEY (string, start))
        STRICT, WITHOUT ROWID""",
    """ALTER TABLE alarms ADD COLUMN note TEXT; ALTER TABLE replacements ADD COLUMN maker TEXT;
        ALTER TABLE replacements ADD COLUMN battery_type TEXT""",
    "ALTER TABLE alarms ADD COLUMN noted REAL; ALTER TABLE alarms ADD COLUMN noted_by TEXT",
    """CREATE TABLE capacity_tests (string TEXT, start REAL, "end" REAL NOT NULL, announced REAL NOT NULL,
        announced_by TEXT, duty REAL, current REAL, drawn REAL, temperature REAL, cell_voltage REAL NOT NULL,
        first_below TEXT, passes REAL NOT NULL, outcome TEXT NOT NULL, capacity REAL, rated REAL,
        PRIMARY KEY (string, start)) STRICT, WITHOUT ROWID""",
)
