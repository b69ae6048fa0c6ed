-- apply_1 judges a batch and writes one of its arms, in the one transaction of the statement that calls it. It returns
-- the numbers of the conditions that did not hold, from 0; none if Then was written; {-1} if the arm to be written has a
-- put that is expired already, in which case nothing was.
--
-- Why a function: the choice between Then and Else must be made where the conditions were judged, while nobody can change
-- what was asked. A sequence of statements could only fail there, and Else would be a second transaction into a changed
-- world; a client that chooses needs a second round trip with locks held in between.
--
-- Why READ COMMITTED suffices: before anything is read, every key of the batch is locked, for share if it is only asked
-- about, for itself alone if either arm writes it, and stays so until the end of the transaction. A record that is absent
-- has no row to lock, so the lock is not on a row but on the key: an advisory lock on 64 bits of its hash, which belongs to
-- the transaction and is released by the server after the commit is visible. Two keys with one hash only wait for each
-- other needlessly. Each statement of a volatile function takes a new snapshot, so what is read after locking includes
-- everything that earlier holders of the locks committed. Hence batches with a key in common, of which one writes it, run
-- one after the other; write skew and phantoms included. Locks are taken in ascending order, so no two batches can wait
-- for each other.
--
-- The first lock is the one on everything, which each batch holds for share and which raise_1 takes alone: the time by
-- which a batch judges cannot move under it, and a record that a sweep removed can be found missing only by a batch that
-- also judges it expired. A batch with very many keys takes this lock alone instead of one for each.
--
-- Locks of this kind bind only those who take them. As a second net each write of a record that a condition names is also
-- a compare-and-set on its row (write.sql): an insert that the primary key refuses, or an update or delete that asks for
-- the version. If such a write finds what it should not, serialization_failure is raised and the caller tries again.
CREATE FUNCTION apply_1(
    at_time bigint,
    l_key bigint[], l_alone boolean[],
    c_passing boolean[], c_kind text[], c_expires bigint[], c_id bytea[], c_version bigint[],
    w_then integer, -- so many writes are of Then; those of Else follow
    w_delete boolean[], w_passing boolean[], w_kind text[], w_expires bigint[], w_id bytea[], w_version bigint[], w_value bytea[],
    w_asked bigint[], -- the version that a condition asks of the written record, if one does
    w_entries integer[], -- the number of the write's last entry
    e_name text[], e_term bytea[],
    then_soonest bigint, else_soonest bigint, -- the earliest expiry of the puts, 0 if none expires
    channel text, then_notices text[], else_notices text[]
) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    failed   integer[] := '{}';
    first_   integer := 1;
    last_    integer := w_then;
    soonest  bigint := then_soonest;
    notices  text[] := then_notices;
    kind_    text;
    id_      bytea;
    expires_ bigint;
    found_   bigint;
    from_    integer;
    names_   text[];
    terms_   bytea[];
    written  boolean;
BEGIN
    PERFORM CASE WHEN l.alone THEN pg_advisory_xact_lock(l.key) ELSE pg_advisory_xact_lock_shared(l.key) END
        FROM unnest(l_key, l_alone) AS l (key, alone);
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;

    FOR i IN 1 .. cardinality(c_kind) LOOP
        kind_ := c_kind[i];
        id_ := c_id[i];
        expires_ := c_expires[i];
        found_ := NULL;
        IF NOT c_passing[i] THEN
            SELECT version INTO found_ FROM lasting WHERE kind = kind_ AND id = id_ AND (expires = 0 OR expires > at_time);
        ELSIF expires_ > at_time THEN
            SELECT version INTO found_ FROM passing WHERE kind = kind_ AND expires = expires_ AND id = id_;
        END IF;
        IF coalesce(found_, 0) <> c_version[i] THEN
            failed := failed || (i - 1);
        END IF;
    END LOOP;

    IF cardinality(failed) > 0 THEN
        first_ := w_then + 1;
        last_ := cardinality(w_kind);
        soonest := else_soonest;
        notices := else_notices;
    END IF;
    IF soonest > 0 AND soonest <= at_time THEN
        RETURN '{-1}';
    END IF;

    FOR i IN first_ .. last_ LOOP
        IF w_delete[i] AND w_passing[i] THEN
            written := delete_passing_1(w_kind[i], w_expires[i], w_id[i], w_asked[i]);
        ELSIF w_delete[i] THEN
            written := delete_lasting_1(w_kind[i], w_id[i], w_asked[i]);
        ELSE
            names_ := NULL;
            terms_ := NULL;
            from_ := coalesce(w_entries[i - 1], 0) + 1;
            IF from_ <= w_entries[i] THEN
                names_ := e_name[from_ : w_entries[i]];
                terms_ := e_term[from_ : w_entries[i]];
            END IF;
            IF w_passing[i] THEN
                written := put_passing_1(w_kind[i], w_expires[i], w_id[i], w_version[i], w_value[i], names_, terms_, w_asked[i]);
            ELSE
                written := put_lasting_1(at_time, w_kind[i], w_id[i], w_expires[i], w_version[i], w_value[i], names_, terms_, w_asked[i]);
            END IF;
        END IF;
        IF NOT written THEN
            RAISE serialization_failure USING MESSAGE = 'a record has changed that was locked';
        END IF;
    END LOOP;

    IF cardinality(notices) > 0 THEN
        PERFORM pg_notify(channel, n) FROM unnest(notices) AS n;
    END IF;
    RETURN failed;
END $$;
