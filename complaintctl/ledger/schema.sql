-- The truth: events, chained, and personal data beside them. Both only ever grow; an erasure takes
-- personal data away and says so in an event.
create table event (
  station text not null, seq integer not null, number text, type text not null,
  occurred_at text not null, recorded_at text not null, actor text not null, batch text not null,
  body text not null, digest text, previous text not null, hash text not null,
  primary key (station, seq)
) strict, without rowid;
create index event_of_complaint on event (station, number, seq) where number is not null;
create index event_of_batch on event (station, batch);
create index event_of_office on event (station, type, seq) where number is null;

create table private (
  station text not null, seq integer not null, salt blob not null, text text not null,
  primary key (station, seq)
) strict; -- with rowid: long texts overflow the pages of an index tree

create trigger event_no_update before update on event
begin select raise(abort, 'events are never changed'); end;
create trigger event_no_delete before delete on event
begin select raise(abort, 'events are never deleted'); end;
create trigger event_continues before insert on event
begin
  select raise(abort, 'the chain must continue') where
    new.seq is not (
      select ifnull(max(seq), 0) + 1 from event where station = new.station)
    or new.previous is not ifnull((
      select hash from event where station = new.station order by seq desc limit 1),
      '0000000000000000000000000000000000000000000000000000000000000000');
end;
create trigger private_no_update before update on private
begin select raise(abort, 'personal data is never changed'); end;
create trigger private_no_replace before insert on private
when exists (select 1 from private where station = new.station and seq = new.seq)
begin select raise(abort, 'personal data is never replaced'); end;

-- The projection: rebuilt from the truth at any time, and compared with it by verify.
create table station (code text primary key, name text not null, opened_at text not null) strict;
create table adoption (
  station text not null, seq integer not null, policy text not null, edition text not null,
  digest text not null, from_day text not null, primary key (station, seq)
) strict, without rowid;
create table calendar_day (
  station text not null, day text not null, kind text not null, name text not null,
  primary key (station, day)
) strict, without rowid;
create table calendar_year (
  station text not null, year integer not null, source text not null, primary key (station, year)
) strict, without rowid;
create table counter (
  station text not null, series text not null, last integer not null,
  primary key (station, series)
) strict, without rowid;

create table complaint (
  id integer primary key, station text not null, number text not null, reference text,
  adoption integer not null, origin text not null, kind text, channel text, channel_group text,
  category text, class text, level text, rank integer not null, status text not null,
  received_at text not null, registered_at text not null, ended_at text, round integer not null,
  contacted_at text, resolved_at text, replied_at text, notified_at text, followed_up_at text,
  name text, phone text, address text, account_no text, content text, demand text, accused text,
  receiver text, handler text, unit text, reply_mode text, result text, outcome text,
  substantiated text, responsibility text, satisfaction text, restricted integer not null,
  due_at text, due_limit text, next_due_at text, next_limit text, late integer not null,
  assessed integer not null, fine real not null, note text, more text not null,
  batch text not null, fingerprint text, last_seq integer not null,
  unique (station, number)
) strict;
-- In the order of a list, with the columns it is filtered by, so that what is not shown is not read.
create index complaint_received on complaint
  (station, received_at, number, status, kind, channel, category, level, handler, ended_at);
create index complaint_open on complaint (station, next_due_at, number) where ended_at is null;
create index complaint_ended on complaint (station, ended_at);
create index complaint_reference on complaint (station, reference) where reference is not null;
create index complaint_phone on complaint (station, phone) where phone is not null;
create index complaint_account on complaint (station, account_no) where account_no is not null;
create index complaint_fingerprint on complaint (station, fingerprint)
  where fingerprint is not null;

create table spell (
  station text not null, number text not null, round integer not null,
  opened_at text not null, ended_at text, primary key (station, number, round)
) strict, without rowid;

create table clock (
  station text not null, number text not null, round integer not null, limit_id text not null,
  policy text not null, since text not null, due_at text, met_at text, state text not null,
  provisional integer not null, primary key (station, number, round, limit_id)
) strict, without rowid;
create index clock_running on clock (station, due_at) where state = 'running';

create table penalty (
  station text not null, number text not null, penalty_id text not null, policy text not null,
  amount real not null, points real not null, minimum integer not null, measure text not null,
  state text not null, person text not null, shared real not null,
  primary key (station, number, penalty_id)
) strict, without rowid;
create table duty_record (
  station text not null, seq integer not null, duty text not null, done_on text not null,
  text text, primary key (station, seq)
) strict, without rowid;

create virtual table search using fts5(text, content='', tokenize='ascii');
-- What one commit adds stays apart until there are 128 such parts: merging sooner, as it would, costs
-- an import as much as half of what indexing costs; a search looks into a hundred parts unnoticed.
insert into search (search, rank) values ('automerge', 0), ('crisismerge', 128);

-- One line per period in which a complaint was open: what balances and reports count.
create view opening as
  select station, number, 0 as round, received_at as opened_at, ended_at from complaint
  where round = 0 and status <> 'voided'
  union all select station, number, round, opened_at, ended_at from spell;

-- What the planner shall believe. Without it SQLite takes "station = ?" for a narrow choice and walks
-- the whole chain to find one complaint's events; a ledger has one station and many of everything else.
analyze sqlite_schema;
insert into sqlite_stat1 values
  ('event', 'event', '1000000 1000000 1'),
  ('event', 'event_of_complaint', '1000000 1000000 4 1'),
  ('event', 'event_of_batch', '1000000 1000000 50'),
  ('event', 'event_of_office', '1000 1000 100 1'),
  ('private', 'sqlite_autoindex_private_1', '1000000 1000000 1'),
  ('complaint', 'sqlite_autoindex_complaint_1', '300000 300000 1'),
  ('complaint', 'complaint_received', '300000 300000 2 1 1 1 1 1 1 1 1'),
  ('complaint', 'complaint_open', '300 300 2 1'),
  ('complaint', 'complaint_ended', '300000 300000 3'),
  ('complaint', 'complaint_reference', '300000 300000 1'),
  ('complaint', 'complaint_phone', '300000 300000 3'),
  ('complaint', 'complaint_account', '300000 300000 3'),
  ('complaint', 'complaint_fingerprint', '300000 300000 1'),
  ('clock', 'clock', '1000000 1000000 4 4 1'),
  ('clock', 'clock_running', '1000 1000 2'),
  ('penalty', 'penalty', '1000 1000 2 1');
analyze sqlite_schema; -- reads it, so that a ledger in memory believes it too
