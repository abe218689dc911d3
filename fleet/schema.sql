-- The centre of many sites, in PostgreSQL 14 or later. Run again at every start of a consumer: it changes nothing then.
--
-- A row has the columns of the site's journal, with times as timestamps. `subject` is the battery or, for a row of the
-- whole string, the string: a battery keeps its rows when it moves to another string. `stream` and `seq` tell which of
-- two versions of a row is the newer one. Nothing is ever deleted here; a gap whose end is its start was none.
--
-- Tables are partitioned by month. With TimescaleDB make them plain tables and call `create_hypertable` instead of
-- `ensure_month`; with Citus distribute them by `site`, which is in each key.

CREATE OR REPLACE FUNCTION acknowledged(received int8multirange) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
    SELECT coalesce((SELECT upper(one) - 1 FROM unnest(received) AS one WHERE one @> 1::bigint), 0)
$$;

-- What has been received of each line: a gap in `received` is a message that is still to come. Each start of its sender
-- is a run; at `doubled_at` two of them were sending.
CREATE TABLE IF NOT EXISTS lines (
    site text, line text, stream bigint NOT NULL DEFAULT 0, received int8multirange NOT NULL DEFAULT '{}',
    heard_at timestamptz NOT NULL DEFAULT now(), run text, earlier_runs text[] NOT NULL DEFAULT '{}',
    run_since timestamptz, run_heard timestamptz, doubled_at timestamptz, PRIMARY KEY (site, line));
-- Rows that do not fit their tables, as they came.
CREATE TABLE IF NOT EXISTS refused (
    site text, line text, stream bigint, seq bigint, at timestamptz NOT NULL DEFAULT now(), why text NOT NULL,
    content text NOT NULL, PRIMARY KEY (site, line, stream, seq));
CREATE TABLE IF NOT EXISTS births (
    site text, line text, at timestamptz NOT NULL, content jsonb NOT NULL, kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, line));
CREATE TABLE IF NOT EXISTS snapshots (
    site text, line text, at timestamptz NOT NULL, content jsonb NOT NULL, kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site, line));
CREATE TABLE IF NOT EXISTS documents (
    site text, line text, string text, key text, data jsonb NOT NULL, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, string, key));

CREATE TABLE IF NOT EXISTS alarms (
    site text, line text, subject text, string text NOT NULL, battery text, kind text, raised timestamptz,
    level smallint NOT NULL, value float8, "limit" float8, worst smallint NOT NULL, acknowledged timestamptz,
    acknowledged_by text, cleared timestamptz, drill boolean NOT NULL, note text, noted timestamptz,
    noted_by text, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, subject, kind, raised)) PARTITION BY RANGE (raised);
CREATE TABLE IF NOT EXISTS discharges (
    site text, line text, string text, start timestamptz, "end" timestamptz, drawn float8, energy float8,
    start_voltage float8, end_voltage float8, lowest_battery text, lowest_voltage float8, lowest_at timestamptz,
    first_below text, first_below_at timestamptz, dip float8, temperature float8, capacity float8,
    interrupted boolean NOT NULL, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, string, start)) PARTITION BY RANGE (start);
CREATE TABLE IF NOT EXISTS capacity_tests (
    site text, line text, string text, start timestamptz, "end" timestamptz NOT NULL, announced timestamptz NOT NULL,
    announced_by text, duty float8, current float8, drawn float8, temperature float8, cell_voltage float8 NOT NULL,
    first_below text, passes float8 NOT NULL, outcome text NOT NULL, capacity float8, rated float8,
    stream bigint NOT NULL, seq bigint NOT NULL, PRIMARY KEY (site, line, string, start)) PARTITION BY RANGE (start);
CREATE TABLE IF NOT EXISTS tests (
    site text, line text, subject text, string text NOT NULL, battery text, at timestamptz, ohmic_value float8 NOT NULL,
    temperature float8, string_median float8, usable boolean NOT NULL, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, subject, at)) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS baselines (
    site text, line text, subject text, string text NOT NULL, battery text, at timestamptz, kind text,
    ohmic_value float8 NOT NULL, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, subject, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS replacements (
    site text, line text, subject text, string text NOT NULL, battery text, at timestamptz, "by" text, serial text,
    note text, maker text, battery_type text, stream bigint NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (site, line, subject, at)) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS gaps (
    site text, line text, string text, start timestamptz, "end" timestamptz NOT NULL, stream bigint NOT NULL,
    seq bigint NOT NULL, PRIMARY KEY (site, line, string, start)) PARTITION BY RANGE (start);
-- Points are most of the rows, so the names are in a table of their own. The battery '' is the string itself.
CREATE TABLE IF NOT EXISTS curves (
    site text, id bigint GENERATED ALWAYS AS IDENTITY, line text, string text, start timestamptz, battery text,
    PRIMARY KEY (site, line, string, start, battery));
-- From a point of -2147483648 mV on, the voltage is not known, up to the next point of its curve.
CREATE TABLE IF NOT EXISTS curve_points (
    site text, curve bigint, start timestamptz, centiseconds integer, millivolts integer NOT NULL,
    milliampere_hours integer, PRIMARY KEY (site, curve, start, centiseconds)) PARTITION BY RANGE (start);
-- The first remaining time that was shown during a discharge.
CREATE TABLE IF NOT EXISTS predictions (
    site text, line text, string text, start timestamptz, at timestamptz NOT NULL, remaining float8 NOT NULL,
    PRIMARY KEY (site, line, string, start)) PARTITION BY RANGE (start);

CREATE INDEX IF NOT EXISTS alarms_raised ON alarms (raised);
CREATE INDEX IF NOT EXISTS discharges_start ON discharges (start);

-- Makes the partitions of a month. What has a time that cannot be goes to the default partitions.
CREATE OR REPLACE FUNCTION ensure_month(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
    begins timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    ends timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    PERFORM pg_advisory_xact_lock(1111640652);
    FOREACH name IN ARRAY ARRAY['gaps', 'replacements', 'baselines', 'tests', 'alarms', 'discharges',
                                'capacity_tests', 'curve_points', 'predictions'] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I DEFAULT', name || '_other', name);
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                       name || to_char(month, '_YYYY_MM'), name, begins, ends);
    END LOOP;
END $$;
