-- raise_1 raises the high-water time. It waits for the batches that judge by the former one, and later ones judge by the
-- new one; only then may anything be removed by it.
CREATE FUNCTION raise_1(at_time bigint, everything bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM meta WHERE high_water >= at_time;
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(everything);
    UPDATE meta SET high_water = at_time WHERE high_water < at_time;
END $$;

-- sweep_1 removes at most so many expired records with their entries, and returns how many. A row that is locked is being
-- replaced or removed, and is passed over. One sweeps at a time, so that the count says what is left.
CREATE FUNCTION sweep_1(at_time bigint, at_most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    day_end bigint := 9223372036854775807;
    kind_   text := '';
    removed bigint := 0;
    part    bigint;
BEGIN
    PERFORM pg_advisory_xact_lock('passing'::regclass::oid::integer, 2);
    IF at_time / 86400 < day_end / 86400 THEN
        day_end := (at_time / 86400 + 1) * 86400;
    END IF;
    -- From kind to kind, and of each from its oldest on: no index on expires alone is needed, which every insert would
    -- have to keep. What is to go is chosen in a materialized query: joined as it is, it could be run again for each row
    -- that it finds.
    WHILE removed < at_most LOOP
        SELECT kind INTO kind_ FROM passing WHERE kind > kind_ AND expires < day_end ORDER BY kind LIMIT 1;
        EXIT WHEN NOT FOUND;
        WITH d AS MATERIALIZED (
            SELECT expires, id FROM passing WHERE kind = kind_ AND expires <= at_time
                ORDER BY expires, id LIMIT at_most - removed FOR UPDATE SKIP LOCKED
        ), dead AS (
            DELETE FROM passing r USING d
            WHERE r.kind = kind_ AND r.expires = d.expires AND r.id = d.id AND r.expires <= at_time
            RETURNING r.expires, r.id, r.names, r.terms
        ), gone AS (
            DELETE FROM passing_entry e USING dead, unnest(dead.names, dead.terms) AS o (name, term)
            WHERE e.kind = kind_ AND e.name = o.name AND e.term = o.term AND e.expires = dead.expires AND e.id = dead.id
                AND e.expires <= at_time
        )
        SELECT count(*) INTO part FROM dead;
        removed := removed + part;
    END LOOP;
    IF removed < at_most THEN
        WITH d AS MATERIALIZED (
            SELECT kind, id FROM lasting WHERE expires > 0 AND expires <= at_time
                ORDER BY expires LIMIT at_most - removed FOR UPDATE SKIP LOCKED
        ), dead AS (
            DELETE FROM lasting r USING d
            WHERE r.kind = d.kind AND r.id = d.id
            RETURNING r.kind, r.id, r.names, r.terms
        ), gone AS (
            DELETE FROM lasting_entry e USING dead, unnest(dead.names, dead.terms) AS o (name, term)
            WHERE e.kind = dead.kind AND e.name = o.name AND e.term = o.term AND e.id = dead.id
        )
        SELECT count(*) INTO part FROM dead;
        removed := removed + part;
    END IF;
    RETURN removed;
END $$;
