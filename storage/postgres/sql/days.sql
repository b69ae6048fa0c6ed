-- Partitions. Day n holds what expires in the seconds [n*86400, (n+1)*86400).

-- is_there_1 tells whether the schema has a table. It asks the catalogue itself: to_regclass answers from a cache that may
-- be older than the lock that was just waited for.
CREATE FUNCTION is_there_1(name_ text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relname = name_);
END $$;

-- add_day_1 makes the partitions of a day if they are missing. A partition for entries is made only for days that have
-- some. Attaching a table takes a lock that lets reads and writes of the parent go on, which CREATE ... PARTITION OF
-- would not.
CREATE FUNCTION add_day_1(the_day bigint, with_entries boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    part   text;
    upper_ text := 'MAXVALUE';
BEGIN
    PERFORM pg_advisory_xact_lock('passing'::regclass::oid::integer, 1);
    IF the_day < 9223372036854775807 / 86400 THEN
        upper_ := ((the_day + 1) * 86400)::text;
    END IF;
    FOREACH parent IN ARRAY CASE WHEN with_entries THEN '{passing,passing_entry}' ELSE '{passing}' END::text[] LOOP
        part := format('%s_%s', parent, the_day);
        CONTINUE WHEN is_there_1(part);
        EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)',
            parent, part, the_day * 86400, upper_);
    END LOOP;
END $$;

-- days_1 returns the days that have partitions.
CREATE FUNCTION days_1() RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT substring(c.relname FROM '[0-9]+$')::bigint
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'passing'::regclass
$$;

-- drop_day_1 drops a day's partitions if they hold at most so many records, and returns how many it held; otherwise it
-- returns -1. Dropping has the whole table to itself for a moment. Rather than make everyone wait behind it for a slow
-- statement it gives up soon (lock_not_available).
CREATE FUNCTION drop_day_1(the_day bigint, at_most bigint) RETURNS bigint LANGUAGE plpgsql
    SET lock_timeout = '100ms' AS $$
DECLARE
    part  text := format('passing_%s', the_day);
    entry text := format('passing_entry_%s', the_day);
    held  bigint;
BEGIN
    PERFORM pg_advisory_xact_lock('passing'::regclass::oid::integer, 2);
    IF NOT is_there_1(part) THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT $1) AS r', part) INTO held USING at_most + 1;
    IF held > at_most THEN
        RETURN -1;
    END IF;
    EXECUTE format('DROP TABLE %s', part);
    EXECUTE format('DROP TABLE IF EXISTS %s', entry);
    RETURN held;
END $$;
