-- The tables of format 1. Names are found by the search path of the connections, which is the schema alone.

CREATE TABLE meta (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    format     integer NOT NULL,
    high_water bigint  NOT NULL
);
INSERT INTO meta (format, high_water) VALUES (1, 0);

-- Each engine that opens takes the next number, by which it knows its own notices.
CREATE SEQUENCE node;

-- A record keeps its index entries beside its value: reads return them, and whoever replaces or removes the record
-- knows which entries to remove.
CREATE TABLE lasting (
    kind    text COLLATE "C" NOT NULL,
    id      bytea            NOT NULL,
    expires bigint           NOT NULL,
    version bigint           NOT NULL,
    value   bytea            NOT NULL,
    names   text[],
    terms   bytea[],
    PRIMARY KEY (kind, id)
) WITH (fillfactor = 85);
CREATE INDEX lasting_expires ON lasting (expires) WHERE expires > 0;

CREATE TABLE lasting_entry (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    term bytea            NOT NULL,
    id   bytea            NOT NULL,
    PRIMARY KEY (kind, name, term, id)
);

-- Passing records and their entries: a partition for each day of expiry, see days.sql.
CREATE TABLE passing (
    kind    text COLLATE "C" NOT NULL,
    expires bigint           NOT NULL,
    id      bytea            NOT NULL,
    version bigint           NOT NULL,
    value   bytea            NOT NULL,
    names   text[],
    terms   bytea[],
    PRIMARY KEY (kind, expires, id)
) PARTITION BY RANGE (expires);

CREATE TABLE passing_entry (
    kind    text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    term    bytea            NOT NULL,
    expires bigint           NOT NULL,
    id      bytea            NOT NULL,
    PRIMARY KEY (kind, name, term, expires, id)
) PARTITION BY RANGE (expires);

-- Values are sealed: compressing them is work for nothing.
ALTER TABLE lasting ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE passing ALTER COLUMN value SET STORAGE EXTERNAL;
