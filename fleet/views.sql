-- The questions of a fleet. Snapshots are at most a minute old where a site can be reached.

-- Values of a message: NULL where there is none of that kind, so that one odd message ends no query over all sites.
CREATE OR REPLACE FUNCTION number(value jsonb, most float8 DEFAULT 1e15) RETURNS float8 IMMUTABLE LANGUAGE sql AS $$
    SELECT CASE jsonb_typeof(value) WHEN 'number' THEN
        CASE WHEN abs(value::numeric) <= most::numeric THEN value::float8 END
    END
$$;
CREATE OR REPLACE FUNCTION moment(value jsonb) RETURNS timestamptz IMMUTABLE LANGUAGE sql AS $$
    SELECT to_timestamp(number(value, 1e11))
$$;
CREATE OR REPLACE FUNCTION elements(value jsonb) RETURNS SETOF jsonb IMMUTABLE LANGUAGE sql AS $$
    SELECT jsonb_array_elements(CASE WHEN jsonb_typeof(value) = 'array' THEN value ELSE '[]' END)
$$;

-- What strings and batteries are called.
CREATE OR REPLACE VIEW fitted AS
SELECT b.site, b.line, string ->> 'id' AS string, string ->> 'name' AS string_name, battery ->> 'id' AS battery,
    number(battery -> 'number', 1e9)::int AS number, number(string -> 'test_days', 1e6) AS test_days, b.at
FROM births AS b, elements(b.content -> 'strings') AS string,
    elements(string -> 'batteries') AS battery;

-- Every battery of all sites as its last snapshot shows it.
CREATE OR REPLACE VIEW batteries AS
SELECT s.site, s.line, string ->> 'id' AS string, string ->> 'name' AS string_name, battery ->> 'id' AS battery,
    number(battery -> 'number', 1e9)::int AS number, s.at AS seen_at,
    battery -> 'values' ->> 'risk' AS risk,
    number(battery -> 'values' -> 'resistance_ratio') AS resistance_ratio,
    number(battery -> 'values' -> 'health') AS health,
    number(battery -> 'values' -> 'voltage') AS voltage,
    number(battery -> 'values' -> 'deviation') AS deviation,
    number(battery -> 'values' -> 'temperature') AS temperature,
    moment(battery -> 'values' -> 'replace_from') AS replace_from,
    moment(battery -> 'values' -> 'replace_to') AS replace_to
FROM snapshots AS s, elements(s.content -> 'strings') AS string,
    elements(string -> 'batteries') AS battery;

-- The 50 worst batteries: by risk class, then by how far their resistance is above its baseline.
CREATE OR REPLACE VIEW worst_batteries AS
SELECT site, line, string_name, number, risk, resistance_ratio, health, voltage, replace_from, seen_at FROM batteries
ORDER BY array_position(ARRAY['replace', 'weak', 'watch', 'stable'], risk) NULLS LAST,
    resistance_ratio DESC NULLS LAST
LIMIT 50;

-- Lines that nothing was heard of for 10 minutes, the longest first.
CREATE OR REPLACE VIEW silent_lines AS
SELECT l.site, l.line, b.content ->> 'name' AS name, l.heard_at, now() - l.heard_at AS silent_for
FROM lines AS l LEFT JOIN births AS b USING (site, line)
WHERE l.heard_at < now() - interval '10 minutes' ORDER BY l.heard_at;

-- Each discharge with how long it lasted, and how long it was predicted to last when it had just begun.
CREATE OR REPLACE VIEW discharges_predicted AS
SELECT d.site, d.line, f.string_name, d.start, d."end", d."end" - d.start AS lasted,
    p.at - d.start + make_interval(secs => p.remaining) AS predicted, d.drawn, d.energy, d.end_voltage,
    lowest.number AS lowest_battery, d.lowest_voltage, d.interrupted
FROM discharges AS d LEFT JOIN predictions AS p USING (site, line, string, start)
LEFT JOIN (SELECT DISTINCT site, line, string, string_name FROM fitted) AS f USING (site, line, string)
LEFT JOIN fitted AS lowest ON (lowest.site, lowest.line, lowest.battery) = (d.site, d.line, d.lowest_battery);

-- Those of last night: from 18:00 yesterday to 08:00 today, in the time zone of the session.
CREATE OR REPLACE VIEW discharges_last_night AS
SELECT * FROM discharges_predicted
WHERE start >= current_date - interval '6 hours' AND start < current_date + interval '8 hours'
ORDER BY extract(epoch FROM lasted) / nullif(extract(epoch FROM predicted), 0) NULLS LAST;

-- Batteries whose last resistance test is older than their schedule allows, by more than two days.
CREATE OR REPLACE VIEW overdue_tests AS
SELECT site, line, string_name, number, last_test, due
FROM fitted AS f
LEFT JOIN LATERAL (
    SELECT max(at) AS last_test FROM tests
    WHERE tests.site = f.site AND tests.line = f.line AND tests.subject = f.battery) AS t ON TRUE
CROSS JOIN LATERAL (SELECT coalesce(last_test, f.at) + make_interval(secs => 86400 * test_days) AS due) AS planned
WHERE due < now() - interval '2 days'
ORDER BY due;

-- Batteries to be replaced by quarter, by the earlier of the two dates of their resistance trend.
CREATE OR REPLACE VIEW replacements_due AS
SELECT date_trunc('quarter', replace_from) AS quarter, count(*) AS batteries, count(DISTINCT site) AS sites
FROM batteries WHERE replace_from IS NOT NULL GROUP BY 1 ORDER BY 1;

-- Open alarms, the highest level first. One of a whole string has no number. One that a site has no more, after a backup
-- or with a new journal, is not shown: the rows that come after the alarms of a string are of a later stream.
CREATE OR REPLACE VIEW open_alarms AS
SELECT a.site, a.line, f.string_name, b.number, a.kind, a.level, a.value, a."limit", a.raised, a.acknowledged
FROM alarms AS a
LEFT JOIN (SELECT DISTINCT site, line, string, string_name FROM fitted) AS f USING (site, line, string)
LEFT JOIN fitted AS b ON (b.site, b.line, b.battery) = (a.site, a.line, a.battery)
WHERE a.cleared IS NULL AND NOT a.drill AND NOT EXISTS (
    SELECT FROM documents AS d WHERE (d.site, d.line, d.string) = (a.site, a.line, a.string) AND d.stream > a.stream)
ORDER BY a.level DESC, a.raised DESC;

-- The last capacity test of each string that has a result; one without a result if there is no other. Shares are of
-- the rated capacity.
CREATE OR REPLACE VIEW last_capacity_tests AS
SELECT DISTINCT ON (t.site, t.line, t.string) t.site, t.line, t.string, f.string_name, t.start, t."end", t.outcome,
    t.capacity, t.rated, t.capacity / nullif(t.rated, 0) AS share, t.passes,
    t.capacity / nullif(t.rated, 0) >= t.passes AS passed
FROM capacity_tests AS t
LEFT JOIN (SELECT DISTINCT site, line, string, string_name FROM fitted) AS f USING (site, line, string)
ORDER BY t.site, t.line, t.string, t.outcome = 'measured' DESC, t.start DESC;

-- Strings whose capacity test is due, as their last snapshots say.
CREATE OR REPLACE VIEW capacity_tests_due AS
SELECT s.site, s.line, string ->> 'name' AS string_name,
    moment(string -> 'values' -> 'next_capacity_test') AS due
FROM snapshots AS s, elements(s.content -> 'strings') AS string
WHERE moment(string -> 'values' -> 'next_capacity_test') < now() ORDER BY due;

-- Counters of each string, at most an hour old.
CREATE OR REPLACE VIEW counters AS
SELECT site, line, string,
    number(data -> 'counters' -> 'charged') AS charged, number(data -> 'counters' -> 'drawn') AS drawn,
    number(data -> 'counters' -> 'charged_energy') AS charged_energy,
    number(data -> 'counters' -> 'drawn_energy') AS drawn_energy,
    number(data -> 'counters' -> 'discharges', 1e9)::int AS discharges
FROM documents WHERE key = 'running';

-- What keeps the centre from having all that sites sent: rows that do not fit their tables, and two sites with one name.
CREATE OR REPLACE VIEW faults AS
SELECT site, line, 'does not fit' AS fault, why || ' ' || content AS detail, at FROM refused
UNION ALL
SELECT site, line, 'two senders', NULL, doubled_at FROM lines WHERE doubled_at > now() - interval '1 day'
ORDER BY at DESC;
