/** Which message takes the process down: found by whose head was in flight when an instance died. */
export const CRASHES = /* sql */ `
create table $schema.lane_crash (
  consumer text not null references $schema.consumer (name) on delete cascade,
  partition smallint not null,
  -- The event that was at the lane's head.
  position bigint not null,
  crashes int not null,
  -- Set while a lane that is under suspicion handles its head, and nothing else of this kind runs in the process.
  running boolean not null default false,
  primary key (consumer, partition)
);

-- Counts a crash against the head of each lane of these partitions, whose instance died without giving them back.
-- Twice every lane that had something to do, and was at the same event, is counted; those then run one at a time, so
-- that a later crash counts against the one that was running.
create function $schema.count_crashes(partitions smallint[]) returns void language sql as $$
  insert into $schema.lane_crash as known (consumer, partition, position, crashes)
  select c.name, p.partition, head.position, 1
    from $schema.consumer c
    cross join unnest(partitions) as p (partition)
    cross join lateral (
      select coalesce(max(g.to_position), c.start_position) as position from $schema.consumer_progress g
       where g.consumer = c.name and g.partition = p.partition and g.generation = c.generation) at
    cross join lateral (
      select e.position from $schema.event_log e
       where e.partition = p.partition and e.position > at.position and (c.types is null or e.type = any (c.types))
       order by e.position limit 1) head
  on conflict (consumer, partition) do update set
    crashes = case when known.position <> excluded.position then 1
                   when known.running or known.crashes = 1 then known.crashes + 1
                   else known.crashes end,
    position = excluded.position,
    running = false;
$$;
`;
