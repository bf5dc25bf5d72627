import { MessagingUsageError } from '../errors.js';
import { PARTITIONS } from '../partition.js';
import { CRASHES } from './crashes.js';
import { INCARNATION } from './incarnation.js';
import { OPERATIONS } from './operations.js';
import { RETENTION } from './retention.js';

/** Of the log; larger ones are slow to drop, and 500 small ones tripled the sequencer's time. */
export const POSITIONS_PER_LOG_PARTITION = 1_000_000;
/**
 * A slot of the outbox is written for this long, then left to drain, then truncated. Until then every call of the
 * sequencer passes its dead rows, which an old snapshot elsewhere keeps vacuum from removing.
 */
const SLOT_SECONDS = 10;

/** The schema's DDL. `schema` becomes part of SQL text, so it must be a plain lower-case identifier. */
export function createMessaging(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) {
    throw new MessagingUsageError(`"${schema}" can't name the messaging schema: use lower-case letters, digits and _`);
  }
  return (DDL + INCARNATION + OPERATIONS + CRASHES + RETENTION)
    .replaceAll('$schema', schema)
    .replaceAll('$partitions', String(PARTITIONS))
    .replaceAll('$log_partition', String(POSITIONS_PER_LOG_PARTITION))
    .replaceAll('$slot_seconds', String(SLOT_SECONDS));
}

const DDL = /* sql */ `
create schema $schema;

-- 1. The outbox: writers append here, as the last statement of the business transaction.

-- CACHE 1 is load-bearing: with a larger cache a session draws ids ahead, and id order no longer follows the order in
-- which row locks were taken, so that one aggregate's events could change places.
create sequence $schema.outbox_id_seq as bigint cache 1;

-- Three rotating slots: a drained slot is reclaimed with TRUNCATE, so an old snapshot elsewhere can't bloat the outbox.
create table $schema.outbox (
  slot smallint not null default ((extract(epoch from clock_timestamp())::bigint / $slot_seconds) % 3)::smallint,
  id bigint not null default nextval('$schema.outbox_id_seq'),
  event_id uuid not null,
  stream_type text,
  stream_id text,
  stream_version int,
  partition smallint not null,
  type text not null,
  schema_version smallint not null,
  payload jsonb not null,
  headers jsonb not null,
  occurred_at timestamptz not null,
  primary key (slot, id)
) partition by list (slot);
create table $schema.outbox_0 partition of $schema.outbox for values in (0);
create table $schema.outbox_1 partition of $schema.outbox for values in (1);
create table $schema.outbox_2 partition of $schema.outbox for values in (2);
create index outbox_id_idx on $schema.outbox (id);

-- 2. The log: insert-only, contiguous positions, dropped by whole partitions.

create table $schema.event_log (
  position bigint not null,
  event_id uuid not null,
  stream_type text,
  stream_id text,
  stream_version int,
  partition smallint not null,
  type text not null,
  schema_version smallint not null,
  payload jsonb not null,
  headers jsonb not null,
  occurred_at timestamptz not null,
  sequenced_at timestamptz not null default clock_timestamp(),
  primary key (position)
) partition by range (position);
create table $schema.event_log_0 partition of $schema.event_log for values from (0) to ($log_partition);
create table $schema.event_log_1 partition of $schema.event_log for values from ($log_partition) to (2 * $log_partition);
create table $schema.event_log_2 partition of $schema.event_log for values from (2 * $log_partition) to (3 * $log_partition);
create index event_log_partition_idx on $schema.event_log (partition, position);
create index event_log_stream_idx on $schema.event_log (stream_id, stream_type, position);

create function $schema.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on $schema.event_log
  for each row execute function $schema.refuse_change();

-- Fields that concern a person; erasure deletes here and leaves the log as it is.
create table $schema.event_personal (
  event_id uuid primary key,
  subject_id text not null,
  data jsonb not null
);
create index event_personal_subject_idx on $schema.event_personal (subject_id);

create table $schema.log_meta (
  singleton boolean primary key default true check (singleton),
  -- Changes when the log may lack what its readers have seen.
  incarnation uuid not null default gen_random_uuid(),
  -- The server, timeline, database and table that it was last seen at; see confirm_incarnation.
  seen_at jsonb not null default '{}',
  -- Events at or below the floor have been dropped.
  floor_position bigint not null default 0
);
insert into $schema.log_meta default values;

-- 3. The sequencer moves what is committed from the outbox into the log, and numbers it 1, 2, 3, … without gaps.
-- It may only be called in READ COMMITTED: the statement that reads must take its snapshot after the lock is held,
-- or it would miss what the last holder's predecessors committed and reuse positions.
-- Returns n = -1 when another sequencer holds the lock.
create function $schema.sequence_outbox(batch int) returns table (n int, last_position bigint) language plpgsql as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the sequencer needs READ COMMITTED';
  end if;
  if not pg_try_advisory_xact_lock(hashtext('$schema.sequence_outbox')) then
    n := -1;
    return next;
    return;
  end if;
  with todo as materialized (
    select o.*, row_number() over (order by o.id) as rn
      from (select * from $schema.outbox order by id limit batch) o
  ), base as (
    select greatest(
      coalesce((select max(position) from $schema.event_log), 0),
      (select floor_position from $schema.log_meta)) as position
  ), inserted as (
    insert into $schema.event_log (position, event_id, stream_type, stream_id, stream_version, partition, type,
                                   schema_version, payload, headers, occurred_at)
    select base.position + rn, event_id, stream_type, stream_id, stream_version, partition, type,
           schema_version, payload, headers, occurred_at
      from todo, base order by rn
    returning position
  ), deleted as (
    delete from $schema.outbox o using todo t where o.slot = t.slot and o.id = t.id
  )
  select count(*), max(inserted.position) from inserted into n, last_position;
  if n > 0 then
    -- NOTIFY is a hint; polling is the truth.
    perform pg_notify('$schema.event_log', last_position::text);
    perform $schema.rotate_outbox();
  end if;
  return next;
end $$;

-- Truncates the slot that comes next, if it has something to reclaim and has drained. Never waits: whoever waits for
-- this lock has every writer of the slot wait behind it, and the next call tries again.
create function $schema.rotate_outbox() returns boolean language plpgsql as $$
declare
  next_slot text := format('$schema.outbox_%s', ((extract(epoch from clock_timestamp())::bigint / $slot_seconds) + 1) % 3);
  occupied boolean;
begin
  if pg_relation_size(next_slot) = 0 then
    return false;
  end if;
  execute format('lock table %s in access exclusive mode nowait', next_slot);
  execute format('select exists (select 1 from %s)', next_slot) into occupied;
  if not occupied then
    execute format('truncate %s', next_slot);
  end if;
  return not occupied;
exception when lock_not_available then
  return false;
end $$;

-- 4. Consumers and their progress.

create table $schema.consumer (
  name text primary key,
  -- The event types that it handles; null for all of them (a saga sees every event).
  types text[],
  start_position bigint not null,
  generation int not null default 1,
  created_at timestamptz not null default clock_timestamp()
);

-- Insert-only: a lane's transaction inserts (from, to). The key is the fence: whoever did this step before has taken it.
-- Updating one row a lane instead gets slower for as long as an old snapshot is held anywhere (docs/adr/0002).
create table $schema.consumer_progress (
  consumer text not null references $schema.consumer (name) on delete cascade,
  partition smallint not null,
  generation int not null,
  from_position bigint not null,
  to_position bigint not null,
  constraint consumer_progress_forward check (to_position > from_position),
  primary key (consumer, partition, generation, from_position)
);

-- A message that waits for its next attempt, or is dead; later ones of the same park key wait behind it.
create table $schema.held_message (
  id bigint generated always as identity primary key,
  consumer text not null references $schema.consumer (name) on delete cascade,
  partition smallint not null,
  park_key text not null,
  position bigint not null,
  event_id uuid not null,
  stream_type text,
  stream_id text,
  stream_version int,
  type text not null,
  schema_version smallint not null,
  payload jsonb not null,
  headers jsonb not null,
  occurred_at timestamptz not null,
  attempts int not null default 0,
  -- Null behind the head of its key, and when it is dead.
  next_attempt_at timestamptz,
  dead_at timestamptz,
  -- Every failed attempt with its error and stack, and what operators did.
  history jsonb not null default '[]',
  held_at timestamptz not null default clock_timestamp(),
  unique (consumer, position)
);
create index held_message_key_idx on $schema.held_message (consumer, park_key, position);
create index held_message_due_idx on $schema.held_message (next_attempt_at) where next_attempt_at is not null;
create index held_message_partition_idx on $schema.held_message (partition, consumer);
create index held_message_dead_idx on $schema.held_message (consumer, dead_at) where dead_at is not null;

-- 5. Who works on which partition. Leases save double work; the progress key alone keeps effects single.

create table $schema.instance (
  id uuid primary key,
  lease_until timestamptz not null
);
create table $schema.lease (
  partition smallint primary key,
  owner uuid
);
insert into $schema.lease (partition) select generate_series(0, $partitions - 1);

-- Renews the instance's lease and takes partitions that nobody alive owns, up to a fair share. In one statement also
-- says what there is to do, so that an idle instance sends no other.
create function $schema.tick(self uuid, lease_seconds int, now_at timestamptz)
returns table (owned smallint[], fair_share int, head bigint, unsequenced boolean, commands_due boolean, held_due boolean,
               careful boolean, registry text)
language plpgsql as $$
declare
  wanted int;
  orphaned smallint[];
begin
  insert into $schema.instance as i (id, lease_until) values (self, clock_timestamp() + make_interval(secs => lease_seconds))
    on conflict (id) do update set lease_until = excluded.lease_until
    -- Renewing at a third keeps dead row versions few and still leaves two chances.
    where i.lease_until < clock_timestamp() + make_interval(secs => lease_seconds * 2 / 3);
  fair_share := ceil($partitions::numeric / (select count(*) from $schema.instance where lease_until > clock_timestamp()));
  wanted := fair_share - (select count(*) from $schema.lease where owner = self);
  if wanted > 0 then
    with free as (
      select l.partition, l.owner from $schema.lease l
       where l.owner is distinct from self
         and not exists (select 1 from $schema.instance i where i.id = l.owner and i.lease_until > clock_timestamp())
       order by l.partition limit wanted for update skip locked
    ), taken as (
      update $schema.lease set owner = self where partition in (select partition from free)
    )
    -- What was given back has no owner; what still has one was left behind by an instance that died.
    select array_agg(partition) from free where owner is not null into orphaned;
    if orphaned is not null then
      perform $schema.count_crashes(orphaned);
    end if;
  end if;
  owned := coalesce((select array_agg(partition order by partition) from $schema.lease where owner = self), '{}');
  head := coalesce((select max(position) from $schema.event_log), 0);
  unsequenced := exists (select 1 from $schema.outbox);
  commands_due := exists (select 1 from $schema.queued_command where due_at <= now_at and lease_until < clock_timestamp());
  held_due := exists (select 1 from $schema.held_message where next_attempt_at <= now_at and partition = any (owned));
  -- An instance died a short while ago, perhaps of a command.
  careful := exists (select 1 from $schema.instance
                      where lease_until between clock_timestamp() - interval '10 minutes' and clock_timestamp());
  -- Changes when another instance registers another set of consumers or types, as during a rolling deployment.
  registry := (select md5(string_agg(concat_ws(' ', c.name, c.generation, c.types), ',' order by c.name)) from $schema.consumer c);
  return next;
end $$;

-- Removes a held message whose handling succeeded and frees the one behind it. Returns whether there was
-- one. Raises rather than returning nothing, because it is sent along with COMMIT.
create function $schema.release_held(message bigint, now_at timestamptz) returns boolean language plpgsql as $$
declare
  released $schema.held_message;
  next_id bigint;
begin
  delete from $schema.held_message where id = message returning * into released;
  if not found then
    raise exception 'held message % was taken over', message using errcode = 'AC002';
  end if;
  select id into next_id from $schema.held_message
   where consumer = released.consumer and park_key = released.park_key order by position limit 1;
  update $schema.held_message set next_attempt_at = now_at where id = next_id and dead_at is null;
  return next_id is not null;
end $$;

-- 6. Commands that run later.

create table $schema.queued_command (
  id bigint generated always as identity (cache 1) primary key,
  command_id uuid not null unique,
  type text not null,
  schema_version smallint not null,
  payload jsonb not null,
  headers jsonb not null,
  -- Commands with the same key run one at a time, in the order of their ids.
  key text,
  -- The stream of the event that led to it.
  stream_type text,
  stream_id text,
  -- Null when it is dead.
  due_at timestamptz,
  attempts int not null default 0,
  fence int not null default 0,
  lease_until timestamptz not null default '-infinity',
  -- The instance that holds the lease.
  leased_by uuid,
  -- How often in a row another instance found a lease that had run out without an outcome: the process may have died of it.
  lost int not null default 0,
  dead_at timestamptz,
  history jsonb not null default '[]',
  dedupe_key text unique,
  created_at timestamptz not null default clock_timestamp()
);
create index queued_command_due_idx on $schema.queued_command (due_at) where due_at is not null;
create index queued_command_key_idx on $schema.queued_command (key, id) where key is not null;
create index queued_command_dead_idx on $schema.queued_command (type, dead_at) where dead_at is not null;

-- Removes a command that has run, under its fence, or sets when it recurs; names the next one of its key. Raises where
-- somebody else has taken it: this is sent together with COMMIT, and only an error can turn that COMMIT into a rollback.
create function $schema.complete_command(command uuid, expected_fence int, again_at timestamptz)
returns table (next_id uuid, next_type text) language plpgsql as $$
declare
  done_key text;
begin
  if again_at is null then
    delete from $schema.queued_command where command_id = command and fence = expected_fence returning key into done_key;
  else
    update $schema.queued_command set due_at = again_at, attempts = 0, lost = 0, history = '[]', lease_until = '-infinity'
     where command_id = command and fence = expected_fence returning key into done_key;
  end if;
  if not found then
    raise exception 'command % was taken over', command using errcode = 'AC001';
  end if;
  return query select c.command_id, c.type from $schema.queued_command c where c.key = done_key order by c.id limit 1;
end $$;

-- 7. Requests that must not be carried out twice.

create table $schema.idempotency_key (
  caller text not null,
  key text not null,
  fingerprint text not null,
  result text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (caller, key)
);
create index idempotency_key_created_idx on $schema.idempotency_key (created_at);
`;
