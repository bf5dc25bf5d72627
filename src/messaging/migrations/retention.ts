/** What keeps the tables from growing without end. Called once a minute, by one instance. */
export const RETENTION = /* sql */ `
-- Messages from outside that were taken already.
create table $schema.inbox (
  source text not null,
  message_id text not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (source, message_id)
);
create index inbox_received_idx on $schema.inbox (received_at);

-- The position behind the last one that the log has room for.
create function $schema.log_room() returns bigint language sql stable as $$
  select coalesce(max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''?(\\d+)''?\\)')::bigint), 0)
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = '$schema.event_log'::regclass;
$$;

-- Keeps two partitions of the log ahead of its head; without room the sequencer would stop.
create function $schema.make_log_partitions() returns int language plpgsql as $$
declare
  room bigint := $schema.log_room();
  head bigint := coalesce((select max(position) from $schema.event_log), 0);
  made int := 0;
begin
  while room < head + 2 * $log_partition loop
    execute format('create table $schema.event_log_%s partition of $schema.event_log for values from (%s) to (%s)',
                   room / $log_partition, room, room + $log_partition);
    room := room + $log_partition;
    made := made + 1;
  end loop;
  return made;
end $$;

-- Drops the log's oldest partition if every consumer is past it and its newest event is older than keep.
create function $schema.drop_log_partition(keep interval) returns boolean language plpgsql as $$
declare
  oldest record;
  needed bigint;
begin
  select c.oid::regclass::text as name,
         substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''?(\\d+)''?\\)')::bigint as bound into oldest
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
   where i.inhparent = '$schema.event_log'::regclass order by 2 limit 1;
  needed := least((select min(s.position) from $schema.consumer_status s),
                  (select min(h.position) - 1 from $schema.held_message h),
                  (select coalesce(max(position), 0) from $schema.event_log));
  if needed < oldest.bound - 1 or exists (
       select 1 from $schema.event_log where position = oldest.bound - 1 and sequenced_at > clock_timestamp() - keep) then
    return false;
  end if;
  perform set_config('lock_timeout', '50ms', true);
  delete from $schema.event_personal p using $schema.event_log e where e.position < oldest.bound and e.event_id = p.event_id;
  update $schema.log_meta set floor_position = greatest(floor_position, oldest.bound - 1);
  execute format('drop table %s', oldest.name);
  return true;
end $$;

-- Deletes what has served its purpose, at most batch rows of each kind at a time.
create function $schema.prune(batch int) returns void language plpgsql as $$
begin
  delete from $schema.consumer_progress where ctid = any (array(
    select old.ctid from $schema.consumer c cross join $schema.lease l
     cross join lateral (select max(g.from_position) as newest from $schema.consumer_progress g
       where g.consumer = c.name and g.partition = l.partition and g.generation = c.generation) head
     join $schema.consumer_progress old on old.consumer = c.name and old.partition = l.partition
      and (old.generation < c.generation or old.from_position < head.newest)
     limit batch));
  delete from $schema.idempotency_key where ctid = any (array(
    select ctid from $schema.idempotency_key where created_at < clock_timestamp() - interval '72 hours' limit batch));
  delete from $schema.inbox where ctid = any (array(
    select ctid from $schema.inbox where received_at < clock_timestamp() - interval '30 days' limit batch));
  delete from $schema.discarded_message where discarded_at < clock_timestamp() - interval '90 days';
  delete from $schema.instance where lease_until < clock_timestamp() - interval '1 hour';
end $$;
`;
